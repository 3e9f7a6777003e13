-- The names in sessions and calls, each with the number that stands for it in the index: 63 bits of the MD5 of its texts,
-- so that it is the same in every partition and process. Reads the relations `sessions`, `calls`.
WITH found AS MATERIALIZED (
    SELECT account, region, person, role, target, kind, destination, source_ip, ip_key FROM sessions
    UNION
    SELECT account, region, person, role, target, kind, destination, source_ip, ip_key FROM calls
),
named AS (
    -- An unknown person is one a role; a known one has all roles under one number.
    SELECT 'people' AS dictionary, account AS first, person AS second, CASE WHEN person IS NULL THEN role END AS third FROM found
    UNION SELECT 'targets', target, NULL, NULL FROM found
    UNION SELECT 'routes', kind, destination, NULL FROM found
    UNION SELECT 'roles', role, NULL, NULL FROM found
    UNION SELECT 'addresses', source_ip, ip_key, NULL FROM found
    UNION SELECT 'places', account, region, NULL FROM found
)
SELECT *, (md5_number_lower(to_json([first, second, third])::VARCHAR) >> 1)::BIGINT AS number FROM named
