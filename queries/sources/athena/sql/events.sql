SELECT * FROM (
    SELECT *, bool_or(IF(subject = eid, has_better, has_original AND place > 1)) OVER (PARTITION BY eid) AS is_outdone
    FROM judged
)
WHERE subject = eid AND NOT is_outdone
