-- Marks sessions whose start, or whose first granted end, is in the data but outside the look-around: {inside} is the
-- condition of calls inside it, {calls} are all calls. Changes the table sessions{suffix}.
WITH asked AS (
    SELECT key, account, region, session_id, status, "at" FROM sessions{suffix}
    WHERE session_id IS NOT NULL AND (status = 'orphan' OR (status = 'started' AND ended_at IS NULL))
),
beyond AS (
    SELECT account, region, session_id, step, "at" FROM {calls}
    WHERE status = 'ok' AND NOT copy AND step IN (0, 2) AND session_id IN (SELECT session_id FROM asked) AND NOT ({inside})
),
found AS (
    SELECT asked.key, CASE WHEN asked.status = 'orphan' THEN max(beyond."at") FILTER (step = 0 AND beyond."at" <= asked."at")
        ELSE min(beyond."at") FILTER (step = 2 AND beyond."at" >= asked."at") END AS moment
    FROM asked JOIN beyond ON asked.session_id = beyond.session_id
        AND asked.account IS NOT DISTINCT FROM beyond.account AND asked.region IS NOT DISTINCT FROM beyond.region
    GROUP BY asked.key, asked.status, asked."at"
)
UPDATE sessions{suffix} SET outside = CASE WHEN status = 'orphan' THEN 'start' ELSE 'end' END
    || ' outside the look-around: ' || strftime(found.moment, '%Y-%m-%dT%H:%M:%SZ')
FROM found WHERE found.key = sessions{suffix}.key AND found.moment IS NOT NULL
