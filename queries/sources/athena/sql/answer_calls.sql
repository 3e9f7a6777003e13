SELECT event_id, {second(event_time)} AS event_time, event_name, person, person_evidence, claimed_name, source_identity,
    person_kind, person_id, identity_arn, resource_arn, target, session_id, source_ip, account, region, error_code,
    error_message, user_agent, via
FROM calls
WHERE {wanted}
ORDER BY calls.event_time DESC, step DESC, eid
