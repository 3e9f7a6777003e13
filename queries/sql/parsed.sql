-- Parsed calls: the columns of one raw call each, from its own record alone; repeated records are still included.
-- Reads the relation `raw_calls` (RAW_COLUMNS, `segment`, `segment_row`), the variable `machine_names`.
WITH raw AS NOT MATERIALIZED (
    SELECT * REPLACE (NULL::VARCHAR AS record) FROM raw_calls WHERE eventid <> ''
    UNION ALL
    -- Calls without an id are distinguished by their record, which is long and read for these alone.
    SELECT * FROM raw_calls WHERE eventid IS NULL OR eventid = ''
),
calls AS (
    SELECT *,
        CASE WHEN known(eventid) IS NOT NULL THEN eventid
             ELSE 'no id ' || md5(concat_ws('|', eventtime, eventname, record, requestparameters, useridentity_arn)) END AS eid,
        time_of(eventtime) AS event_time,
        name_in(useridentity_arn, useridentity_principalid) AS name,
        role_of(useridentity_type, useridentity_arn, useridentity_issuer_username) AS role_name,
        known(useridentity_invokedby) AS invoked_by,
        known(errorcode) AS error_code,
        known(errormessage) AS error_message,
        refused_resource(errormessage) AS refused,
        json_texts(requestparameters, ['$.target', '$.sessionId', '$.documentName', '$.reason',
            '$.parameters.portNumber[0]', '$.parameters.portNumber', '$.parameters.host[0]', '$.parameters.host',
            '$.parameters.command[0]', '$.parameters.command']) AS request,
        json_texts(responseelements, ['$.sessionId', '$.streamUrl', '$.tokenValue']) AS response,
        list_filter(json_texts(resources, ['$[0].ARN', '$[0].arn', '$[1].ARN', '$[1].arn', '$[2].ARN', '$[2].arn']),
            lambda arn: arn IS NOT NULL) AS arns
    FROM raw
    WHERE eventsource = 'ssm.amazonaws.com' AND eventname IN ('StartSession', 'ResumeSession', 'TerminateSession')
),
named AS (
    SELECT *, named_by(useridentity_type, name, known(useridentity_username), invoked_by, role_name,
        known(useridentity_sourceidentity), known(useridentity_onbehalfof_userid), getvariable('machine_names')) AS named
    FROM calls
)
SELECT
    eid, known(eventid) AS event_id, event_time, eventname AS event_name,
    CASE eventname WHEN 'StartSession' THEN 0 WHEN 'ResumeSession' THEN 1 ELSE 2 END::TINYINT AS step,
    addendum_originaleventid AS original_eid, addendum_reason,
    -- Of repeated records that differ, the most complete counts, then the one with the lowest hash: independent of files.
    ((responseelements IS NULL)::INT + (requestparameters IS NULL)::INT)::TINYINT AS gaps,
    hash(eventtime, eventname, requestparameters, responseelements, errorcode, errormessage, sourceipaddress, useragent,
        useridentity_arn, useridentity_accesskeyid) AS content,
    folder_day, file,
    coalesce(known(recipientaccountid), known(useridentity_accountid)) AS account,
    known(awsregion) AS region,
    CASE WHEN error_code IS NULL THEN 'ok' WHEN is_denied(error_code) THEN 'denied' ELSE 'failed' END AS outcome,
    CASE WHEN eventname = 'StartSession'
        THEN CASE WHEN error_code IS NULL THEN coalesce(known(response[1]), known(regexp_extract(response[2], '/data-channel/([^?]+)', 1))) END
        ELSE coalesce(known(request[2]), known(regexp_extract(refused, ':session/(.+)$', 1))) END AS session_id,
    named.person AS named, named.how AS named_how,
    CASE WHEN useridentity_type = 'AssumedRole' THEN invoked_by END AS service,
    role_shown(role_name) AS role,
    known(useridentity_arn) AS identity_arn, known(useridentity_type) AS identity_type,
    known(useridentity_accesskeyid) AS access_key,
    known(sourceipaddress) AS source_ip, known(useragent) AS user_agent,
    error_code, error_message,
    coalesce(known(arns[1]), refused) AS resource_arn,
    -- The target in the call itself, and the one that only the denial message names.
    coalesce(CASE WHEN eventname = 'StartSession' THEN known(request[1]) END,
        list_filter(list_transform(arns, lambda arn: machine_of(arn)), lambda id: id IS NOT NULL)[1]) AS own_target,
    machine_of(refused) AS refused_target,
    coalesce(known(request[3]), known(regexp_extract(refused, ':document/(.+)$', 1))) AS document,
    known(request[4]) AS reason,
    known(coalesce(request[5], request[6])) AS port, known(coalesce(request[7], request[8])) AS host,
    known(coalesce(request[9], request[10])) AS command,
    request IS NOT NULL AS has_request,
    -- A resume without a token in its response most probably met a session that had ended (session-manager-plugin).
    responseelements IS NULL OR response[3] IS NOT NULL AS proves_life,
    known(useridentity_mfaauthenticated) AS mfa, known(sessioncredentialfromconsole) AS from_console,
    segment, segment_row
FROM named
-- Times outside these years are invented; the reader counts such records as unreadable.
WHERE event_time >= TIMESTAMP '1970-01-01' AND event_time < TIMESTAMP '9000-01-01'
