-- usage · 1 Nov 01:00 - 8 Nov 2026 01:00 · 7 d · Europe/Berlin · person:jane* ip:10.0.0.0/8 -kind:tunnel hour:22-06 · partitions from 2026-10-31 to 2026-11-09
-- People behind roles are found by access key, through at most seven roles: the full answer looks further, knows records without a key by role session, and takes who ran ECS Exec from its own record.
-- Copies of a call that contradict each other count once and are not marked.
-- Not in this table: sourceIdentity, identityProvider, credentialId, inScopeOf, invokedByDelegate, assumedRoot. Who acted is known less well than from files. `ssmtrail athena ddl` writes a table that has them.
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
  AND (
    ("eventsource" = 'ssm.amazonaws.com' AND "eventname" IN ('StartSession', 'ResumeSession', 'TerminateSession'))
    OR ("eventsource" = 'ecs.amazonaws.com' AND "eventname" = 'ExecuteCommand' AND coalesce("errorcode", '') = '')
    OR ("eventsource" = 'ssm.amazonaws.com' AND "eventname" = 'GetAccessToken')
    OR ("eventsource" = 'sts.amazonaws.com' AND "eventname" IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', 'GetFederationToken', 'GetSessionToken') AND coalesce("useridentity"."type", '') <> 'AWSService' AND coalesce("useridentity"."invokedby", '') = '')
  )
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
with_key_issuers_1 AS (
-- Each call beside the AssumeRole call that issued its access key: both rows carry the key, so one pass joins them.
SELECT parsed.*, side.issues AS issues_1,
    IF(side.issues, issued_key, coalesce(credential, 'none of ' || eid)) AS key_1
FROM parsed
CROSS JOIN UNNEST(ARRAY[false, true]) AS side (issues)
WHERE NOT side.issues OR issued_key IS NOT NULL
),
callers_1 AS (
-- The caller that requested the key and, if that caller names no person, the key it used.
SELECT * FROM (
    SELECT *,
        first_value(IF(issues_1, caller)) IGNORE NULLS OVER (
            PARTITION BY key_1 ORDER BY event_time, eid ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_1,
        first_value(IF(issues_1, credential)) IGNORE NULLS OVER (
            PARTITION BY key_1 ORDER BY credential ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_key_1
    FROM with_key_issuers_1
)
WHERE NOT issues_1
),
with_key_issuers_2 AS (
-- Each call beside the AssumeRole call that issued its access key: both rows carry the key, so one pass joins them.
SELECT callers_1.*, side.issues AS issues_2,
    IF(side.issues, issued_key, coalesce(IF(coalesce(caller, caller_1) IS NULL, caller_key_1), 'none of ' || eid)) AS key_2
FROM callers_1
CROSS JOIN UNNEST(ARRAY[false, true]) AS side (issues)
WHERE NOT side.issues OR issued_key IS NOT NULL
),
callers_2 AS (
-- The caller that requested the key and, if that caller names no person, the key it used.
SELECT * FROM (
    SELECT *,
        first_value(IF(issues_2, coalesce(caller, caller_1))) IGNORE NULLS OVER (
            PARTITION BY key_2 ORDER BY event_time, eid ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_2,
        first_value(IF(issues_2, IF(coalesce(caller, caller_1) IS NULL, caller_key_1))) IGNORE NULLS OVER (
            PARTITION BY key_2 ORDER BY IF(coalesce(caller, caller_1) IS NULL, caller_key_1) ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_key_2
    FROM with_key_issuers_2
)
WHERE NOT issues_2
),
with_key_issuers_3 AS (
-- Each call beside the AssumeRole call that issued its access key: both rows carry the key, so one pass joins them.
SELECT callers_2.*, side.issues AS issues_3,
    IF(side.issues, issued_key, coalesce(IF(coalesce(caller, caller_1, caller_2) IS NULL, caller_key_2), 'none of ' || eid)) AS key_3
FROM callers_2
CROSS JOIN UNNEST(ARRAY[false, true]) AS side (issues)
WHERE NOT side.issues OR issued_key IS NOT NULL
),
callers_3 AS (
-- The caller that requested the key and, if that caller names no person, the key it used.
SELECT * FROM (
    SELECT *,
        first_value(IF(issues_3, coalesce(caller, caller_1, caller_2))) IGNORE NULLS OVER (
            PARTITION BY key_3 ORDER BY event_time, eid ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_3,
        first_value(IF(issues_3, IF(coalesce(caller, caller_1, caller_2) IS NULL, caller_key_2))) IGNORE NULLS OVER (
            PARTITION BY key_3 ORDER BY IF(coalesce(caller, caller_1, caller_2) IS NULL, caller_key_2) ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_key_3
    FROM with_key_issuers_3
)
WHERE NOT issues_3
),
classified AS (
-- A corrected record (addendum UPDATED_DATA) replaces its original if both are present; the latest correction wins.
SELECT *,
    bool_or(subject <> eid) OVER (PARTITION BY subject) AS has_correction,
    bool_or(subject = eid) OVER (PARTITION BY subject) AS has_original,
    first_value(eid) OVER (PARTITION BY subject, subject = eid ORDER BY event_time DESC, eid DESC) AS latest
FROM callers_3
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
        SELECT *, coalesce(caller, caller_1, caller_2, caller_3) AS behind_key,
            row_number() OVER (PARTITION BY coalesce('shared ' || nullif(sharedeventid, ''), eid) ORDER BY copy_rank, IF(responseelements IS NULL, 1, 0) + IF(requestparameters IS NULL, 1, 0), eventtime, eventname, requestparameters, responseelements, errorcode, errormessage, sourceipaddress, useragent, useridentity_arn, useridentity_accesskeyid, eid) AS copy_number
        FROM events
    )
    WHERE copy_number = 1
)
WHERE repeat_number = 1
),
persons AS (
-- Who it was, with the strongest evidence.
SELECT *,
    CASE evidence WHEN 'source-identity' THEN nullif(useridentity_sourceidentity, '') WHEN 'issuer' THEN coalesce(element_at(behind_key, 1), element_at(own, 1))
        ELSE element_at(own, 1) END AS person,
    CASE WHEN evidence = 'source-identity' OR (evidence = 'issuer' AND behind_key IS NOT NULL AND useridentity_type = 'FederatedUser') THEN 'federated'
        WHEN evidence = 'issuer' AND behind_key IS NOT NULL THEN element_at(behind_key, 2) ELSE own_person_kind END AS person_kind,
    CASE evidence WHEN 'issuer' THEN element_at(behind_key, 3) WHEN 'identity' THEN element_at(own, 4) END AS person_id
FROM (
    SELECT *, CASE
            WHEN own_evidence = 'identity' AND behind_key IS NULL THEN 'identity'
            WHEN nullif(useridentity_sourceidentity, '') IS NOT NULL AND behind_key IS NULL AND own_evidence <> 'issuer' THEN 'source-identity'
            WHEN behind_key IS NOT NULL THEN 'issuer'
            ELSE own_evidence END AS evidence
    FROM deduplicated
)
),
numbered AS (
-- Calls with the same session id belong to one session; an id that is started twice gives two sessions.
SELECT *,
    coalesce('id ' || session_id, 'call ' || eid) AS session,
    greatest(1, count_if(step = 0 AND outcome = 'ok') OVER (
        PARTITION BY account, region, coalesce('id ' || session_id, 'call ' || eid)
        ORDER BY event_time, step, eid ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )) AS session_number,
    -- The start describes the session; without one, the first successful call does.
    CASE step WHEN 0 THEN 0 WHEN -1 THEN 3 ELSE CASE WHEN session_id IS NOT NULL AND outcome = 'ok' THEN 1 ELSE 2 END END AS source_rank,
    CASE WHEN step > 0 OR is_omitted OR (own_document IS NULL AND NOT has_request) THEN 'unknown'
        ELSE CASE WHEN nullif(element_at(split(own_document, '/'), -1), '') = 'AmazonECS-ExecuteInteractiveCommand' THEN 'container' WHEN own_document IS NULL OR nullif(element_at(split(own_document, '/'), -1), '') = 'SSM-SessionManagerRunShell' THEN IF(starts_with(own_target, 'ecs:'), 'container', 'shell') WHEN nullif(element_at(split(own_document, '/'), -1), '') IN ('AWS-StartInteractiveCommand', 'AWS-StartNonInteractiveCommand') THEN 'command' WHEN nullif(element_at(split(own_document, '/'), -1), '') = 'AWS-StartPortForwardingSessionToRemoteHost' THEN 'remote-port-forward' WHEN starts_with(nullif(element_at(split(own_document, '/'), -1), ''), 'AWS-StartPortForwardingSession') THEN IF(host IS NULL, 'port-forward', 'remote-port-forward') WHEN nullif(element_at(split(own_document, '/'), -1), '') = 'AWS-StartSSHSession' THEN 'ssh' WHEN host IS NOT NULL AND port IS NOT NULL THEN 'remote-port-forward' ELSE 'other' END END AS own_kind
FROM persons
),
linked AS (
-- The session's target, kind, document, reason and destination, for each of its calls.
SELECT *,
    min(source_rank) OVER (PARTITION BY account, region, session, session_number) AS best_source,
    min(own_target) OVER (PARTITION BY account, region, session, session_number) AS linked_target,
    first_value(own_target) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid) AS head_target,
    first_value(refused_target) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid) AS head_refused_target,
    IF(bool_or(step = -1) OVER (PARTITION BY account, region, session, session_number), 'container', first_value(own_kind) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid)) AS head_kind,
    first_value(own_document) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid) AS head_document,
    first_value(own_reason) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid) AS head_reason,
    first_value(IF(has_request, nullif(CASE own_kind WHEN 'port-forward' THEN 'localhost:' || coalesce(port, IF(nullif(element_at(split(own_document, '/'), -1), '') = 'AWS-StartPortForwardingSession', '80')) WHEN 'ssh' THEN 'localhost:' || coalesce(port, '22') WHEN 'remote-port-forward' THEN concat_ws(':', IF(strpos(host, ':') > 0 AND NOT starts_with(host, '['), '[' || host || ']', host), port) WHEN 'other' THEN concat_ws(':', coalesce(IF(strpos(host, ':') > 0 AND NOT starts_with(host, '['), '[' || host || ']', host), IF(port IS NOT NULL, 'localhost')), port) END, ''))) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid) AS head_destination
