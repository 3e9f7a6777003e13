-- Calls: every linked event, with target, kind, destination and reason of its session. Of copies that contradict each
-- other all are rows, and one counts. Reads the relations `linked`, `sessions`.
SELECT
    linked.eid AS key, linked.event_time AS "at", linked.data_from, linked.data_to,
    linked.event_id, linked.event_time, linked.event_name, linked.step,
    linked.person, linked.person_evidence, linked.claimed_name, linked.source_identity, linked.person_kind, linked.person_id,
    shown_person(linked.person, linked.person_kind, linked.role, linked.via) AS person_shown,
    linked.identity_arn, linked.identity_type, linked.role, linked.access_key,
    linked.resource_arn,
    coalesce(linked.own_target, sessions.target, linked.refused_target) AS target,
    target_kind_of(coalesce(linked.own_target, sessions.target, linked.refused_target)) AS target_kind,
    linked.session_id, sessions.key AS session_key,
    coalesce(sessions.kind, 'unknown') AS kind, sessions.document, sessions.destination, sessions.reason,
    linked.source_ip, linked.ip_key, linked.account, linked.region, linked.error_code, linked.error_message, linked.user_agent,
    linked.via, linked.conflict, linked.copy,
    linked.outcome AS status, linked.proves_life,
    linked.segment, linked.segment_row
FROM linked LEFT JOIN sessions USING (session_no)
WHERE linked.step BETWEEN 0 AND 2
