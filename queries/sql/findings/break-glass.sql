-- A session by a rule of the policy that always reports.
SELECT id, coalesce(target, '') AS thing, 'rule ' || policy_rule || ' was used on ' || machine AS said
FROM acts WHERE policy = 'allowed-reported' AND status = 'started'
