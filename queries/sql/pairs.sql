-- Who touched what: one row an account, person (unknown ones a role) and target.
-- Reads the relations `sessions`, `calls`, both cut to the scope, and `machines`.
WITH counted AS (
    SELECT account, person, person_shown, CASE WHEN person IS NULL THEN role END AS role, target, "at",
        (status = 'started')::INT AS sessions, 0 AS calls, (status IN ('denied', 'failed'))::INT AS denied
    FROM sessions WHERE status <> 'orphan'
    UNION ALL
    SELECT account, person, person_shown, CASE WHEN person IS NULL THEN role END, target, "at", 0, 1, 0
    FROM calls
),
summed AS (
    SELECT account, person, any_value(person_shown) AS person_shown, role, target,
        sum(sessions)::BIGINT AS sessions, sum(calls)::BIGINT AS calls, sum(denied)::BIGINT AS denied,
        min("at") AS first_seen, max("at") AS last_seen
    FROM counted GROUP BY account, person, role, target
)
SELECT person, target, machines.name AS target_name, account, sessions, calls, denied, first_seen, last_seen,
    md5(to_json([account, person, role, target])) AS key, person_shown, machines.environment, role
FROM summed LEFT JOIN machines ON machines.instance_id = summed.target
