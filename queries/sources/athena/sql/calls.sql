-- One row per call.
SELECT eid, event_time, step, outcome, {known(eventid)} AS event_id, eventname AS event_name,
    {linked_columns},
    session_id, resource_arn, account, region, role, via, error_code, {known(useridentity_sourceidentity)} AS source_identity,
    {known(errormessage)} AS error_message, {known(sourceipaddress)} AS source_ip, {known(useragent)} AS user_agent,
    {known(useridentity_arn)} AS identity_arn, {known(useridentity_type)} AS identity_type
FROM {rows}
WHERE step >= 0
