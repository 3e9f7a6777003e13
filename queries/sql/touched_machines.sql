-- The machines that calls of any door name. Reads the relations `names`, `doors`, `launches`.
SELECT first AS target FROM names WHERE dictionary = 'targets' AND first IS NOT NULL
UNION SELECT unnest(target_ids) FROM doors
UNION SELECT target FROM doors WHERE target IS NOT NULL
UNION SELECT target FROM launches WHERE address IN (SELECT address FROM doors WHERE address IS NOT NULL)
