-- Which days have records, and whether the days before them are enough to compare with: the first record at least
-- {baseline_days} days before, and records on three of five of these days. Reads the relation `times`.
SELECT day, first_day, recorded_before, day - first_day >= {baseline_days} AND recorded_before >= 0.6 * {baseline_days} AS ready,
    week_before >= 5 AND day - first_day >= 7 AS week_kept
FROM (
    SELECT day, min(day) OVER () AS first_day,
        count(*) OVER (ORDER BY day RANGE BETWEEN INTERVAL {baseline_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING) AS recorded_before,
        count(*) OVER (ORDER BY day RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND INTERVAL 1 DAY PRECEDING) AS week_before
    FROM (SELECT DISTINCT CAST("at" AS DATE) AS day FROM times)
)
