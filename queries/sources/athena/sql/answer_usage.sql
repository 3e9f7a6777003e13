SELECT to_iso8601(date_trunc({unit}, event_time AT TIME ZONE {zone})) AS bucket,
    count_if(step = 0 AND outcome = 'ok') AS sessions, count(*) AS calls, count_if(outcome = 'denied') AS denied, count_if(outcome = 'failed') AS failed
FROM calls
WHERE {wanted}
GROUP BY date_trunc({unit}, event_time AT TIME ZONE {zone})
ORDER BY date_trunc({unit}, event_time AT TIME ZONE {zone})
