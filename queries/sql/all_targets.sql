-- The dictionary's machines with what is known last of them, numbered in their order.
SELECT known_targets.*, latest.name AS target_name, latest.environment, latest.terminated_at,
    row_number() OVER (ORDER BY target NULLS LAST) AS target_order
FROM known_targets LEFT JOIN (FROM machines WHERE until = 'infinity') AS latest ON latest.instance_id = known_targets.target
