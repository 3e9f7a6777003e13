-- Rows of sessions or calls as numbers: what counts, who, what, when. Reads the relation `found` and the dictionary.
SELECT found.row_id, found."at",
    person_no, target_no, route_no, kind_bit, role_no, address_no, place_no, status_no, {counts}
FROM {found} AS found
JOIN known_people AS people ON found.account IS NOT DISTINCT FROM people.account
    AND found.person IS NOT DISTINCT FROM people.person
    AND CASE WHEN found.person IS NULL THEN found.role END IS NOT DISTINCT FROM people.role
JOIN known_targets AS targets ON found.target IS NOT DISTINCT FROM targets.target
JOIN known_routes AS routes ON found.kind = routes.kind AND found.destination IS NOT DISTINCT FROM routes.destination
JOIN known_roles AS roles ON found.role IS NOT DISTINCT FROM roles.role
JOIN known_addresses AS addresses ON found.source_ip IS NOT DISTINCT FROM addresses.source_ip
JOIN known_places AS places ON found.account IS NOT DISTINCT FROM places.account
    AND found.region IS NOT DISTINCT FROM places.region
JOIN known_statuses AS statuses ON found.status = statuses.status
