-- The first use of a document of one's own, or a document of another account.
SELECT id, document AS thing, CASE WHEN foreign_account THEN 'a document of another account: ' ELSE 'first use of document ' END
    || document || ' on ' || machine AS said
FROM (
    SELECT *, min("at") OVER (PARTITION BY account, document) AS first_use,
        coalesce(known(regexp_extract(document, '^arn:[^:]*:ssm:[^:]*:([0-9]{12}):', 1)) <> account, false) AS foreign_account
    FROM acts
    WHERE source = 'session' AND status = 'started'
        AND NOT regexp_matches(last_part(document), '^(AWS-|Amazon|SSM-SessionManagerRunShell$)')
)
WHERE foreign_account OR ("at" = first_use AND ready)
