-- usage · 1 Nov - 7 Nov 2026 · 7 d · UTC · partitions from 2026-10-31 to 2026-11-09
WITH raw_calls AS (
SELECT
    "eventid" AS eventid,
    "eventtime" AS eventtime,
    "eventsource" AS eventsource,
    "eventname" AS eventname,
    "awsregion" AS awsregion,
    "recipientaccountid" AS recipientaccountid,
    "sourceipaddress" AS sourceipaddress,
    "useragent" AS useragent,
    "errorcode" AS errorcode,
    "errormessage" AS errormessage,
    nullif("requestparameters", 'null') AS requestparameters,
    nullif("responseelements", 'null') AS responseelements,
    json_format(CAST(transform("resources", e1 -> map(ARRAY['ARN', 'accountId', 'type'], ARRAY[e1."arn", e1."accountid", e1."type"])) AS json)) AS resources,
    "addendum"."reason" AS addendum_reason,
    "addendum"."originaleventid" AS addendum_originaleventid,
    "useridentity"."type" AS useridentity_type,
    "useridentity"."principalid" AS useridentity_principalid,
    "useridentity"."arn" AS useridentity_arn,
    "useridentity"."accountid" AS useridentity_accountid,
    "useridentity"."accesskeyid" AS useridentity_accesskeyid,
    "useridentity"."username" AS useridentity_username,
    "useridentity"."invokedby" AS useridentity_invokedby,
    CAST(NULL AS varchar) AS useridentity_sourceidentity,
    "useridentity"."sessioncontext"."sessionissuer"."arn" AS useridentity_issuer_arn,
    "useridentity"."sessioncontext"."sessionissuer"."username" AS useridentity_issuer_username,
    "useridentity"."onbehalfof"."userid" AS useridentity_onbehalfof_userid,
    "sharedeventid" AS sharedeventid,
    CAST(NULL AS varchar) AS useridentity_assumedroot
FROM "logs"."projected"
WHERE "timestamp" BETWEEN '2026/10/31' AND '2026/11/09'
  AND "eventtime" >= '2026-10-31'
  AND "eventtime" < '2026-11-09'
  AND ("eventsource" = 'ssm.amazonaws.com' AND "eventname" IN ('StartSession', 'ResumeSession', 'TerminateSession'))
),
extracted AS (
-- The fields of each record.
SELECT raw_calls.*,
    -- ECS's own record of a visit (step -1) has the machine of the session with its id.
    eventname IN ('StartSession', 'ResumeSession', 'TerminateSession', 'ExecuteCommand') AS is_call,
    coalesce(nullif(eventid, ''), 'no id ' || lower(to_hex(md5(to_utf8(concat_ws('|', eventtime, eventname, requestparameters, useridentity_arn)))))) AS eid,
    TRY(from_iso8601_timestamp(eventtime)) AT TIME ZONE 'UTC' AS event_time,
    CASE eventname WHEN 'StartSession' THEN 0 WHEN 'ResumeSession' THEN 1 WHEN 'TerminateSession' THEN 2 WHEN 'ExecuteCommand' THEN -1 END AS step,
    nullif(errorcode, '') AS error_code,
    nullif(regexp_extract(errormessage, 'on resource: (arn:[^\s,]+)', 1), '') AS refused,
    coalesce(nullif(element_at(split(useridentity_arn, '/'), -1), ''), nullif(regexp_extract(useridentity_principalid, '^[^:]+:(.+)$', 1), '')) AS name,
    CASE WHEN useridentity_type = 'AssumedRole' THEN coalesce(nullif(useridentity_issuer_username, ''),
        nullif(regexp_extract(useridentity_arn, ':assumed-role/(?:.*/)?([^/]+)/[^/]*$', 1), '')) END AS role_name,
    nullif(useridentity_onbehalfof_userid, '') AS behalf,
    -- What CloudTrail left out, as it was too large, says nothing.
    coalesce(json_extract_scalar(requestparameters, '$.omitted') = 'true', false) AS is_left_out,
    IF(json_extract_scalar(requestparameters, '$.omitted') = 'true', NULL, requestparameters) AS request,
    filter(ARRAY[
        json_extract_scalar(resources, '$[0].ARN'), json_extract_scalar(resources, '$[0].arn'),
        json_extract_scalar(resources, '$[1].ARN'), json_extract_scalar(resources, '$[1].arn'),
        json_extract_scalar(resources, '$[2].ARN'), json_extract_scalar(resources, '$[2].arn')
    ], arn -> arn IS NOT NULL) AS arns
FROM raw_calls
),
identified AS (
-- Who an identity is by its own record: person, evidence, kind, id. AWS set the names of `identity`.
SELECT *,
    CASE
        WHEN useridentity_type = 'IAMUser' THEN ARRAY[coalesce(username, name), 'identity', 'iam-user', NULL]
        WHEN useridentity_type = 'Root' THEN ARRAY['root', 'identity', 'root', NULL]
        WHEN useridentity_type = 'AssumedRole' AND starts_with(role_name, 'AWSReservedSSO_') THEN ARRAY[coalesce(name, behalf), 'identity', 'identity-center', behalf]
        WHEN useridentity_type = 'AssumedRole' AND behalf IS NOT NULL THEN ARRAY[behalf, 'identity', 'identity-center', behalf]
        WHEN useridentity_type = 'AssumedRole' AND NOT regexp_like(name, '(?i)^(m?i-[0-9a-f]{8,17}|[0-9]+|session[0-9-]+|[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|assumed-from-leapp|assumed-role-session.*|assumerolesession.*|automation-.*|aws-cli-.*|aws-go-sdk-.*|aws-runas.*|aws-sdk-.*|awscli-.*|awscodebuild-.*|boto3-session.*|botocore-session-.*|cognitoidentitycredentials|default|default-session|default-session-name|dotnetsdkassumerolesession.*|eks-.*|githubactions|gntd-.*|netsdkassumerolesession.*|oi-.*|samplerolesession|session|terraform-.*)$') THEN ARRAY[name, 'session-name', 'role-session', NULL]
        WHEN useridentity_type = 'IdentityCenterUser' THEN ARRAY[coalesce(username, behalf), 'identity', 'identity-center', behalf]
        WHEN useridentity_type IN ('SAMLUser', 'WebIdentityUser') THEN ARRAY[username, 'identity', 'federated', NULL]
        WHEN useridentity_type = 'FederatedUser' AND regexp_like(useridentity_issuer_arn, ':(user/.+|root)$')
            THEN ARRAY[coalesce(nullif(useridentity_issuer_username, ''), nullif(element_at(split(useridentity_issuer_arn, '/'), -1), '')), 'issuer', 'federated', NULL]
        WHEN useridentity_type = 'FederatedUser' AND NOT regexp_like(name, '(?i)^(m?i-[0-9a-f]{8,17}|[0-9]+|session[0-9-]+|[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|assumed-from-leapp|assumed-role-session.*|assumerolesession.*|automation-.*|aws-cli-.*|aws-go-sdk-.*|aws-runas.*|aws-sdk-.*|awscli-.*|awscodebuild-.*|boto3-session.*|botocore-session-.*|cognitoidentitycredentials|default|default-session|default-session-name|dotnetsdkassumerolesession.*|eks-.*|githubactions|gntd-.*|netsdkassumerolesession.*|oi-.*|samplerolesession|session|terraform-.*)$') THEN ARRAY[name, 'session-name', 'federated', NULL]
    END AS own,
    -- Whether the caller who requested the key may name a person better than the record does.
    coalesce((useridentity_type = 'AssumedRole' AND behalf IS NULL AND NOT coalesce(starts_with(role_name, 'AWSReservedSSO_'), false))
        OR useridentity_type = 'FederatedUser' OR (useridentity_type = 'Root' AND useridentity_assumedroot = 'true'), false) AS asks_issuer
FROM (
    SELECT *, coalesce(
        IF(NOT is_call AND useridentity_type = 'WebIdentityUser', nullif(json_extract_scalar(responseelements, '$.subjectFromWebIdentityToken'), '')),
        nullif(useridentity_username, ''),
        IF(NOT is_call AND useridentity_type = 'SAMLUser', nullif(json_extract_scalar(responseelements, '$.subject'), ''))) AS username
    FROM extracted
)
),
parsed AS (
-- Values derived from the fields: the session, the machine, the keys that were used and issued.
SELECT *,
    CASE WHEN element_at(own, 1) IS NOT NULL THEN element_at(own, 2) ELSE 'none' END AS own_evidence,
    CASE WHEN element_at(own, 1) IS NOT NULL THEN element_at(own, 3)
        WHEN useridentity_type = 'AWSService' OR via IS NOT NULL THEN 'service' ELSE 'unknown' END AS own_person_kind,
    CASE WHEN useridentity_type IN ('AssumedRole', 'FederatedUser', 'AWSAccount') AND coalesce(element_at(own, 2), '') <> 'identity'
        OR (useridentity_type = 'AssumedRole' AND element_at(own, 1) = behalf) THEN name END AS session_name,
    -- The first person behind a key; a name that the caller typed itself names nobody.
    CASE WHEN NOT is_call AND element_at(own, 1) IS NOT NULL AND element_at(own, 2) <> 'session-name' AND NOT (asks_issuer AND element_at(own, 2) = 'identity')
        THEN ARRAY[element_at(own, 1), IF(eventname = 'GetFederationToken', 'federated', element_at(own, 3)), element_at(own, 4)] END AS caller,
    IF(asks_issuer, nullif(useridentity_accesskeyid, '')) AS credential,
    max(own_issued_key) OVER (PARTITION BY IF(is_call OR nullif(sharedeventid, '') IS NULL, 'own ' || eid, 'shared ' || sharedeventid)) AS issued_key
FROM (
    SELECT *,
        coalesce(nullif(regexp_extract(role_name, '^AWSReservedSSO_(.+)_[0-9a-fA-F]+$', 1), ''), role_name) AS role,
        coalesce(nullif(useridentity_invokedby, ''), IF(regexp_like(sourceipaddress, '^[a-z0-9.-]+\.amazonaws\.com$'), sourceipaddress)) AS via,
        CASE WHEN NOT is_call AND error_code IS NULL THEN coalesce(nullif(json_extract_scalar(responseelements, '$.credentials.accessKeyId'), ''),
            nullif(json_extract_scalar(responseelements, '$.credentials.AccessKeyId'), ''), nullif(json_extract_scalar(responseelements, '$.Credentials.AccessKeyId'), '')) END AS own_issued_key,
        coalesce(nullif(recipientaccountid, ''), nullif(useridentity_accountid, '')) AS account,
        nullif(awsregion, '') AS region,
        CASE WHEN error_code IS NULL THEN 'ok'
            WHEN regexp_like(error_code, '(?i)access.?denied|unauthori[sz]ed|notauthori[sz]ed|forbidden') THEN 'denied'
            ELSE 'failed' END AS outcome,
        CASE
            WHEN step = -1 THEN nullif(json_extract_scalar(responseelements, '$.session.sessionId'), '')
            WHEN step > 0 THEN coalesce(nullif(json_extract_scalar(request, '$.sessionId'), ''), nullif(regexp_extract(refused, ':session/(.+)$', 1), ''))
            WHEN error_code IS NULL THEN coalesce(nullif(json_extract_scalar(responseelements, '$.sessionId'), ''),
                nullif(regexp_extract(json_extract_scalar(responseelements, '$.streamUrl'), '/data-channel/([^?]+)', 1), ''))
        END AS session_id,
        coalesce(nullif(element_at(arns, 1), ''), refused) AS resource_arn,
        coalesce(CASE step WHEN 0 THEN nullif(json_extract_scalar(request, '$.target'), '') WHEN -1 THEN coalesce(nullif(regexp_extract(json_extract_scalar(responseelements, '$.taskArn'), '^arn:[^:]*:(?:ec2|ssm):[^:]*:[^:]*:(?:instance|managed-instance)/(.+)$', 1), ''), 'ecs:' || nullif(regexp_extract(json_extract_scalar(responseelements, '$.taskArn'), '^arn:[^:]*:ecs:[^:]*:[^:]*:task/([^/]+)/.+$', 1), '') || '_' || nullif(regexp_extract(json_extract_scalar(responseelements, '$.taskArn'), '^arn:[^:]*:ecs:[^:]*:[^:]*:task/[^/]+/(.+)$', 1), '')) END,
            element_at(filter(transform(arns, arn -> coalesce(nullif(regexp_extract(arn, '^arn:[^:]*:(?:ec2|ssm):[^:]*:[^:]*:(?:instance|managed-instance)/(.+)$', 1), ''), 'ecs:' || nullif(regexp_extract(arn, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/([^/]+)/.+$', 1), '') || '_' || nullif(regexp_extract(arn, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/[^/]+/(.+)$', 1), ''))), id -> id IS NOT NULL), 1)) AS own_target,
        coalesce(nullif(regexp_extract(refused, '^arn:[^:]*:(?:ec2|ssm):[^:]*:[^:]*:(?:instance|managed-instance)/(.+)$', 1), ''), 'ecs:' || nullif(regexp_extract(refused, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/([^/]+)/.+$', 1), '') || '_' || nullif(regexp_extract(refused, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/[^/]+/(.+)$', 1), '')) AS refused_target,
        coalesce(nullif(json_extract_scalar(request, '$.documentName'), ''), nullif(regexp_extract(refused, ':document/(.+)$', 1), '')) AS own_document,
        nullif(json_extract_scalar(request, '$.reason'), '') AS own_reason,
        nullif(coalesce(json_extract_scalar(request, '$.parameters.portNumber[0]'), json_extract_scalar(request, '$.parameters.portNumber')), '') AS port,
        nullif(coalesce(json_extract_scalar(request, '$.parameters.host[0]'), json_extract_scalar(request, '$.parameters.host')), '') AS host,
        TRY(json_parse(request)) IS NOT NULL AS has_request,
        is_left_out OR (requestparameters IS NOT NULL AND TRY(json_parse(requestparameters)) IS NULL) AS is_omitted,
        -- Of copies in several accounts the one of the session's account counts: the one that `resources` names, else the caller's.
        CASE nullif(recipientaccountid, '') WHEN element_at(split(element_at(arns, 1), ':'), 5) THEN 0 WHEN nullif(useridentity_accountid, '') THEN 1 ELSE 2 END AS copy_rank
    FROM identified
    WHERE event_time >= TIMESTAMP '1970-01-01 00:00:00 UTC' AND event_time < TIMESTAMP '9000-01-01 00:00:00 UTC'
)
),
classified AS (
-- A corrected record (addendum UPDATED_DATA) replaces its original if both are present; the latest correction wins.
SELECT *,
    bool_or(subject <> eid) OVER (PARTITION BY subject) AS has_correction,
    bool_or(subject = eid) OVER (PARTITION BY subject) AS has_original,
    first_value(eid) OVER (PARTITION BY subject, subject = eid ORDER BY event_time DESC, eid DESC) AS latest
FROM parsed
CROSS JOIN UNNEST(IF(addendum_reason = 'UPDATED_DATA' AND addendum_originaleventid <> eid, ARRAY[eid, addendum_originaleventid], ARRAY[eid])) AS about (subject)
WHERE is_call
),
events AS (
-- The records that no correction replaces: a correction is no copy of its original, and counts in its place.
SELECT * FROM (
    SELECT *, bool_or(IF(subject = eid, has_correction, has_original AND latest <> eid)) OVER (PARTITION BY eid) AS is_replaced
    FROM classified
)
WHERE subject = eid AND NOT is_replaced
),
deduplicated AS (
-- Copies of one event count once, by their id or the id that copies in several accounts share; then a session's call of
-- one second, whatever its ids. Of copies that differ, the most complete one of the session's account is kept.
SELECT * FROM (
    SELECT *, row_number() OVER (
        PARTITION BY IF(session_id IS NULL, eid), account, region, session_id, eventname, event_time,
            IF(step > 0, concat_ws(' ', outcome, error_code, useridentity_arn, useridentity_accesskeyid))
        ORDER BY copy_rank, IF(responseelements IS NULL, 1, 0) + IF(requestparameters IS NULL, 1, 0), eventtime, eventname, requestparameters, responseelements, errorcode, errormessage, sourceipaddress, useragent, useridentity_arn, useridentity_accesskeyid, eid
    ) AS repeat_number
    FROM (
        SELECT *, CAST(NULL AS array(varchar)) AS behind_key,
            row_number() OVER (PARTITION BY coalesce('shared ' || nullif(sharedeventid, ''), eid) ORDER BY copy_rank, IF(responseelements IS NULL, 1, 0) + IF(requestparameters IS NULL, 1, 0), eventtime, eventname, requestparameters, responseelements, errorcode, errormessage, sourceipaddress, useragent, useridentity_arn, useridentity_accesskeyid, eid) AS copy_number
        FROM events
    )
    WHERE copy_number = 1
)
WHERE repeat_number = 1
),
calls AS (
-- One row per call.
SELECT eid, event_time, step, outcome, nullif(eventid, '') AS event_id, eventname AS event_name,
    own_target,
    session_id, resource_arn, account, region, role, via, error_code, nullif(useridentity_sourceidentity, '') AS source_identity,
    nullif(errormessage, '') AS error_message, nullif(sourceipaddress, '') AS source_ip, nullif(useragent, '') AS user_agent,
    nullif(useridentity_arn, '') AS identity_arn, nullif(useridentity_type, '') AS identity_type
FROM deduplicated
WHERE step >= 0
)
SELECT to_iso8601(date_trunc('hour', event_time AT TIME ZONE 'UTC')) AS bucket,
    count_if(step = 0 AND outcome = 'ok') AS sessions, count(*) AS calls, count_if(outcome = 'denied') AS denied, count_if(outcome = 'failed') AS failed
FROM calls
WHERE event_time >= TIMESTAMP '2026-11-01 00:00:00.000000 UTC'
  AND event_time < TIMESTAMP '2026-11-08 00:00:00.000000 UTC'
GROUP BY date_trunc('hour', event_time AT TIME ZONE 'UTC')
ORDER BY date_trunc('hour', event_time AT TIME ZONE 'UTC')
