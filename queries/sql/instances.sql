-- One row a machine; one without a target collects what names none.
-- Reads the relations `touched`, `placed`, `targets`.
WITH summed AS (
    SELECT target_no, count(*) AS people, sum(sessions)::BIGINT AS sessions, sum(calls)::BIGINT AS calls,
        sum(denied)::BIGINT AS denied, sum(failed)::BIGINT AS failed, min(first_seen) AS first_seen, max(last_seen) AS last_seen
    FROM touched GROUP BY target_no
)
SELECT target, target_name, environment, target_kind_of(target) AS target_kind,
    CASE WHEN target IS NOT NULL THEN placed.account END AS account,
    CASE WHEN target IS NOT NULL THEN placed.region END AS region,
    people, sessions, calls, denied, failed, first_seen, last_seen, to_json([target])::VARCHAR AS key, target_order, terminated_at
FROM summed JOIN targets USING (target_no) JOIN placed USING (target_no)
