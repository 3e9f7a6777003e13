-- When it is used: weekday (1 is Monday) and hour of the clock there. Reads the index `counted`; ? is the zone.
SELECT isodow(there) AS weekday, hour(there) AS hour, sum(size)::BIGINT AS size
FROM (
    -- Zones change their clocks at whole quarters of an hour.
    SELECT timezone(?, timezone('UTC', make_timestamp(slot * 900000000))) AS there, size
    FROM (SELECT floor(epoch_us("at") / 9e8)::BIGINT AS slot, count(*) AS size FROM counted GROUP BY slot)
) GROUP BY ALL
