-- The values of the lists {columns} in {rows} that begin so, in any case, with the number of rows of each; the most
-- frequent first.
SELECT value, count(*) AS number
FROM (SELECT unnest(list_distinct(flatten([{columns}]))) AS value FROM {rows})
WHERE starts_with(lower(value), lower(?))
GROUP BY value
ORDER BY number DESC, value
LIMIT ?
