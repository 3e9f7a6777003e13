-- Sessions: one row for each start, or an orphan where the start is not in the data.
-- Reads the relation `linked`.
WITH
heads AS NOT MATERIALIZED (SELECT * FROM linked WHERE is_head),
-- Only sessions of more than one call need their calls ordered.
followers AS NOT MATERIALIZED (
    SELECT *, outcome = 'ok' AS good, outcome = 'ok' AND event_time >= head_time AS counts FROM linked WHERE has_followers
),
followed AS (
    SELECT session_no,
        count(*) FILTER (step = 1 AND good) AS resumes,
        max(event_time) FILTER (step = 1 AND counts AND proves_life) AS alive_at,
        min_by({'time': event_time, 'person': person, 'identity_arn': identity_arn, 'access_key': access_key, 'user_agent': user_agent},
            {'t': event_time, 'e': eid}) FILTER (step = 2 AND counts) AS ending,
        list(event_id ORDER BY event_time, step, eid) FILTER (event_id IS NOT NULL) AS event_ids,
        min(own_target) AS linked_target
    FROM followers GROUP BY session_no
),
classified AS NOT MATERIALIZED (
    SELECT heads.*, step = 0 AS is_start,
        -- An orphan with one call: this call is all that is known of the session.
        CASE WHEN has_followers THEN ending.time WHEN step = 2 THEN event_time END AS ended_at,
        CASE WHEN has_followers THEN ending.person WHEN step = 2 THEN heads.person END AS ended_by,
        CASE WHEN has_followers THEN followed.alive_at WHEN step = 1 AND proves_life THEN event_time END AS alive_at,
        CASE WHEN has_followers THEN followed.resumes ELSE (step = 1)::BIGINT END AS resumes,
        coalesce(followed.event_ids, CASE WHEN event_id IS NULL THEN [] ELSE [event_id] END) AS event_ids,
        coalesce(own_target, followed.linked_target, refused_target) AS target,
        CASE WHEN step <> 0 OR (document IS NULL AND NOT has_request) THEN 'unknown'
             ELSE kind_of(document, own_target) END AS kind,
        -- The client has no plugin: it starts the session, cannot continue, and terminates it at once.
        coalesce(step = 0 AND ending.time <= event_time + INTERVAL 2 SECOND AND followed.resumes = 0
            AND ending.identity_arn IS NOT DISTINCT FROM heads.identity_arn
            AND ending.access_key IS NOT DISTINCT FROM heads.access_key
            AND ending.user_agent IS NOT DISTINCT FROM heads.user_agent, false) AS no_shell
    FROM heads LEFT JOIN followed USING (session_no)
)
SELECT
    eid AS key, event_time AS "at", data_from, data_to,
    session_id, account, region, person, identity_arn, identity_type, role, source_ip, ip_key, user_agent,
    target, target_kind_of(target) AS target_kind,
    kind, document, known(destination_of(kind, host, port)) AS destination, reason,
    CASE WHEN is_start THEN event_time END AS started_at,
    ended_at,
    CASE WHEN no_shell THEN 'no-shell' WHEN ended_at IS NOT NULL THEN 'terminated'
         WHEN alive_at IS NOT NULL THEN 'alive-at' ELSE 'unknown' END AS end_evidence,
    ended_by,
    resumes,
    CASE WHEN NOT is_start THEN 'orphan' WHEN outcome = 'ok' THEN 'started' ELSE outcome END AS status,
    error_code, error_message, event_ids,
    alive_at,
    CASE WHEN is_start THEN date_diff('second', event_time, coalesce(ended_at, alive_at)) END AS length_seconds,
    person_how, coalesce(person, 'unknown behind ' || role, 'unknown') AS person_shown,
    command, mfa, from_console, session_no
FROM classified
