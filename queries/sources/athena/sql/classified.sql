-- A corrected record (addendum UPDATED_DATA) replaces its original if both are present; the latest correction wins.
SELECT *,
    bool_or(subject <> eid) OVER (PARTITION BY subject) AS has_correction,
    bool_or(subject = eid) OVER (PARTITION BY subject) AS has_original,
    first_value(eid) OVER (PARTITION BY subject, subject = eid ORDER BY event_time DESC, eid DESC) AS latest
FROM {rows}
CROSS JOIN UNNEST(IF(addendum_reason = 'UPDATED_DATA' AND addendum_originaleventid <> eid, ARRAY[eid, addendum_originaleventid], ARRAY[eid])) AS about (subject)
WHERE is_call
