-- Pairs that have their texts, with what else is told of them; `pairs` does so for numbers. Reads the relation `found`.
SELECT found.*, machines.name AS target_name, environment, to_json([account, person, role, target])::VARCHAR AS key,
    coalesce(person, 'unknown behind ' || role, 'unknown') AS person_shown
FROM found LEFT JOIN machines ON machines.instance_id = found.target
