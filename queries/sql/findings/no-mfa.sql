-- An IAM user without MFA, with a long-term key or otherwise. A habit is said once in {repeat_days} days.
SELECT id, '' AS thing, 'an IAM user without MFA on ' || machine AS said
FROM (
    SELECT *, lag("at") OVER (PARTITION BY who ORDER BY "at", key) AS before
    FROM acts WHERE identity_type = 'IAMUser' AND mfa IS DISTINCT FROM 'true' AND source = 'session' AND status = 'started'
)
WHERE before IS NULL OR "at" - before > INTERVAL {repeat_days} DAY
