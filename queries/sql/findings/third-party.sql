-- The caller belongs to an account that is neither the session's nor one of `[accounts]`.
SELECT id, caller AS thing, 'a caller of account ' || caller || ' on ' || machine AS said
FROM (
    SELECT *, known(regexp_extract(identity_arn, '^arn:[^:]*:[^:]*::([0-9]{12}):', 1)) AS caller
    FROM acts WHERE source = 'session' AND status IN ('started', 'denied')
)
WHERE caller <> account AND caller NOT IN (SELECT account FROM own_accounts)
