-- The calls that issued credentials, with what a person wants to read of them.
-- Reads the relation `raw_calls`, and `issued` that was made of it.
SELECT issued.access_key, issued.role_session, issued.issued_at, issued.event_id, issued.shared_id, issued.caller_key,
    issued.person, coalesce(CASE useridentity_type WHEN 'IAMUser' THEN 'iam-user' WHEN 'Root' THEN 'root' END, issued.person_kind, 'unknown') AS kind,
    eventname, useridentity_type, name_in(useridentity_arn, useridentity_principalid) AS caller,
    role_shown(role_of(useridentity_type, useridentity_arn, useridentity_issuer_username)) AS caller_role,
    last_part(known(json_texts(requestparameters, ['$.roleArn'])[1])) AS role,
    known(coalesce(json_texts(requestparameters, ['$.roleSessionName'])[1], json_texts(requestparameters, ['$.name'])[1])) AS given_name
FROM issued LEFT JOIN raw_calls ON known(raw_calls.eventid) = issued.event_id
ORDER BY issued.person IS NULL, issued.issued_at, issued.event_id, issued.person
