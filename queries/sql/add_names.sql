-- Adds names to the dictionary that it does not have yet. {names} is a relation like that of `names`.
CREATE OR REPLACE TEMP TABLE added AS SELECT DISTINCT dictionary, number, first, second, third FROM {names};
INSERT INTO known_people SELECT number, first, second, third FROM added
    WHERE dictionary = 'people' AND number NOT IN (SELECT person_no FROM known_people);
INSERT INTO known_targets SELECT number, first FROM added
    WHERE dictionary = 'targets' AND number NOT IN (SELECT target_no FROM known_targets);
INSERT INTO known_routes SELECT number, first, second, kind_bit_of(first) FROM added
    WHERE dictionary = 'routes' AND number NOT IN (SELECT route_no FROM known_routes);
INSERT INTO known_roles SELECT number, first FROM added
    WHERE dictionary = 'roles' AND number NOT IN (SELECT role_no FROM known_roles);
INSERT INTO known_addresses SELECT number, first, second FROM added
    WHERE dictionary = 'addresses' AND number NOT IN (SELECT address_no FROM known_addresses);
INSERT INTO known_places SELECT number, first, second FROM added
    WHERE dictionary = 'places' AND number NOT IN (SELECT place_no FROM known_places);
DROP TABLE added;
