-- The number of raw calls that are derived from, by segment and hour since 1970. Reads the relation `raw_calls`.
SELECT segment, (epoch_us(event_time) // 3600000000)::INTEGER AS hour, count(*) AS calls
FROM (
    SELECT segment, time_of(eventtime) AS event_time FROM raw_calls
    WHERE is_session_call(eventsource, eventname) OR door_of(eventsource, eventname) IS NOT NULL
        OR (known(errorcode) IS NULL AND issues_key(eventsource, eventname))
)
WHERE event_time >= TIMESTAMP '1970-01-01' AND event_time < TIMESTAMP '9000-01-01'
GROUP BY ALL
