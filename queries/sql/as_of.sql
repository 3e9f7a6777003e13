-- Sessions that touch a stretch of time on a machine, as far as is known when they began and ended.
-- Reads the relation `found` (sessions); $target, $first, $last, $possible (an interval).
WITH stays AS (
    SELECT key, account, person, CASE WHEN person IS NULL THEN role END AS role, person_shown, kind, "at" AS began,
        coalesce(ended_at, alive_at, "at") AS certain_until,
        coalesce(ended_at, coalesce(alive_at, "at") + $possible::INTERVAL) AS possible_until,
        end_evidence, status = 'orphan' AS orphan
    FROM found
    -- Nobody got onto the machine with a start that was refused, or that its client gave up at once.
    WHERE target = $target AND status IN ('started', 'orphan') AND end_evidence <> 'no-shell'
)
SELECT * FROM stays WHERE began < $last AND possible_until >= $first ORDER BY began, key
