-- Calls with the verdict of the access policy on their session, or on the refused call itself.
-- Reads calls, and judged sessions of the window and its look-around.
(SELECT calls.*, judged.policy, judged.rule FROM {calls} AS calls
LEFT JOIN (SELECT key, policy, rule FROM {sessions}) AS judged ON judged.key = coalesce(calls.session_key, calls.key))
