-- The matrix's machines with what their environments come to. Reads the relations `cells`, `targets`.
SELECT target_no, target, target_name, environment, "count", denied, failed, epoch_us(last_seen)::BIGINT AS last_us,
    sum("count") OVER (PARTITION BY environment) AS environment_count,
    max(last_seen) OVER (PARTITION BY environment) AS environment_last_seen
FROM (
    SELECT target_no, sum("count")::BIGINT AS "count", sum(denied)::BIGINT AS denied, sum(failed)::BIGINT AS failed, max(last_seen) AS last_seen
    FROM cells GROUP BY target_no
) JOIN targets USING (target_no)
