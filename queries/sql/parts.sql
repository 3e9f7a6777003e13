-- What one person or machine comes in: the largest of its kinds, roles, source addresses, accounts, and how many there
-- are. Reads the indexed rows `sessions`, `calls` of a scope, the dictionary; {only} is the condition that finds them.
WITH
counted AS MATERIALIZED (
    SELECT kind_bit, role_no, address_no, place_no, count(*) FILTER (started) AS sessions, 0 AS calls,
        count(*) FILTER (status_no = 2) AS denied, count(*) FILTER (status_no = 3) AS failed, max("at") AS last_seen
    FROM sessions WHERE {only} GROUP BY ALL
    UNION ALL
    SELECT kind_bit, role_no, address_no, place_no, 0, count(*), 0, 0, max("at") FROM calls WHERE {only} GROUP BY ALL
),
named AS (
    SELECT 'kind' AS name, kind AS value, counted.*
    FROM counted JOIN (SELECT DISTINCT kind_bit, kind FROM known_routes) USING (kind_bit)
    UNION ALL BY NAME SELECT 'role' AS name, role AS value, counted.* FROM counted JOIN known_roles USING (role_no)
    UNION ALL BY NAME SELECT 'address' AS name, source_ip AS value, counted.* FROM counted JOIN known_addresses USING (address_no)
    UNION ALL BY NAME SELECT 'account' AS name, account AS value, counted.* FROM counted JOIN known_places USING (place_no)
),
summed AS (
    SELECT name, value, sum(sessions)::BIGINT AS sessions, sum(calls)::BIGINT AS calls, sum(denied)::BIGINT AS denied,
        sum(failed)::BIGINT AS failed,
        max(last_seen) AS last_seen
    FROM named GROUP BY name, value
)
SELECT name, value, sessions, calls, denied, failed, last_seen, count(*) OVER (PARTITION BY name) AS known,
    row_number() OVER (PARTITION BY name ORDER BY {measure} DESC, calls DESC, denied DESC, value NULLS LAST) AS place
FROM summed
QUALIFY place <= {most}
ORDER BY name, place
