-- The dictionary's people with what is shown of them, numbered in their order.
SELECT *, shown_person(person, person_kind, behind, behind) AS person_shown,
    row_number() OVER (ORDER BY person NULLS LAST, account NULLS LAST, person_kind, person_id NULLS LAST, behind NULLS LAST) AS person_order
FROM known_people
