-- Calls of access keys that were used from more than one network. Reads the relation `calls`.
WITH used AS MATERIALIZED (
    SELECT access_key, "at", key, source_ip, ip_key, coalesce(session_key, key) AS session_key, {net} AS net
    FROM calls WHERE status = 'ok' AND NOT copy AND ip_key IS NOT NULL AND access_key IS NOT NULL
)
SELECT * EXCLUDE (ip_key), {known_network} AS is_known_network
FROM used SEMI JOIN (SELECT access_key FROM used GROUP BY access_key HAVING min(net) <> max(net)) AS moved USING (access_key)
