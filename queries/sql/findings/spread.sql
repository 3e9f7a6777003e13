-- Far more machines in an hour than the person's own 90th percentile of the {baseline_days} days before.
WITH hours AS (
    SELECT who, day, date_trunc('hour', "at") AS hour, count(DISTINCT hash(target)) AS machines
    FROM acts WHERE source = 'session' AND status = 'started' GROUP BY ALL
),
usual AS (
    SELECT *, coalesce(quantile_disc(machines, 0.9) OVER (PARTITION BY who ORDER BY day
        RANGE BETWEEN INTERVAL {baseline_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING), 0) AS most
    FROM hours SEMI JOIN (FROM hours WHERE machines > {spread_machines}) AS many USING (who)
)
SELECT id, '' AS thing, machines || ' machines in an hour; ' || most || ' in nine of ten hours before' AS said
FROM acts JOIN (FROM usual WHERE machines > greatest({spread_machines}, {spread_factor} * most)) AS far USING (who, day)
WHERE source = 'session' AND status = 'started' AND ready AND date_trunc('hour', "at") = far.hour
