-- Who reached which environment in which role: one row an account, person, environment, role and reason.
-- Unknown people are kept apart by role, services by name. Reads sessions with names and verdicts.
SELECT account, person_kind, max(person_id) AS person_id,
    -- The latest name; one that is no id first.
    max_by(person, {'named': person IS DISTINCT FROM person_id, 'at': "at", 'person': person}) AS person,
    environment, role, service AS via, why,
    list(DISTINCT person_evidence) AS evidence,
    list_sort(list(DISTINCT kind) FILTER (granted)) AS kinds,
    count(*) FILTER (status = 'started') AS sessions,
    count(*) FILTER (granted AND status <> 'started') AS without_start,
    count(*) FILTER (status = 'denied') AS denied,
    count(*) FILTER (status = 'failed') AS failed,
    count(DISTINCT target) FILTER (granted) AS machines,
    min("at") FILTER (granted) AS first_used,
    max("at") FILTER (granted) AS last_used,
    count(reason) FILTER (granted) AS with_reason,
    histogram(policy) FILTER (granted AND policy IS NOT NULL) AS verdicts,
    histogram(policy) FILTER (status = 'denied' AND policy IS NOT NULL) AS attempts,
    list_sort(list(DISTINCT rule) FILTER (rule IS NOT NULL)) AS rules,
    list_sort(list(DISTINCT policy_why) FILTER (policy_why IS NOT NULL)) AS whys,
    max_by(coalesce(session_id, key), {'bad': coalesce(policy IN ('violation', 'unjudged'), false), 'at': "at", 'key': key}, 3)
        FILTER (granted) AS examples,
    max_by(coalesce(session_id, key), {'at': "at", 'key': key}) FILTER (granted) AS last_session
FROM (
    SELECT *, {why} AS why, coalesce(person_id, person) AS who, CASE WHEN person IS NULL THEN via END AS service,
        status NOT IN ('denied', 'failed') AS granted
    FROM {sessions}
)
GROUP BY account, person_kind, who, environment, role, service, why
