-- The names behind the numbers of the index, in memory once for all snapshots.
-- `behind` tells unknown people apart: the role, of services the service. `names` has all
-- names of one person.
CREATE TABLE known_people (person_no BIGINT, account VARCHAR, person VARCHAR, person_kind VARCHAR, person_id VARCHAR, behind VARCHAR,
    seen TIMESTAMP, names VARCHAR[]);
CREATE TABLE known_targets (target_no BIGINT, target VARCHAR);
CREATE TABLE known_routes (route_no BIGINT, kind VARCHAR, destination VARCHAR, kind_bit UTINYINT);
CREATE TABLE known_roles (role_no BIGINT, role VARCHAR);
CREATE TABLE known_addresses (address_no BIGINT, source_ip VARCHAR, ip_key VARCHAR);
CREATE TABLE known_statuses (status_no UTINYINT, status VARCHAR);
INSERT INTO known_statuses VALUES (0, 'ok'), (1, 'started'), (2, 'denied'), (3, 'failed'), (4, 'orphan'), (5, 'reported-only');
CREATE TABLE known_places (place_no BIGINT, account VARCHAR, region VARCHAR);
