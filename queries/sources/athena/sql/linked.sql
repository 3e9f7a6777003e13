-- The session's target, kind, document, reason and destination, for each of its calls.
SELECT *,
    min(source_rank) OVER (PARTITION BY account, region, session, session_number) AS best_source,
    min(own_target) OVER (PARTITION BY account, region, session, session_number) AS linked_target,
    first_value(own_target) OVER ({best_first}) AS head_target,
    first_value(refused_target) OVER ({best_first}) AS head_refused_target,
    IF(bool_or(step = -1) OVER (PARTITION BY account, region, session, session_number), 'container', first_value(own_kind) OVER ({best_first})) AS head_kind,
    first_value(own_document) OVER ({best_first}) AS head_document,
    first_value(own_reason) OVER ({best_first}) AS head_reason,
    first_value(IF(has_request, {destination_of(own_kind, own_document, host, port)})) OVER ({best_first}) AS head_destination
FROM numbered
