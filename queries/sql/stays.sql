-- Who was on a machine, as far as is known from when and until when. Reads the relations `sessions` and `calls`, all their
-- columns; {possible} is how long after its last sign of life a session without a known end is possible.
-- Between `certain_from` and `certain_until` the records prove it; NULL where they never do.
WITH
-- A person who resumed another's session was on the machine at that moment. A resume that is recorded before the start or
-- after the end is no sign of life: who made it was possibly there when the session started or ended.
resumed AS (
    SELECT sessions.* REPLACE (
        calls.person AS person, calls.person_evidence AS person_evidence, calls.person_kind AS person_kind, calls.person_id AS person_id,
        calls.claimed_name AS claimed_name, calls.source_identity AS source_identity, calls.person_shown AS person_shown,
        calls.identity_arn AS identity_arn, calls.identity_type AS identity_type, calls.role AS role, calls.via AS via,
        calls.source_ip AS source_ip, calls.ip_key AS ip_key, calls.user_agent AS user_agent),
        calls.key AS call_key,
        CASE WHEN sessions.status = 'orphan' THEN least(calls.event_time, sessions.ended_at)
             ELSE greatest(sessions."at", least(calls.event_time, sessions.ended_at)) END AS resumed_at,
        calls.event_time = resumed_at AS is_alive
    FROM calls JOIN sessions ON calls.session_key = sessions.key
    WHERE calls.event_name = 'ResumeSession' AND calls.status = 'ok' AND calls.proves_life AND NOT calls.copy
        AND sessions.status IN ('started', 'orphan')
        AND (calls.person IS DISTINCT FROM sessions.person OR calls.person_kind IS DISTINCT FROM sessions.person_kind)
),
came AS (
    SELECT *, NULL::VARCHAR AS call_key, NULL::TIMESTAMP AS resumed_at, NULL::BOOLEAN AS is_alive FROM sessions WHERE status IN ('started', 'orphan', 'reported-only')
    UNION ALL BY NAME
    FROM resumed
),
bounded AS (
    SELECT *,
        CASE WHEN resumed_at IS NOT NULL THEN CASE WHEN is_alive THEN resumed_at END WHEN end_evidence = 'no-shell' THEN NULL
             WHEN status = 'orphan' THEN CASE WHEN alive_at IS NOT NULL THEN "at" END ELSE "at" END AS certain_from,
        CASE WHEN resumed_at IS NOT NULL THEN CASE WHEN is_alive THEN resumed_at END WHEN end_evidence = 'no-shell' THEN NULL
             WHEN length_bound = 'exact' THEN ended_at ELSE alive_at END AS certain_until,
        CASE WHEN resumed_at IS NOT NULL THEN resumed_at WHEN status = 'orphan' THEN "at" - {possible} ELSE "at" END AS possible_from,
        CASE WHEN resumed_at IS NOT NULL THEN resumed_at
             ELSE least(ended_at, latest_end, coalesce(alive_at, "at") + {possible}) END AS latest
    FROM came
)
SELECT * EXCLUDE (latest, call_key, is_alive), coalesce(call_key, key) AS stay_key, key AS session_key,
    greatest(latest, certain_until) AS possible_until
FROM bounded
