-- Calls of which there are copies: which copy counts, in what they contradict each other, who is known by any of them.
-- Reads the relations `parsed`, `addenda`, `precedence` (row_no, place: the order of copies that contradict each other).
WITH
-- One call by its id, or by the id that its copies in several accounts share. What an addendum replaces is no copy of it: it
-- would take its place, and not count.
identified AS NOT MATERIALIZED (
    SELECT *, coalesce('shared ' || shared_id, eid) AS call FROM parsed ANTI JOIN (FROM addenda) AS replaced USING (eid)
),
repeated AS MATERIALIZED (
    SELECT call, min(event_time) AS data_from, max(event_time) AS data_to FROM identified GROUP BY call HAVING count(*) > 1
),
-- One call by its nature: a session's id opens once, and the same call in the same second is the same.
natures AS NOT MATERIALIZED (
    SELECT row_no, call, hash(session_id, event_time, event_name,
        CASE WHEN step <> 0 THEN concat_ws(' ', outcome, error_code, identity_arn, access_key) END, account, region) AS nature
    FROM identified WHERE session_id IS NOT NULL AND step >= 0
),
alike AS MATERIALIZED (SELECT nature FROM natures GROUP BY nature HAVING min(call) <> max(call)),
named_alike AS MATERIALIZED (SELECT row_no, nature FROM natures SEMI JOIN alike USING (nature)),
grouped AS MATERIALIZED (
    SELECT row_no, eid, named, identity_arn, own_target, outcome, gaps, content, folder_day, file, segment, segment_row,
        coalesce(place, 0) AS place, data_from, data_to,
        -- The copy of the caller's account has the name where that of the session's account has none.
        CASE WHEN coalesce(named, credential) IS NOT NULL THEN {'named': named, 'evidence': named_evidence, 'kind': named_kind,
            'id': named_id, 'credential': credential, 'session_name': session_name, 'type': identity_type} END AS who,
        -- A copy that was scrubbed of its session goes with the others of its id.
        coalesce('alike ' || min(nature) OVER (PARTITION BY identified.call), identified.call) AS one
    FROM identified
    LEFT JOIN repeated USING (call)
    LEFT JOIN named_alike USING (row_no)
    LEFT JOIN precedence USING (row_no)
    WHERE repeated.call IS NOT NULL OR nature IS NOT NULL
)
-- Repeats of a copy take no number, so that a file that is there twice changes none.
SELECT *, count(*) FILTER (repeat = 1) OVER (PARTITION BY one ORDER BY number ROWS UNBOUNDED PRECEDING) AS copy_no FROM (
    SELECT *,
        row_number() OVER chosen AS number, row_number() OVER (PARTITION BY one, named, identity_arn, own_target, outcome
            ORDER BY gaps // 4, place, gaps, content, eid, folder_day NULLS LAST, file NULLS LAST, segment, segment_row) AS repeat,
        first_value(eid) OVER chosen AS call_eid, first_value(who IGNORE NULLS) OVER chosen AS known_who,
        min(data_from) OVER whole AS first_time, max(data_to) OVER whole AS last_time,
        nullif(concat_ws(',',
            CASE WHEN min(named) OVER whole <> max(named) OVER whole OR min(identity_arn) OVER whole <> max(identity_arn) OVER whole
                THEN 'person' END,
            CASE WHEN min(own_target) OVER whole <> max(own_target) OVER whole THEN 'target' END,
            CASE WHEN min(outcome) OVER whole <> max(outcome) OVER whole THEN 'outcome' END), '') AS conflict
    FROM grouped
    WINDOW whole AS (PARTITION BY one), chosen AS (PARTITION BY one
        ORDER BY gaps // 4, place, gaps, content, eid, folder_day NULLS LAST, file NULLS LAST, segment, segment_row
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
