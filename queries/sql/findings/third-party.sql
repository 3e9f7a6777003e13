-- The caller belongs to an account that is neither the session's nor one of `[accounts]`.
SELECT id, caller_account AS thing, 'a caller of account ' || caller_account || ' on ' || machine AS said
FROM acts
WHERE source = 'session' AND status IN ('started', 'denied') AND caller_account <> account
    AND caller_account NOT IN (SELECT account FROM own_accounts)
