-- The records that no correction replaces: a correction is no copy of its original, and counts in its place.
SELECT * FROM (
    SELECT *, bool_or(IF(subject = eid, has_correction, has_original AND latest <> eid)) OVER (PARTITION BY eid) AS is_replaced
    FROM classified
)
WHERE subject = eid AND NOT is_replaced
