-- The first session of each person on each machine, where a week of data before it makes it worth a look.
-- Reads the relation `started` (row_id, at, person_no, target_no) of all sessions that started; {earliest} is when the
-- first call was.
SELECT row_id
FROM (
    SELECT arg_min(row_id, {'t': "at", 'r': row_id}) AS row_id, min("at") AS "at" FROM started GROUP BY person_no, target_no
)
WHERE "at" >= {earliest} + INTERVAL 7 DAY
ORDER BY row_id
