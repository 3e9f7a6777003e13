-- One access key from two networks within {two_places_minutes} minutes. IPv4 beside IPv6 is one client with both.
SELECT id, access_key AS thing,
    'one access key from ' || earlier_ip || ' and from ' || found.source_ip || ' within {two_places_minutes} minutes' AS said
FROM (
    SELECT *, lag(net) OVER by_key AS earlier_net, lag(source_ip) OVER by_key AS earlier_ip, lag("at") OVER by_key AS earlier_at,
        lag(is_known_network) OVER by_key AS earlier_known
    FROM key_calls WINDOW by_key AS (PARTITION BY access_key ORDER BY "at", key)
) AS found
JOIN acts ON acts.source = 'session' AND acts.key = found.session_key
WHERE found.net <> earlier_net AND starts_with(found.net, '{mapped}') = starts_with(earlier_net, '{mapped}')
    AND found."at" - earlier_at <= INTERVAL {two_places_minutes} MINUTE AND NOT (found.is_known_network AND earlier_known)
