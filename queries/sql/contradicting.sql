-- Copies of one call that name another person, target or outcome. Reads the relation `parsed`.
WITH identified AS NOT MATERIALIZED (
    SELECT row_no, segment, segment_row, named, identity_arn, own_target, outcome, coalesce('shared ' || shared_id, eid) AS call,
        CASE WHEN step = 0 AND session_id IS NOT NULL THEN concat_ws(' ', account, region, session_id, event_time::VARCHAR) END AS opening
    FROM parsed
),
calls AS (
    SELECT call FROM identified GROUP BY call HAVING count(*) > 1 AND (min(named) <> max(named)
        OR min(identity_arn) <> max(identity_arn) OR min(own_target) <> max(own_target) OR min(outcome) <> max(outcome))
),
openings AS (
    SELECT opening FROM identified WHERE opening IS NOT NULL GROUP BY opening HAVING count(*) > 1 AND (min(named) <> max(named)
        OR min(identity_arn) <> max(identity_arn) OR min(own_target) <> max(own_target))
)
SELECT row_no, segment, segment_row FROM identified WHERE call IN (FROM calls) OR opening IN (FROM openings)
