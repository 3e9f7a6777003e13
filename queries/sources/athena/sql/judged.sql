-- An addendum with better data (UPDATED_DATA) takes the place of its original where both are there; of several the latest.
SELECT *,
    bool_or(subject <> eid) OVER (PARTITION BY subject) AS has_better,
    bool_or(subject = eid) OVER (PARTITION BY subject) AS has_original,
    row_number() OVER (PARTITION BY subject, subject = eid ORDER BY event_time DESC, eid DESC) AS place
FROM once
CROSS JOIN UNNEST(IF(addendum_reason = 'UPDATED_DATA' AND addendum_originaleventid <> eid, ARRAY[eid, addendum_originaleventid], ARRAY[eid])) AS about (subject)
