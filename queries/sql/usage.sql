-- How much it is used: one row a bucket, empty ones too; `buckets` has the starts of all buckets in order.
-- Reads the relations `sessions`, `calls`, both cut to the scope, and `buckets`.
WITH counted AS (
    SELECT "at", (status = 'started')::INT AS sessions, 0 AS calls, (status IN ('denied', 'failed'))::INT AS denied
    FROM sessions WHERE status <> 'orphan'
    UNION ALL
    SELECT "at", 0, 1, 0 FROM calls
),
summed AS (
    SELECT bucket, sum(sessions)::BIGINT AS sessions, sum(calls)::BIGINT AS calls, sum(denied)::BIGINT AS denied
    FROM counted ASOF JOIN buckets ON counted."at" >= buckets.bucket GROUP BY bucket
)
SELECT buckets.bucket, coalesce(sessions, 0) AS sessions, coalesce(calls, 0) AS calls, coalesce(denied, 0) AS denied
FROM buckets LEFT JOIN summed USING (bucket)
