-- Calls of access keys that were used from more than one network. Reads the relation `calls`.
SELECT * FROM (
    SELECT access_key, "at", key, source_ip, coalesce(session_key, key) AS session_key,
        CASE WHEN starts_with(ip_key, '{mapped}') THEN left(ip_key, 30) ELSE left(ip_key, 12) END AS net,
        {known_network} AS is_known_network
    FROM calls WHERE status = 'ok' AND NOT copy AND ip_key IS NOT NULL AND access_key IS NOT NULL
)
QUALIFY count(DISTINCT net) OVER (PARTITION BY access_key) > 1
