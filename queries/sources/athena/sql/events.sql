-- The records that no correction replaces.
SELECT * FROM (
    SELECT *, bool_or(IF(subject = eid, has_correction, has_original AND place > 1)) OVER (PARTITION BY eid) AS is_replaced
    FROM classified
)
WHERE subject = eid AND NOT is_replaced
