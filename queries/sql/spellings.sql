-- What the dictionary names that a filter which ignores case could take for something else: other letters' case, another
-- form of an address, a machine's id that is another one's name. One row a key of the filter language and value; the
-- empty value of `personid` where there are ids of people at all.
WITH named AS (
    SELECT DISTINCT 'person' AS name, person AS value, lower(person) AS alike FROM known_people
    UNION ALL SELECT DISTINCT 'account', account, lower(account) FROM known_places
    UNION ALL SELECT DISTINCT 'role', role, lower(role) FROM known_roles
    UNION ALL SELECT DISTINCT 'dest', destination, lower(destination) FROM known_routes
    UNION ALL SELECT DISTINCT 'ip', source_ip, coalesce(ip_key, lower(source_ip)) FROM known_addresses
    UNION ALL SELECT 'target', target, lower(target) FROM known_targets
    UNION ALL SELECT DISTINCT 'target', instance_id || ' by name', lower(name) FROM (SELECT instance_id, unnest(names) AS name FROM machines)
        WHERE lower(name) <> lower(instance_id)
)
SELECT name, value FROM named WHERE value IS NOT NULL QUALIFY count(*) OVER (PARTITION BY name, alike) > 1
UNION ALL SELECT 'personid', '' WHERE EXISTS (FROM known_people WHERE person_id IS NOT NULL)
