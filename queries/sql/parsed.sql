-- Parsed calls: the columns of one raw call each, from its own record alone; repeated records are still included. Beside
-- the calls of sessions there are those of other doors: step -1 where a call names a session that calls may follow, as
-- ECS's `ExecuteCommand` does, else step -2. Steps 3 and 4 are no calls: what Session Manager reports of a
-- session, and the bounds of its end that its transcript gives.
-- Reads the relation `raw_calls` (RAW_COLUMNS, `segment`, `segment_row`).
WITH calls AS (
    SELECT *,
        CASE WHEN known(eventid) IS NOT NULL THEN eventid ELSE 'no id ' || coalesce(content_id,
            md5(concat_ws('|', eventtime, eventname, requestparameters, useridentity_arn))) END AS eid,
        time_of(eventtime) AS event_time, door_of(eventsource, eventname) AS door,
        name_in(useridentity_arn, useridentity_principalid) AS name,
        role_of(useridentity_type, useridentity_arn, useridentity_issuer_username) AS role_name,
        known(useridentity_onbehalfof_userid) AS behalf,
        known(errorcode) AS error_code,
        way_of(useridentity_invokedby, sourceipaddress) AS via,
        known(errormessage) AS error_message,
        refused_resource(errormessage) AS refused,
        json_texts(requestparameters, ['$.target', '$.sessionId', '$.documentName', '$.reason',
            '$.parameters.portNumber[0]', '$.parameters.portNumber', '$.parameters.host[0]', '$.parameters.host',
            '$.parameters.command[0]', '$.parameters.command', '$.omitted']) AS request,
        json_texts(responseelements, ['$.sessionId', '$.streamUrl', '$.tokenValue', '$.session.sessionId',
            '$.taskArn', '$.ssmSession.sessionId']) AS response,
        list_filter(json_texts(resources, ['$[0].ARN', '$[0].arn', '$[1].ARN', '$[1].arn', '$[2].ARN', '$[2].arn']),
            lambda arn: arn IS NOT NULL) AS arns
    FROM raw_calls
    WHERE is_session_call(eventsource, eventname) OR door_of(eventsource, eventname) IS NOT NULL
),
named AS (
    SELECT *,
        -- The session that a call of another door opened.
        CASE WHEN error_code IS NULL THEN CASE door WHEN 'ecs-exec' THEN known(response[4]) WHEN 'codebuild' THEN known(response[6])
            WHEN 'sagemaker' THEN coalesce(known(response[1]), known(regexp_extract(response[2], '/data-channel/([^?]+)', 1))) END END AS door_session
    FROM calls
),
identified AS (
    SELECT * REPLACE (CASE WHEN request[11] = 'true' THEN NULL ELSE request END AS request),
        coalesce(request[11] = 'true', false) AS is_omitted,
        identity_of(useridentity_type, name, known(useridentity_username), role_name, behalf, useridentity_issuer_arn,
            known(useridentity_issuer_username)) AS named,
        asks_issuer(useridentity_type, role_name, behalf, useridentity_assumedroot) AS asks_issuer,
        CASE WHEN useridentity_type = 'AssumedRole' AND known(useridentity_accesskeyid) IS NULL
            THEN known(useridentity_principalid) END AS role_session
    FROM named
)
SELECT
    eid, CASE WHEN eventname NOT IN ('ReportedSession', 'TranscriptBounds') THEN known(eventid) END AS event_id, event_time, eventname AS event_name,
    CASE WHEN door IS NOT NULL THEN CASE WHEN door_session IS NULL THEN -2 ELSE -1 END
        ELSE CASE eventname WHEN 'StartSession' THEN 0 WHEN 'ResumeSession' THEN 1 WHEN 'TerminateSession' THEN 2
            WHEN 'ReportedSession' THEN 3 ELSE 4 END
        END::TINYINT AS step, door,
    known(sharedeventid) AS shared_id,
    addendum_originaleventid AS original_eid, addendum_reason,
    -- Of repeated records that differ, the most complete counts, then the one with the lowest hash: independent of files.
    -- Of copies in several accounts that of the session's account: the one that `resources` names, else the caller's.
    (CASE known(recipientaccountid) WHEN string_split(arns[1], ':')[5] THEN 0
        WHEN known(useridentity_accountid) THEN 4 ELSE 8 END
        + (responseelements IS NULL)::INT + (requestparameters IS NULL)::INT)::TINYINT AS gaps,
    hash(eventtime, eventname, requestparameters, responseelements, errorcode, errormessage, sourceipaddress, useragent,
        useridentity_arn, useridentity_accesskeyid, useridentity_type, useridentity_principalid, useridentity_username,
        useridentity_sourceidentity, useridentity_invokedby, useridentity_creationdate, recipientaccountid, sharedeventid,
        resources, useridentity_mfaauthenticated, sessioncredentialfromconsole) AS content,
    folder_day, file,
    coalesce(known(recipientaccountid), known(useridentity_accountid)) AS account,
    known(awsregion) AS region,
    CASE WHEN error_code IS NULL THEN 'ok' WHEN is_denied(error_code) THEN 'denied' ELSE 'failed' END AS outcome,
    CASE WHEN door IS NOT NULL THEN door_session WHEN eventname = 'StartSession'
            THEN CASE WHEN error_code IS NULL THEN coalesce(known(response[1]), known(regexp_extract(response[2], '/data-channel/([^?]+)', 1))) END
        ELSE coalesce(known(request[2]), known(regexp_extract(refused, ':session/(.+)$', 1))) END AS session_id,
    named.person AS named, coalesce(CASE WHEN named.person IS NOT NULL THEN named.evidence END, 'none') AS named_evidence,
    CASE WHEN named.person IS NOT NULL THEN named.kind WHEN useridentity_type = 'AWSService' OR via IS NOT NULL
        THEN 'service' ELSE 'unknown' END AS named_kind,
    named.id AS named_id,
    CASE WHEN useridentity_type IN ('AssumedRole', 'FederatedUser', 'AWSAccount') AND named.evidence IS DISTINCT FROM 'identity'
        OR (useridentity_type = 'AssumedRole' AND named.person = behalf) THEN name END AS session_name,
    known(useridentity_sourceidentity) AS source_identity,
    -- The credentials by which their issuer is found; where the record has no key, the role session and when it began.
    CASE WHEN asks_issuer THEN coalesce(known(useridentity_accesskeyid),
        'role ' || role_session || ' ' || known(useridentity_creationdate)) END AS credential,
    CASE WHEN asks_issuer THEN role_session END AS role_session,
    CASE WHEN asks_issuer AND role_session IS NOT NULL THEN time_of(useridentity_creationdate) END AS issued_at,
    via,
    role_shown(role_name) AS role,
    known(useridentity_arn) AS identity_arn, known(useridentity_type) AS identity_type,
    known(useridentity_accesskeyid) AS access_key,
    known(sourceipaddress) AS source_ip, known(useragent) AS user_agent,
    error_code, error_message,
    coalesce(known(arns[1]), refused) AS resource_arn,
    -- The target in the call itself, and the one that only the denial message names.
    coalesce(CASE WHEN door IS NOT NULL THEN CASE door WHEN 'ecs-exec' THEN machine_of(response[5]) END
            WHEN eventname IN ('StartSession', 'ReportedSession') THEN known(request[1]) END,
        list_filter(list_transform(arns, lambda arn: machine_of(arn)), lambda id: id IS NOT NULL)[1]) AS own_target,
    machine_of(refused) AS refused_target,
    coalesce(known(request[3]), known(regexp_extract(refused, ':document/(.+)$', 1))) AS document,
    known(request[4]) AS reason,
    known(coalesce(request[5], request[6])) AS port, known(coalesce(request[7], request[8])) AS host,
    known(coalesce(request[9], request[10])) AS command,
    request IS NOT NULL AS has_request, is_omitted OR (requestparameters IS NOT NULL AND request IS NULL) AS is_omitted,
    -- A resume without a token in its response most probably met a session that had ended (session-manager-plugin).
    responseelements IS NULL OR response[3] IS NOT NULL AS proves_life,
    known(useridentity_mfaauthenticated) AS mfa, known(sessioncredentialfromconsole) AS from_console,
    -- What Session Manager reports: end, status, minutes that the session may last, access type, when this was seen. What
    -- a transcript says: when the last line was streamed, and when the file was written after the end.
    CASE eventname WHEN 'ReportedSession' THEN json_texts(responseelements, ['$.endDate', '$.status', '$.maxSessionDuration',
            '$.accessType', '$.seenAt'])
        WHEN 'TranscriptBounds' THEN json_texts(responseelements, ['$.aliveAt', '$.endedBefore']) END AS report,
    -- What else the other doors' calls say, see `doors.sql`.
    CASE WHEN door IS NOT NULL THEN requestparameters END AS request_text, CASE WHEN door IS NOT NULL THEN responseelements END AS response_text,
    -- Calls of one visit that may lie on both sides of a full hour, where partitions end.
    CASE WHEN (door IN ('instance-connect', 'endpoint-tunnel', 'rdp') OR (door IS NULL AND eventname = 'StartSession'
            AND via = 'ssm-guiconnect.amazonaws.com'))
            AND abs(epoch(event_time) - round(epoch(event_time) / 3600) * 3600) <= 15
        THEN round(epoch(event_time) / 3600)::BIGINT END AS near_hour,
    segment, segment_row
FROM identified
-- Times outside these years are invented; the reader counts such records as unreadable.
WHERE event_time >= TIMESTAMP '1970-01-01' AND event_time < TIMESTAMP '9000-01-01'
