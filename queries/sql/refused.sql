-- Resumes and ends that were not granted, as rows of the list of sessions, so that what totals count can be seen: each with
-- the session that it aimed at. Reads the relations `linked`, `sessions`.
SELECT
    refused.eid AS key, refused.event_time AS "at", refused.data_from, refused.data_to,
    refused.session_id, refused.account, refused.region, refused.person, refused.person_evidence, refused.claimed_name,
    refused.source_identity, refused.person_kind, refused.person_id,
    refused.identity_arn, refused.identity_type, refused.role, refused.source_ip, refused.ip_key, refused.user_agent, refused.via,
    coalesce(refused.own_target, aimed.target, refused.refused_target) AS target,
    target_kind_of(coalesce(refused.own_target, aimed.target, refused.refused_target)) AS target_kind,
    coalesce(aimed.kind, 'unknown') AS kind, aimed.document, NULL::VARCHAR AS command, NULL::VARCHAR AS destination,
    false AS is_default_port, NULL::VARCHAR AS reason,
    NULL::TIMESTAMP AS started_at, NULL::TIMESTAMP AS alive_at, NULL::TIMESTAMP AS ended_at, 'unknown' AS end_evidence,
    NULL::TIMESTAMP AS latest_end, NULL::VARCHAR AS latest_end_by, NULL::VARCHAR AS ended_by,
    0 AS resumes, NULL::VARCHAR AS access_type, refused.outcome AS status,
    refused.error_code, refused.error_message,
    CASE WHEN refused.event_id IS NULL THEN [] ELSE [refused.event_id] END AS event_ids, NULL::VARCHAR AS outside, refused.conflict,
    NULL::BIGINT AS length_seconds, NULL::VARCHAR AS length_bound,
    shown_person(refused.person, refused.person_kind, refused.role, refused.via) AS person_shown,
    refused.mfa, refused.from_console, refused.is_omitted, NULL::BIGINT AS session_no
FROM (FROM linked WHERE step IN (1, 2) AND outcome <> 'ok' AND NOT copy) AS refused
LEFT JOIN (SELECT session_no, target, kind, document FROM sessions) AS aimed USING (session_no)
