-- How much it is used: one row a bucket, empty ones too; `buckets` has the starts of all buckets in order, each a whole
-- number of `step.seconds`. Reads the indexed rows `sessions`, `calls` of a scope, and `buckets`.
WITH
counted AS MATERIALIZED (
    SELECT slot, sum(sessions) AS sessions, sum(calls) AS calls, sum(denied) AS denied, sum(failed) AS failed FROM (
        SELECT floor(epoch_us("at") / (1e6 * step.seconds))::BIGINT AS slot, count(*) FILTER (started) AS sessions, 0 AS calls,
            count(*) FILTER (status_no = 2) AS denied, count(*) FILTER (status_no = 3) AS failed
        FROM sessions, step GROUP BY ALL
        UNION ALL
        SELECT floor(epoch_us("at") / (1e6 * step.seconds))::BIGINT, 0, count(*), 0, 0 FROM calls, step GROUP BY ALL
    ) GROUP BY slot
),
starts AS MATERIALIZED (SELECT bucket, floor(epoch_us(bucket) / (1e6 * step.seconds))::BIGINT AS slot FROM buckets, step),
summed AS (
    SELECT bucket, sum(sessions)::BIGINT AS sessions, sum(calls)::BIGINT AS calls, sum(denied)::BIGINT AS denied, sum(failed)::BIGINT AS failed
    FROM counted ASOF JOIN starts ON counted.slot >= starts.slot GROUP BY bucket
)
SELECT buckets.bucket, coalesce(sessions, 0) AS sessions, coalesce(calls, 0) AS calls, coalesce(denied, 0) AS denied, coalesce(failed, 0) AS failed
FROM buckets LEFT JOIN summed USING (bucket)
