-- What links calls to others, as hashes: ids of events, of the originals of addenda, of sessions; access keys whose
-- caller may name the person, and the keys that were issued. Two ids may share a hash: then more calls are joined than needed.
-- Reads the relations `parsed`, `issued`.
SELECT {partition_no} AS partition_no, hash(eid) AS event, CASE WHEN known(original_eid) IS NOT NULL THEN hash(original_eid) END AS original,
    CASE WHEN session_id IS NOT NULL THEN hash('session', account, region, session_id) END AS session,
    CASE WHEN named IS NULL THEN access_key END AS access_key,
    NULL::TIMESTAMP AS issued_at, NULL::VARCHAR AS caller_key, NULL::VARCHAR AS person, segment, segment_row
FROM parsed
UNION ALL
SELECT {partition_no}, NULL, NULL, NULL, access_key, issued_at, caller_key, person, NULL, NULL FROM issued
