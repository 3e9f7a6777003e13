-- Copies of one event count once, by their id or the id that copies in several accounts share; then a session's call of
-- one second, whatever its ids. Of copies that differ, the most complete one of the session's account is kept.
SELECT * FROM (
    SELECT *, row_number() OVER (
        PARTITION BY IF(session_id IS NULL, eid), account, region, session_id, eventname, event_time,
            IF(step > 0, concat_ws(' ', outcome, error_code, useridentity_arn, useridentity_accesskeyid))
        ORDER BY copy_rank, {gaps}, {content}, eid
    ) AS repeat_number
    FROM (
        SELECT *, {caller} AS behind_key,
            row_number() OVER (PARTITION BY coalesce('shared ' || {known(sharedeventid)}, eid) ORDER BY copy_rank, {gaps}, {content}, eid) AS copy_number
        FROM events
    )
    WHERE copy_number = 1
)
WHERE repeat_number = 1
