-- What ties calls to others, as numbers: ids of events, of the originals of addenda, of sessions; access keys, where
-- they may tell who it was, and who was given them. Two ids may share a number: then more is looked at than need be.
-- Reads the relations `parsed`, `issued`.
SELECT {span} AS span, hash(eid) AS event, CASE WHEN known(original_eid) IS NOT NULL THEN hash(original_eid) END AS original,
    CASE WHEN session_id IS NOT NULL THEN hash('session', account, region, session_id) END AS session,
    CASE WHEN named IS NULL THEN access_key END AS access_key,
    NULL::TIMESTAMP AS issued_at, NULL::VARCHAR AS caller_key, NULL::VARCHAR AS person, segment, segment_row
FROM parsed
UNION ALL
SELECT {span}, NULL, NULL, NULL, access_key, issued_at, caller_key, person, NULL, NULL FROM issued
