-- In which roles each person came, from how many addresses. Reads the indexed rows `sessions`, `calls` of a scope, the dictionary.
WITH
assumed AS (
    SELECT person_no, list(known_roles.role ORDER BY known_roles.role) AS roles
    FROM (SELECT person_no, role_no FROM sessions UNION SELECT person_no, role_no FROM calls) JOIN known_roles USING (role_no)
    WHERE known_roles.role IS NOT NULL GROUP BY person_no
),
came AS (
    SELECT person_no, count(source_ip) AS source_ips
    FROM (SELECT person_no, address_no FROM sessions UNION SELECT person_no, address_no FROM calls)
        JOIN known_addresses USING (address_no)
    GROUP BY person_no
)
SELECT person_no, coalesce(roles, []) AS roles, source_ips FROM came LEFT JOIN assumed USING (person_no)
