-- Sessions that are marked: with a week of data before it, a person's first session on a machine is worth a look.
-- Reads the relation `part_firsts` of all that is kept; {earliest} is when the first call was.
SELECT first_row AS row_id
FROM (SELECT arg_min(row_id, "at") AS first_row, min("at") AS "at" FROM part_firsts GROUP BY pair, same_pair)
WHERE "at" >= {earliest} + INTERVAL 7 DAY
ORDER BY row_id
