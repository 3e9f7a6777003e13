-- Adds to the dictionary what rows of sessions or calls name for the first time, in an order that the rows decide, so that
-- ties are broken alike in every run.
INSERT INTO known_people BY NAME
    SELECT account, person, CASE WHEN person IS NULL THEN role END AS role FROM {found} GROUP BY ALL
    EXCEPT SELECT account, person, role FROM known_people ORDER BY ALL;
INSERT INTO known_targets BY NAME SELECT DISTINCT target FROM {found} EXCEPT SELECT target FROM known_targets ORDER BY ALL;
INSERT INTO known_routes BY NAME
    SELECT kind, destination, (1 << (list_position({kinds}, kind) - 1))::UTINYINT AS kind_bit FROM {found} GROUP BY ALL
    EXCEPT SELECT kind, destination, kind_bit FROM known_routes ORDER BY ALL;
INSERT INTO known_roles BY NAME SELECT DISTINCT role FROM {found} EXCEPT SELECT role FROM known_roles ORDER BY ALL;
INSERT INTO known_addresses BY NAME
    SELECT source_ip, ip_key FROM {found} GROUP BY ALL EXCEPT SELECT source_ip, ip_key FROM known_addresses ORDER BY ALL;
INSERT INTO known_places BY NAME
    SELECT account, region FROM {found} GROUP BY ALL EXCEPT SELECT account, region FROM known_places ORDER BY ALL;
