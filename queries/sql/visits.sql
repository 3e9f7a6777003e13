-- Visits: sessions and the calls of other doors on one time line, each visit once. A session that another door opened is
-- one visit, and says which door; an orphan whose opening another door recorded is seen there. Reads the relations
-- `sessions`, `doors` of a window.
WITH opened AS (
    SELECT session_key, min(door) AS door, min(detail) AS detail FROM doors WHERE session_status = 'started' GROUP BY session_key
)
SELECT sessions.row_id, sessions.key, sessions."at", door, opened.detail, status, person, person_evidence, person_kind, person_shown,
    person_id, claimed_name, source_identity, identity_arn, identity_type, role, source_ip, ip_key, user_agent, via,
    target, target_kind, CASE WHEN target IS NOT NULL THEN [target] END AS target_ids, account, region, session_id,
    sessions.key AS session_key, event_ids, event_ids[1] AS event_id, kind, destination, reason, document, command, error_code,
    error_message, conflict, started_at, alive_at, ended_at, end_evidence, ended_by, length_seconds, length_bound, resumes,
    access_type, outside, mfa, from_console
FROM sessions LEFT JOIN opened ON opened.session_key = sessions.key
WHERE status <> 'orphan' OR sessions.key NOT IN (SELECT session_key FROM doors WHERE session_status = 'orphan')
UNION ALL BY NAME
SELECT row_id, key, "at", door, detail, status, person, person_evidence, person_kind, person_shown, person_id, claimed_name,
    source_identity, identity_arn, identity_type, role, source_ip, ip_key, user_agent, via, target, target_kind, target_ids,
    account, region, session_id, session_key, CASE WHEN event_id IS NOT NULL THEN [event_id] END AS event_ids, event_id, event_name,
    kind, error_code, error_message, conflict, visit
FROM doors WHERE visit_key = key AND session_status IS DISTINCT FROM 'started'
