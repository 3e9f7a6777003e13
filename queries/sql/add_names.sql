-- Adds names to the dictionary that it does not have yet. {names} is a relation like that of `names`.
CREATE OR REPLACE TEMP TABLE added AS SELECT DISTINCT * FROM {names};
CREATE OR REPLACE TEMP TABLE added_people AS
    SELECT number AS person_no, first AS account, max_by(person, {'named': person IS DISTINCT FROM person_id, 'seen': seen, 'person': person}) AS person,
        kind AS person_kind, max(person_id) AS person_id, third AS behind, max(seen) AS seen, list_distinct(flatten(list(names))) AS names
    FROM (
        SELECT number, first, person, kind, person_id, third, seen, names FROM added WHERE dictionary = 'people'
        UNION ALL SELECT person_no, account, person, person_kind, person_id, behind, seen, names FROM known_people
            WHERE person_id IS NOT NULL AND person_no IN (SELECT number FROM added)
    ) GROUP BY ALL;
DELETE FROM known_people WHERE person_id IS NOT NULL AND person_no IN (SELECT person_no FROM added_people);
INSERT INTO known_people FROM added_people WHERE person_no NOT IN (SELECT person_no FROM known_people);
DROP TABLE added_people;
INSERT INTO known_targets SELECT DISTINCT number, first FROM added
    WHERE dictionary = 'targets' AND number NOT IN (SELECT target_no FROM known_targets);
INSERT INTO known_routes SELECT DISTINCT number, first, second, kind_bit_of(first) FROM added
    WHERE dictionary = 'routes' AND number NOT IN (SELECT route_no FROM known_routes);
INSERT INTO known_roles SELECT DISTINCT number, first FROM added
    WHERE dictionary = 'roles' AND number NOT IN (SELECT role_no FROM known_roles);
INSERT INTO known_addresses SELECT DISTINCT number, first, second FROM added
    WHERE dictionary = 'addresses' AND number NOT IN (SELECT address_no FROM known_addresses);
INSERT INTO known_places SELECT DISTINCT number, first, second FROM added
    WHERE dictionary = 'places' AND number NOT IN (SELECT place_no FROM known_places);
DROP TABLE added;