FROM numbered
),
calls AS (
-- One row per call.
SELECT eid, event_time, step, outcome, nullif(eventid, '') AS event_id, eventname AS event_name,
    person, coalesce(person, IF(person_kind = 'service', 'unknown via ' || via), 'unknown behind ' || role, 'unknown') AS person_shown,
    evidence AS person_evidence, person_kind, person_id, IF(session_name IS DISTINCT FROM person, session_name) AS claimed_name,
    IF(person IS NULL, IF(person_kind = 'service', via, role)) AS behind,
    coalesce(own_target, IF(best_source < 2, coalesce(head_target, linked_target, head_refused_target)), refused_target) AS target,
    IF(best_source < 2, head_kind, 'unknown') AS kind,
    IF(best_source < 2, head_document) AS document,
    IF(best_source < 2, head_destination) AS destination,
    IF(best_source < 2, head_reason) AS reason,
    session_id, resource_arn, account, region, role, via, error_code, nullif(useridentity_sourceidentity, '') AS source_identity,
    nullif(errormessage, '') AS error_message, nullif(sourceipaddress, '') AS source_ip, nullif(useragent, '') AS user_agent,
    nullif(useridentity_arn, '') AS identity_arn, nullif(useridentity_type, '') AS identity_type
FROM linked
WHERE step >= 0
)
SELECT to_iso8601(date_trunc('week', event_time AT TIME ZONE 'Europe/Berlin')) AS bucket,
    count_if(step = 0 AND outcome = 'ok') AS sessions, count(*) AS calls, count_if(outcome = 'denied') AS denied, count_if(outcome = 'failed') AS failed
FROM calls
WHERE event_time >= TIMESTAMP '2026-11-01 00:00:00.000000 UTC'
  AND event_time < TIMESTAMP '2026-11-08 00:00:00.000000 UTC'
  AND lower(person) LIKE lower('jane%')
  AND TRY_CAST(source_ip AS ipaddress) BETWEEN CAST('10.0.0.0' AS ipaddress) AND CAST('10.255.255.255' AS ipaddress)
  AND hour(event_time AT TIME ZONE 'Europe/Berlin') IN (22, 23, 0, 1, 2, 3, 4, 5)
  AND NOT coalesce((lower(kind) = lower('port-forward') OR lower(kind) = lower('remote-port-forward')), false)
GROUP BY date_trunc('week', event_time AT TIME ZONE 'Europe/Berlin')
ORDER BY date_trunc('week', event_time AT TIME ZONE 'Europe/Berlin')
