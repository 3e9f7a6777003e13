-- The dictionary's people with what is shown of them, numbered in their order.
SELECT *, coalesce(person, 'unknown behind ' || role, 'unknown') AS person_shown,
    row_number() OVER (ORDER BY person NULLS LAST, account NULLS LAST, role NULLS LAST) AS person_order
FROM known_people
