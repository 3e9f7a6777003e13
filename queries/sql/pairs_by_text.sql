-- Who touched what: one row an account, person (unknown ones a role) and target. It makes what `pairs` makes of facts,
-- from texts, for as long as nobody has made facts. Reads the relations `sessions`, `calls`.
SELECT account, person, role, target, count(*) FILTER (started) AS sessions, count(*) FILTER (started IS NULL) AS calls,
    count(*) FILTER (NOT started) AS denied, min("at") AS first_seen, max("at") AS last_seen
FROM (
    -- An orphan is no start of a session: it counts by its calls alone.
    SELECT account, person, CASE WHEN person IS NULL THEN role END AS role, target, "at", status = 'started' AS started
    FROM sessions WHERE status <> 'orphan'
    UNION ALL
    SELECT account, person, CASE WHEN person IS NULL THEN role END, target, "at", NULL FROM calls
) GROUP BY account, person, role, target
