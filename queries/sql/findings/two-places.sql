-- One access key from two networks within {two_places_minutes} minutes. IPv4 beside IPv6 is one client with both.
SELECT 'session ' || session_key AS id, access_key AS thing,
    'one access key from ' || earlier_ip || ' and from ' || source_ip || ' within {two_places_minutes} minutes' AS said
FROM (
    SELECT *, lag(net) OVER by_key AS earlier_net, lag(source_ip) OVER by_key AS earlier_ip, lag("at") OVER by_key AS earlier_at,
        lag(is_known_network) OVER by_key AS earlier_known
    FROM key_calls WINDOW by_key AS (PARTITION BY access_key ORDER BY "at", key)
)
WHERE net <> earlier_net AND starts_with(net, '{mapped}') = starts_with(earlier_net, '{mapped}')
    AND "at" - earlier_at <= INTERVAL {two_places_minutes} MINUTE AND NOT (is_known_network AND earlier_known)
