-- What the facts name by number: written once, read by every answer that counts. Numbers are this run's, never kept.
CREATE SEQUENCE person_numbers MINVALUE 0 START 0;
CREATE SEQUENCE target_numbers MINVALUE 0 START 0;
CREATE SEQUENCE route_numbers MINVALUE 0 START 0;
CREATE SEQUENCE role_numbers MINVALUE 0 START 0;
CREATE SEQUENCE address_numbers MINVALUE 0 START 0;
CREATE SEQUENCE place_numbers MINVALUE 0 START 0;
-- An unknown person is one a role; a known one has all roles under one number.
CREATE TABLE known_people (person_no UINTEGER DEFAULT nextval('person_numbers'), account VARCHAR, person VARCHAR, role VARCHAR);
CREATE TABLE known_targets (target_no UINTEGER DEFAULT nextval('target_numbers'), target VARCHAR);
CREATE TABLE known_routes (route_no UINTEGER DEFAULT nextval('route_numbers'), kind VARCHAR, destination VARCHAR, kind_bit UTINYINT);
CREATE TABLE known_roles (role_no UINTEGER DEFAULT nextval('role_numbers'), role VARCHAR);
CREATE TABLE known_addresses (address_no UINTEGER DEFAULT nextval('address_numbers'), source_ip VARCHAR, ip_key VARCHAR);
CREATE TABLE known_statuses (status_no UTINYINT, status VARCHAR);
INSERT INTO known_statuses VALUES (0, 'ok'), (1, 'started'), (2, 'denied'), (3, 'failed'), (4, 'orphan');
CREATE TABLE known_places (place_no UINTEGER DEFAULT nextval('place_numbers'), account VARCHAR, region VARCHAR);
