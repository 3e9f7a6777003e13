-- The first session of each person on each machine in a relation `sessions` with its `row_id`, the newest first.
-- Two numbers stand for the pair: as good as its names, and quicker.
SELECT hash(account, person, behind, target) AS pair, hash('again', target, behind, person, account) AS same_pair,
    min("at") AS "at", arg_min(row_id, {'t': "at", 'r': row_id}) AS row_id
FROM (SELECT *, CASE WHEN person IS NULL THEN role END AS behind FROM sessions WHERE status = 'started')
GROUP BY ALL
