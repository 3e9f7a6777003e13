-- What links calls to others, as hashes: ids of events, ids that copies share, of the originals of addenda, of sessions, of visits
-- near a full hour;
-- credentials whose issuer may name the person, and the keys that were issued. Two ids may share a hash: then more calls
-- are joined than needed. Reads the relations `parsed`, `issued`.
SELECT {partition_no} AS partition_no, hash(eid) AS event, CASE WHEN shared_id IS NOT NULL THEN hash('shared', shared_id) END AS shared,
    CASE WHEN known(original_eid) IS NOT NULL THEN hash(original_eid) END AS original,
    CASE WHEN session_id IS NOT NULL THEN hash('session', account, region, session_id) END AS session,
    CASE WHEN near_hour IS NOT NULL THEN hash('hour', account, region, near_hour) END AS visit,
    credential AS access_key, role_session, issued_at, NULL::VARCHAR AS event_id, NULL::VARCHAR AS shared_id,
    NULL::VARCHAR AS caller_key, NULL::VARCHAR AS person, NULL::VARCHAR AS person_kind, NULL::VARCHAR AS person_id,
    NULL::BOOLEAN AS is_broker, segment, segment_row
FROM parsed
UNION ALL
SELECT {partition_no}, NULL, NULL, NULL, NULL, NULL, access_key, role_session, issued_at, event_id, shared_id, caller_key, person,
    person_kind, person_id, is_broker, NULL, NULL
FROM issued
