-- Sessions that touch a stretch of time on a machine, as far as is known when they began and ended.
-- Reads the relation `found` (sessions); $target, $first, $last, $possible (an interval).
WITH stays AS (
    SELECT key, account, person, person_kind, person_id, group_of(person, person_kind, role, via) AS behind, person_shown, kind,
        "at" AS began,
        -- A client that has no plugin got no shell that the records would prove.
        CASE WHEN end_evidence = 'no-shell' THEN "at" - INTERVAL 1 SECOND WHEN length_bound = 'exact' THEN ended_at
            ELSE coalesce(alive_at, "at") END AS certain_until,
        least(ended_at, latest_end, coalesce(alive_at, "at") + $possible::INTERVAL) AS possible_until,
        end_evidence, status = 'orphan' AS orphan
    FROM found
    WHERE target = $target AND status IN ('started', 'orphan')
)
SELECT * FROM stays WHERE began < $last AND possible_until >= $first ORDER BY began, key
