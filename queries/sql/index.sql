-- Rows of sessions or calls as numbers, for everything that counts. Reads the relations `found` (sessions or calls),
-- `names`; {more} is what only one of them has.
SELECT found.row_id, found."at", people.number AS person_no, targets.number AS target_no, routes.number AS route_no,
    kind_bit_of(found.kind) AS kind_bit, roles.number AS role_no, addresses.number AS address_no, places.number AS place_no,
    (list_position(['ok', 'started', 'denied', 'failed', 'orphan', 'reported-only'], found.status) - 1)::UTINYINT AS status_no{more}
FROM found
JOIN (FROM names WHERE dictionary = 'people') AS people ON found.account IS NOT DISTINCT FROM people.first
    AND coalesce(found.person_id, found.person) IS NOT DISTINCT FROM people.second
    AND group_of(found.person, found.person_kind, found.role, found.via) IS NOT DISTINCT FROM people.third
    AND found.person_kind = people.kind
JOIN (FROM names WHERE dictionary = 'targets') AS targets ON found.target IS NOT DISTINCT FROM targets.first
JOIN (FROM names WHERE dictionary = 'routes') AS routes ON found.kind = routes.first
    AND found.destination IS NOT DISTINCT FROM routes.second
JOIN (FROM names WHERE dictionary = 'roles') AS roles ON found.role IS NOT DISTINCT FROM roles.first
JOIN (FROM names WHERE dictionary = 'addresses') AS addresses ON found.source_ip IS NOT DISTINCT FROM addresses.first
JOIN (FROM names WHERE dictionary = 'places') AS places ON found.account IS NOT DISTINCT FROM places.first
    AND found.region IS NOT DISTINCT FROM places.second
ORDER BY found.row_id
