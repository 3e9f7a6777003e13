-- The fields of each record.
SELECT raw_calls.*,
    -- ECS's own record of a visit (step -1) has the machine of the session with its id.
    eventname IN ('StartSession', 'ResumeSession', 'TerminateSession', 'ExecuteCommand') AS is_call,
    coalesce({known(eventid)}, 'no id ' || lower(to_hex(md5(to_utf8(concat_ws('|', eventtime, eventname, requestparameters, useridentity_arn)))))) AS eid,
    TRY(from_iso8601_timestamp(eventtime)) AT TIME ZONE 'UTC' AS event_time,
    CASE eventname WHEN 'StartSession' THEN 0 WHEN 'ResumeSession' THEN 1 WHEN 'TerminateSession' THEN 2 WHEN 'ExecuteCommand' THEN -1 END AS step,
    {known(errorcode)} AS error_code,
    {known(regexp_extract(errormessage, 'on resource: (arn:[^\s,]+)', 1))} AS refused,
    coalesce({last_part(useridentity_arn)}, {known(regexp_extract(useridentity_principalid, '^[^:]+:(.+)$', 1))}) AS name,
    CASE WHEN useridentity_type = 'AssumedRole' THEN coalesce({known(useridentity_issuer_username)},
        {known(regexp_extract(useridentity_arn, ':assumed-role/(?:.*/)?([^/]+)/[^/]*$', 1))}) END AS role_name,
    {known(useridentity_onbehalfof_userid)} AS behalf,
    -- What CloudTrail left out, as it was too large, says nothing.
    coalesce(json_extract_scalar(requestparameters, '$.omitted') = 'true', false) AS is_left_out,
    IF(json_extract_scalar(requestparameters, '$.omitted') = 'true', NULL, requestparameters) AS request,
    filter(ARRAY[
        json_extract_scalar(resources, '$[0].ARN'), json_extract_scalar(resources, '$[0].arn'),
        json_extract_scalar(resources, '$[1].ARN'), json_extract_scalar(resources, '$[1].arn'),
        json_extract_scalar(resources, '$[2].ARN'), json_extract_scalar(resources, '$[2].arn')
    ], arn -> arn IS NOT NULL) AS arns
FROM raw_calls
