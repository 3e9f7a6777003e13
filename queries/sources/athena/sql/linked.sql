-- What the session tells of each of its calls.
SELECT *,
    min(speaks) OVER (PARTITION BY account, region, session, session_number) AS best_speaker,
    min(own_target) OVER (PARTITION BY account, region, session, session_number) AS linked_target,
    first_value(own_target) OVER ({speaker}) AS head_target,
    first_value(refused_target) OVER ({speaker}) AS head_refused_target,
    first_value(own_kind) OVER ({speaker}) AS head_kind,
    first_value(own_document) OVER ({speaker}) AS head_document,
    first_value(own_reason) OVER ({speaker}) AS head_reason,
    first_value({destination_of(own_kind, host, port)}) OVER ({speaker}) AS head_destination
FROM numbered
