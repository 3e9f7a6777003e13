-- One access key from two networks within {two_places_minutes} minutes. IPv4 beside IPv6 is one client with both.
-- Reads `seen_calls`, the calls of the window.
WITH used AS NOT MATERIALIZED (
    SELECT row_id, hash(access_key) AS number, "at", key, {net} AS net, source_ip, access_key, ip_key, session_key
    FROM seen_calls WHERE status = 'ok' AND NOT copy AND ip_key IS NOT NULL AND access_key IS NOT NULL
),
-- Calls with another one of the same key soon before or after: few, found by numbers and times alone.
close AS (
    SELECT row_id FROM (
        SELECT row_id, "at" - lag("at") OVER by_time AS before, lead("at") OVER by_time - "at" AS after
        FROM used WINDOW by_time AS (PARTITION BY number ORDER BY "at")
    ) WHERE least(before, after) <= INTERVAL {two_places_minutes} MINUTE
),
near AS MATERIALIZED (SELECT *, {known_network} AS is_known_network FROM used SEMI JOIN close USING (row_id)),
moved AS (FROM near SEMI JOIN (SELECT number FROM near GROUP BY number HAVING min(net) <> max(net)) AS many USING (number)),
found AS MATERIALIZED (
    SELECT access_key, source_ip, earlier.source_ip AS earlier_ip, coalesce(session_key, key) AS session_key
    FROM (
        SELECT *, lag({'net': net, 'source_ip': source_ip, 'at': "at", 'known': is_known_network})
            OVER (PARTITION BY number ORDER BY "at", key) AS earlier
        FROM moved
    )
    WHERE net <> earlier.net AND starts_with(net, '{mapped}') = starts_with(earlier.net, '{mapped}')
        AND "at" - earlier."at" <= INTERVAL {two_places_minutes} MINUTE AND NOT (is_known_network AND earlier.known)
)
SELECT id, access_key AS thing,
    'one access key from ' || earlier_ip || ' and from ' || found.source_ip || ' within {two_places_minutes} minutes' AS said
FROM found JOIN acts ON acts.source = 'session' AND acts.key = found.session_key
