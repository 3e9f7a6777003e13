-- Linked events to sessions: one row a start, or an orphan where the start is not in the data.
-- Reads the relation `linked`.
WITH starts AS (SELECT * FROM linked WHERE step = 0),
-- The first good call of a session whose start is not there speaks for it.
orphans AS (
    SELECT * FROM linked WHERE has_key AND NOT has_start AND outcome = 'ok'
    QUALIFY row_number() OVER (PARTITION BY session_key ORDER BY event_time, step, eid) = 1
),
heads AS (SELECT *, event_time AS head_time FROM starts UNION ALL BY NAME SELECT *, event_time AS head_time FROM orphans),
followers AS (
    SELECT session_key, linked.step, linked.event_time, linked.eid, linked.event_id, linked.person, linked.outcome,
        linked.identity_arn, linked.access_key, linked.user_agent, linked.proves_life,
        linked.own_target, linked.refused_target,
        linked.outcome = 'ok' AND linked.event_time >= heads.head_time AS counts
    FROM linked JOIN heads USING (session_key)
    WHERE heads.has_key
),
followed AS (
    SELECT session_key,
        min_by({'time': event_time, 'person': person, 'arn': identity_arn, 'key': access_key, 'agent': user_agent},
            {'t': event_time, 'e': eid}) FILTER (step = 2 AND counts) AS first_end,
        count(*) FILTER (step = 1 AND outcome = 'ok') AS resumes,
        max(event_time) FILTER (step = 1 AND counts AND proves_life) AS alive_at,
        list(event_id ORDER BY event_time, step, eid) FILTER (event_id IS NOT NULL) AS event_ids,
        min_by(own_target, {'t': event_time, 's': step, 'e': eid}) FILTER (own_target IS NOT NULL) AS linked_target
    FROM followers GROUP BY session_key
),
judged AS (
    SELECT heads.*, step = 0 AS is_start,
        followed.first_end, followed.alive_at, coalesce(followed.resumes, 0) AS resumes,
        coalesce(followed.event_ids, CASE WHEN event_id IS NULL THEN [] ELSE [event_id] END) AS event_ids,
        coalesce(own_target, followed.linked_target, refused_target) AS target,
        CASE WHEN step <> 0 OR (document IS NULL AND NOT has_request) THEN 'unknown'
             ELSE kind_of(document, own_target) END AS kind,
        -- The client's plugin is missing: it starts, finds that it cannot go on, and terminates by itself.
        coalesce(step = 0 AND first_end.time <= event_time + INTERVAL 2 SECOND AND followed.resumes = 0
            AND first_end.arn IS NOT DISTINCT FROM identity_arn AND first_end.key IS NOT DISTINCT FROM access_key
            AND first_end.agent IS NOT DISTINCT FROM user_agent, false) AS no_shell
    FROM heads LEFT JOIN followed USING (session_key)
),
-- With a week of data before it, a person's first session on a machine is worth a look.
firsts AS (
    SELECT min_by(eid, {'t': event_time, 'e': eid}) AS eid FROM judged WHERE is_start AND outcome = 'ok'
    GROUP BY account, person, CASE WHEN person IS NULL THEN role END, target
    HAVING min(event_time) >= (SELECT min(event_time) FROM linked) + INTERVAL 7 DAY
)
SELECT
    eid AS key, event_time AS "at", data_from, data_to,
    session_id, account, region, person, identity_arn, identity_type, role, source_ip, ip_key, user_agent,
    target, target_kind_of(target) AS target_kind,
    kind, document, known(destination_of(kind, host, port)) AS destination, reason,
    CASE WHEN is_start THEN event_time END AS started_at,
    first_end.time AS ended_at,
    CASE WHEN no_shell THEN 'no-shell' WHEN first_end IS NOT NULL THEN 'terminated'
         WHEN alive_at IS NOT NULL THEN 'alive-at' ELSE 'unknown' END AS end_evidence,
    first_end.person AS ended_by,
    resumes,
    CASE WHEN NOT is_start THEN 'orphan' WHEN outcome = 'ok' THEN 'started' ELSE outcome END AS status,
    error_code, error_message, event_ids,
    alive_at,
    CASE WHEN is_start THEN date_diff('second', event_time, coalesce(first_end.time, alive_at)) END AS length_seconds,
    person_how, coalesce(person, 'unknown behind ' || role, 'unknown') AS person_shown,
    command, mfa, from_console, eid IN (SELECT eid FROM firsts) AS first_ever, session_key
FROM judged
