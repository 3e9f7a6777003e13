-- How often each of a few parts occurs in each slot of so many seconds, all other parts together as NULL.
-- Reads the index `counted` (rows that count, with `part`), `step`, `parts` (the few).
SELECT floor(epoch_us("at") / (1e6 * step.seconds))::BIGINT AS slot, parts.part, count(*) AS size
FROM counted LEFT JOIN parts ON counted.part = parts.part, step
GROUP BY ALL
