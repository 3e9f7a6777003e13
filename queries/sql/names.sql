-- The names in sessions and calls, each with the number that stands for it in the index: 63 bits of the MD5 of its texts,
-- so that it is the same in every partition and process. A user of Identity Center with an id is one under all names.
-- Reads the relations `sessions`, `calls`.
WITH found AS MATERIALIZED (
    SELECT account, region, person, person_kind, person_id, role, via, target, kind, destination, source_ip, ip_key, max("at") AS seen
    FROM sessions GROUP BY ALL
    UNION ALL
    SELECT account, region, person, person_kind, person_id, role, via, target, kind, destination, source_ip, ip_key, max("at") AS seen
    FROM calls GROUP BY ALL
),
people AS (
    SELECT account, person_kind, coalesce(person_id, person) AS who, group_of(person, person_kind, role, via) AS behind,
        -- The latest name; one that is no id first.
        max_by(person, {'named': person IS DISTINCT FROM person_id, 'seen': seen, 'person': person}) AS person,
        max(person_id) AS person_id, max(seen) AS seen, list(DISTINCT person) AS names
    FROM found GROUP BY ALL
),
named AS (
    SELECT 'people' AS dictionary, account AS first, who AS second, behind AS third, person_kind AS kind, person, person_id, seen, names FROM people
    UNION ALL BY NAME SELECT DISTINCT 'targets' AS dictionary, target AS first, NULL AS second, NULL AS third FROM found
    UNION ALL BY NAME SELECT DISTINCT 'routes' AS dictionary, kind AS first, destination AS second, NULL AS third FROM found
    UNION ALL BY NAME SELECT DISTINCT 'roles' AS dictionary, role AS first, NULL AS second, NULL AS third FROM found
    UNION ALL BY NAME SELECT DISTINCT 'addresses' AS dictionary, source_ip AS first, ip_key AS second, NULL AS third FROM found
    UNION ALL BY NAME SELECT DISTINCT 'places' AS dictionary, account AS first, region AS second, NULL AS third FROM found
)
SELECT *, (md5_number_lower(to_json([first, second, third, CASE WHEN dictionary = 'people' THEN kind END])::VARCHAR) >> 1)::BIGINT AS number
FROM named
