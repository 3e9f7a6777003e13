-- The rows of `findings_acts` with what is quickly made of them where a rule wants it.
CREATE TEMP VIEW acts AS SELECT rowid AS id, *,
    coalesce(target_name, target, 'an unknown machine') AS machine,
    CASE WHEN source = 'call' THEN CASE event_name WHEN 'ResumeSession' THEN 'resumed a session on' ELSE 'ended a session on' END
        WHEN status = 'started' THEN 'a session on' WHEN status = 'denied' THEN 'refused on' ELSE 'a call on' END AS doing
FROM temp.act_rows
