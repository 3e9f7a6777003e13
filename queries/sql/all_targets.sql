-- The dictionary's machines with what the inventory says of them, numbered in their order.
SELECT known_targets.*, machines.name AS target_name, machines.environment,
    row_number() OVER (ORDER BY target NULLS LAST) AS target_order
FROM known_targets LEFT JOIN machines ON machines.instance_id = known_targets.target
