-- An unknown person behind a role that several known people use. A habit is said once in {repeat_days} days.
SELECT id, role AS thing, 'an unknown person behind ' || role || ' on ' || machine AS said
FROM (
    SELECT *, lag("at") OVER (PARTITION BY account, role ORDER BY "at", key) AS before
    FROM acts
    SEMI JOIN (
        SELECT account, role FROM acts WHERE person IS NOT NULL AND role IS NOT NULL
        GROUP BY account, role HAVING count(DISTINCT coalesce(person_id, person)) >= 2
    ) USING (account, role)
    WHERE person IS NULL AND person_kind = 'unknown' AND instance IS NULL AND source = 'session' AND status = 'started'
)
WHERE before IS NULL OR "at" - before > INTERVAL {repeat_days} DAY
