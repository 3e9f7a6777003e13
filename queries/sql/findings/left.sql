-- A person of the policy's list `[left]` after their last day.
SELECT id, coalesce(target, '') AS thing, 'had left: ' || doing || ' ' || machine AS said
FROM acts WHERE policy = 'violation' AND policy_why = 'left'
