-- Raw calls to events: one row a Session Manager call, repeats counted once, everything that the record itself says.
-- Reads the relation `raw_calls` (RAW_COLUMNS and `segment`), the variable `machine_names`.
WITH RECURSIVE
calls AS NOT MATERIALIZED (
    SELECT CASE WHEN known(eventid) IS NOT NULL THEN eventid
                ELSE 'no id ' || md5(concat_ws('|', eventtime, eventname, record, requestparameters, useridentity_arn)) END AS eid,
        TRY_CAST(eventtime AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS event_time, *
    FROM raw_calls
    WHERE eventsource = 'ssm.amazonaws.com' AND eventname IN ('StartSession', 'ResumeSession', 'TerminateSession')
),
repeated AS MATERIALIZED (
    SELECT eid, min(event_time) AS data_from, max(event_time) AS data_to FROM calls GROUP BY eid HAVING count(*) > 1
),
-- Of repeats that differ the fullest counts, then one by content: never by where it lies.
whole AS MATERIALIZED (
    SELECT * EXCLUDE (record, file, folder_day), event_time AS data_from, event_time AS data_to FROM calls ANTI JOIN repeated USING (eid)
    WHERE event_time IS NOT NULL
    UNION ALL BY NAME
    SELECT * EXCLUDE (record, file, folder_day) FROM calls JOIN repeated USING (eid) WHERE event_time IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY eid ORDER BY
        (responseelements IS NULL)::INT + (requestparameters IS NULL)::INT,
        concat_ws('|', eventtime, eventname, requestparameters, responseelements, errorcode, useridentity_arn, record) DESC,
        folder_day NULLS LAST, file NULLS LAST, segment, segment_row) = 1
),
-- An addendum with better data takes the place of its original when both are there; of several the latest.
addenda AS MATERIALIZED (
    SELECT original.eid AS original_eid,
        max_by(addendum.eid, {'t': addendum.event_time, 'e': addendum.eid}) AS latest,
        min(least(addendum.data_from, original.data_from)) AS data_from,
        max(greatest(addendum.data_to, original.data_to)) AS data_to
    FROM whole AS addendum JOIN whole AS original ON original.eid = addendum.addendum_originaleventid
    WHERE addendum.addendum_reason = 'UPDATED_DATA' AND addendum.eid <> original.eid
    GROUP BY original.eid
),
current AS (
    SELECT whole.* REPLACE (
        least(whole.data_from, addenda.data_from) AS data_from, greatest(whole.data_to, addenda.data_to) AS data_to)
    FROM whole LEFT JOIN addenda ON whole.eid = addenda.latest
    WHERE whole.eid NOT IN (SELECT original_eid FROM addenda)
      AND (whole.addendum_reason IS DISTINCT FROM 'UPDATED_DATA' OR addenda.latest IS NOT NULL
           OR whole.addendum_originaleventid NOT IN (SELECT original_eid FROM addenda))
),
-- Which identity asked for the keys that an AssumeRole gave out.
issued AS MATERIALIZED (
    SELECT known(json_texts(responseelements, ['$.credentials.accessKeyId'])[1]) AS access_key,
        TRY_CAST(eventtime AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS issued_at,
        known(useridentity_accesskeyid) AS caller_key,
        named_by(useridentity_type, useridentity_arn, useridentity_principalid, useridentity_username,
            useridentity_invokedby, role_of(useridentity_type, useridentity_arn, useridentity_issuer_username),
            useridentity_sourceidentity, useridentity_onbehalfof_userid, getvariable('machine_names')).person AS person
    FROM raw_calls
    WHERE eventsource = 'sts.amazonaws.com' AND starts_with(eventname, 'AssumeRole') AND known(errorcode) IS NULL
),
issuers AS MATERIALIZED (
    SELECT access_key, min(issued_at) AS first_time, max(issued_at) AS last_time,
        min_by(caller_key, {'t': issued_at, 'k': caller_key}) AS caller_key, min_by(person, {'t': issued_at, 'p': person}) AS person
    FROM issued WHERE access_key IS NOT NULL AND issued_at IS NOT NULL GROUP BY access_key
),
-- Roles can be assumed from roles; five steps are more than AWS's role chaining is used for, and end any circle.
chain AS (
    SELECT access_key, person, caller_key, first_time, last_time, 1 AS depth FROM issuers
    UNION ALL
    SELECT chain.access_key, issuers.person, issuers.caller_key,
        least(chain.first_time, issuers.first_time), greatest(chain.last_time, issuers.last_time), depth + 1
    FROM chain JOIN issuers ON issuers.access_key = chain.caller_key
    WHERE chain.person IS NULL AND depth < 5
),
callers AS (SELECT * FROM chain WHERE person IS NOT NULL),
-- Few addresses make many calls: each is worked out once.
addresses AS MATERIALIZED (
    SELECT sourceipaddress, ip_key_of(sourceipaddress) AS ip_key FROM (SELECT DISTINCT sourceipaddress FROM whole)
),
parsed AS (
    SELECT *,
        role_of(useridentity_type, useridentity_arn, useridentity_issuer_username) AS role_name,
        known(errorcode) AS error_code,
        known(errormessage) AS error_message,
        json_texts(requestparameters, ['$.target', '$.sessionId', '$.documentName', '$.reason',
            '$.parameters.portNumber[0]', '$.parameters.portNumber', '$.parameters.host[0]', '$.parameters.host',
            '$.parameters.command[0]', '$.parameters.command']) AS asked,
        json_texts(responseelements, ['$.sessionId', '$.streamUrl', '$.tokenValue']) AS given,
        list_filter(json_texts(resources, ['$[0].ARN', '$[0].arn', '$[1].ARN', '$[1].arn', '$[2].ARN', '$[2].arn']),
            lambda arn: arn IS NOT NULL) AS arns
    FROM current
),
named AS (
    SELECT parsed.*, refused_resource(error_message) AS refused,
        named_by(useridentity_type, useridentity_arn, useridentity_principalid, useridentity_username,
            useridentity_invokedby, role_name, useridentity_sourceidentity, useridentity_onbehalfof_userid,
            getvariable('machine_names')) AS named
    FROM parsed
)
SELECT
    eid, known(eventid) AS event_id, event_time, eventname AS event_name,
    CASE eventname WHEN 'StartSession' THEN 0 WHEN 'ResumeSession' THEN 1 ELSE 2 END AS step,
    coalesce(known(recipientaccountid), known(useridentity_accountid)) AS account,
    known(awsregion) AS region,
    CASE WHEN error_code IS NULL THEN 'ok' WHEN is_denied(error_code) THEN 'denied' ELSE 'failed' END AS outcome,
    CASE WHEN eventname = 'StartSession'
        THEN CASE WHEN error_code IS NULL THEN coalesce(known(given[1]), known(regexp_extract(given[2], '/data-channel/([^?]+)', 1))) END
        ELSE coalesce(known(asked[2]), known(regexp_extract(refused, ':session/(.+)$', 1))) END AS session_id,
    coalesce(named.person, callers.person, CASE WHEN useridentity_type = 'AssumedRole' THEN known(useridentity_invokedby) END) AS person,
    CASE WHEN named.person IS NOT NULL THEN named.how
         WHEN callers.person IS NOT NULL THEN 'caller of AssumeRole'
         WHEN useridentity_type = 'AssumedRole' AND known(useridentity_invokedby) IS NOT NULL THEN 'service'
         ELSE 'not found' END AS person_how,
    role_shown(role_name) AS role,
    known(useridentity_arn) AS identity_arn, known(useridentity_type) AS identity_type,
    known(useridentity_accesskeyid) AS access_key,
    known(sourceipaddress) AS source_ip, ip_key, known(useragent) AS user_agent,
    error_code, error_message,
    coalesce(known(arns[1]), refused) AS resource_arn,
    -- A target that the call itself names, and one that only its refusal names.
    coalesce(CASE WHEN eventname = 'StartSession' THEN known(asked[1]) END,
        list_filter(list_transform(arns, lambda arn: machine_of(arn)), lambda id: id IS NOT NULL)[1]) AS own_target,
    machine_of(refused) AS refused_target,
    coalesce(known(asked[3]), known(regexp_extract(refused, ':document/(.+)$', 1))) AS document,
    known(asked[4]) AS reason,
    known(coalesce(asked[5], asked[6])) AS port, known(coalesce(asked[7], asked[8])) AS host,
    known(coalesce(asked[9], asked[10])) AS command,
    asked IS NOT NULL AS has_request,
    -- A resume whose answer has no token most probably met a session that was over (session-manager-plugin).
    responseelements IS NULL OR given[3] IS NOT NULL AS proves_life,
    known(useridentity_mfaauthenticated) AS mfa, known(sessioncredentialfromconsole) AS from_console,
    least(data_from, CASE WHEN named.person IS NULL THEN callers.first_time END) AS data_from,
    greatest(data_to, CASE WHEN named.person IS NULL THEN callers.last_time END) AS data_to,
    segment, segment_row
FROM named LEFT JOIN addresses USING (sourceipaddress)
LEFT JOIN callers ON callers.access_key = known(useridentity_accesskeyid)
