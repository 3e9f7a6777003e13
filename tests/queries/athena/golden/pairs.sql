-- pairs · 1 Nov 01:00 - 8 Nov 2026 01:00 · 7 d · Europe/Berlin · person:jane* ip:10.0.0.0/8 -kind:tunnel hour:22-06 · partitions from 2026-10-31 to 2026-11-09
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
    "useridentity"."sessioncontext"."sessionissuer"."username" AS useridentity_issuer_username,
    "useridentity"."onbehalfof"."userid" AS useridentity_onbehalfof_userid
FROM "logs"."projected"
WHERE "timestamp" BETWEEN '2026/10/31' AND '2026/11/09'
  AND "eventtime" >= '2026-10-31'
  AND "eventtime" < '2026-11-09'
  AND (
    ("eventsource" = 'ssm.amazonaws.com' AND "eventname" IN ('StartSession', 'ResumeSession', 'TerminateSession'))
    OR ("eventsource" = 'sts.amazonaws.com' AND "eventname" IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', 'GetFederationToken', 'GetSessionToken') AND coalesce("useridentity"."type", '') <> 'AWSService' AND coalesce("useridentity"."invokedby", '') = '')
  )
),
extracted AS (
-- The fields of each record.
SELECT raw_calls.*,
    eventsource = 'ssm.amazonaws.com' AS is_call,
    coalesce(nullif(eventid, ''), 'no id ' || lower(to_hex(md5(to_utf8(concat_ws('|', eventtime, eventname, requestparameters, useridentity_arn)))))) AS eid,
    TRY(from_iso8601_timestamp(eventtime)) AT TIME ZONE 'UTC' AS event_time,
    CASE eventname WHEN 'StartSession' THEN 0 WHEN 'ResumeSession' THEN 1 WHEN 'TerminateSession' THEN 2 END AS step,
    nullif(errorcode, '') AS error_code,
    nullif(regexp_extract(errormessage, 'on resource: (arn:[^\s,]+)', 1), '') AS refused,
    coalesce(nullif(element_at(split(useridentity_arn, '/'), -1), ''), nullif(regexp_extract(useridentity_principalid, '^[^:]+:(.+)$', 1), '')) AS name,
    CASE WHEN useridentity_type = 'AssumedRole' THEN coalesce(nullif(useridentity_issuer_username, ''),
        nullif(regexp_extract(useridentity_arn, ':assumed-role/(?:.*/)?([^/]+)/[^/]*$', 1), '')) END AS role_name,
    filter(ARRAY[
        json_extract_scalar(resources, '$[0].ARN'), json_extract_scalar(resources, '$[0].arn'),
        json_extract_scalar(resources, '$[1].ARN'), json_extract_scalar(resources, '$[1].arn'),
        json_extract_scalar(resources, '$[2].ARN'), json_extract_scalar(resources, '$[2].arn')
    ], arn -> arn IS NOT NULL) AS arns
FROM raw_calls
),
parsed AS (
-- Values derived from the fields: the person by their own name, the session, the machine.
SELECT *,
    CASE
        WHEN useridentity_type = 'AssumedRole' AND starts_with(role_name, 'AWSReservedSSO_') THEN name
        WHEN useridentity_type = 'AssumedRole' AND NOT regexp_like(name, '(?i)^(botocore-session-.*|boto3-session.*|aws-(go-)?sdk-.*|aws-cli-.*|aws-sdk-.*|awscli-.*|m?i-[0-9a-f]{8,17}|[0-9]+|assumerolesession[0-9]*|assumed-role-session.*|terraform-.*|netsdkassumerolesession.*|dotnetsdkassumerolesession.*|default(-session(-name)?)?|session[0-9-]*)$') THEN name
        WHEN useridentity_type = 'AssumedRole' THEN nullif(useridentity_sourceidentity, '')
        WHEN useridentity_type = 'IAMUser' THEN coalesce(nullif(useridentity_username, ''), name)
        WHEN useridentity_type = 'Root' THEN 'root'
        WHEN useridentity_type = 'FederatedUser' THEN name
        WHEN useridentity_type = 'IdentityCenterUser' THEN coalesce(nullif(useridentity_onbehalfof_userid, ''), nullif(useridentity_username, ''))
        WHEN useridentity_type = 'AWSService' OR useridentity_type IS NULL THEN coalesce(nullif(useridentity_invokedby, ''), nullif(useridentity_username, ''))
        ELSE nullif(useridentity_username, '')
    END AS named,
    CASE WHEN useridentity_type = 'AssumedRole' THEN nullif(useridentity_invokedby, '') END AS service,
    coalesce(nullif(regexp_extract(role_name, '^AWSReservedSSO_(.*)_[0-9a-fA-F]+$', 1), ''), role_name) AS role,
    nullif(useridentity_accesskeyid, '') AS access_key,
    CASE WHEN NOT is_call AND error_code IS NULL THEN nullif(json_extract_scalar(responseelements, '$.credentials.accessKeyId'), '') END AS issued_key,
    coalesce(nullif(recipientaccountid, ''), nullif(useridentity_accountid, '')) AS account,
    nullif(awsregion, '') AS region,
    CASE WHEN error_code IS NULL THEN 'ok'
        WHEN regexp_like(error_code, '(?i)access.?denied|unauthori[sz]ed|notauthori[sz]ed|forbidden') THEN 'denied'
        ELSE 'failed' END AS outcome,
    CASE
        WHEN step > 0 THEN coalesce(nullif(json_extract_scalar(requestparameters, '$.sessionId'), ''), nullif(regexp_extract(refused, ':session/(.+)$', 1), ''))
        WHEN error_code IS NULL THEN coalesce(nullif(json_extract_scalar(responseelements, '$.sessionId'), ''),
            nullif(regexp_extract(json_extract_scalar(responseelements, '$.streamUrl'), '/data-channel/([^?]+)', 1), ''))
    END AS session_id,
    coalesce(nullif(element_at(arns, 1), ''), refused) AS resource_arn,
    coalesce(CASE WHEN step = 0 THEN nullif(json_extract_scalar(requestparameters, '$.target'), '') END,
        element_at(filter(transform(arns, arn -> coalesce(nullif(regexp_extract(arn, '^arn:[^:]*:(?:ec2|ssm):[^:]*:[^:]*:(?:instance|managed-instance)/(.+)$', 1), ''), 'ecs:' || nullif(regexp_extract(arn, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/([^/]+)/.+$', 1), '') || '_' || nullif(regexp_extract(arn, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/[^/]+/(.+)$', 1), ''))), id -> id IS NOT NULL), 1)) AS own_target,
    coalesce(nullif(regexp_extract(refused, '^arn:[^:]*:(?:ec2|ssm):[^:]*:[^:]*:(?:instance|managed-instance)/(.+)$', 1), ''), 'ecs:' || nullif(regexp_extract(refused, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/([^/]+)/.+$', 1), '') || '_' || nullif(regexp_extract(refused, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/[^/]+/(.+)$', 1), '')) AS refused_target,
    coalesce(nullif(json_extract_scalar(requestparameters, '$.documentName'), ''), nullif(regexp_extract(refused, ':document/(.+)$', 1), '')) AS own_document,
    nullif(json_extract_scalar(requestparameters, '$.reason'), '') AS own_reason,
    nullif(coalesce(json_extract_scalar(requestparameters, '$.parameters.portNumber[0]'), json_extract_scalar(requestparameters, '$.parameters.portNumber')), '') AS port,
    nullif(coalesce(json_extract_scalar(requestparameters, '$.parameters.host[0]'), json_extract_scalar(requestparameters, '$.parameters.host')), '') AS host,
    TRY(json_parse(requestparameters)) IS NOT NULL AS has_request
FROM extracted
WHERE event_time >= TIMESTAMP '1970-01-01 00:00:00 UTC' AND event_time < TIMESTAMP '9000-01-01 00:00:00 UTC'
),
with_key_issuers_1 AS (
-- Each call beside the AssumeRole call that issued its access key: both rows carry the key, so one pass joins them.
SELECT parsed.*, side.issues AS issues_1,
    IF(side.issues, issued_key, coalesce(access_key, 'none of ' || eid)) AS key_1
FROM parsed
CROSS JOIN UNNEST(ARRAY[false, true]) AS side (issues)
WHERE NOT side.issues OR issued_key IS NOT NULL
),
callers_1 AS (
-- The caller that requested the key and, if that caller was itself a role, the key it used.
SELECT * FROM (
    SELECT *,
        first_value(IF(issues_1, named)) IGNORE NULLS OVER (
            PARTITION BY key_1 ORDER BY event_time, named ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_1,
        first_value(IF(issues_1, access_key)) IGNORE NULLS OVER (
            PARTITION BY key_1 ORDER BY event_time, access_key ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_key_1
    FROM with_key_issuers_1
)
WHERE NOT issues_1
),
with_key_issuers_2 AS (
-- Each call beside the AssumeRole call that issued its access key: both rows carry the key, so one pass joins them.
SELECT callers_1.*, side.issues AS issues_2,
    IF(side.issues, issued_key, coalesce(IF(coalesce(named, caller_1) IS NULL, caller_key_1), 'none of ' || eid)) AS key_2
FROM callers_1
CROSS JOIN UNNEST(ARRAY[false, true]) AS side (issues)
WHERE NOT side.issues OR issued_key IS NOT NULL
),
callers_2 AS (
-- The caller that requested the key and, if that caller was itself a role, the key it used.
SELECT * FROM (
    SELECT *,
        first_value(IF(issues_2, coalesce(named, caller_1))) IGNORE NULLS OVER (
            PARTITION BY key_2 ORDER BY event_time, coalesce(named, caller_1) ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_2,
        first_value(IF(issues_2, IF(coalesce(named, caller_1) IS NULL, caller_key_1))) IGNORE NULLS OVER (
            PARTITION BY key_2 ORDER BY event_time, IF(coalesce(named, caller_1) IS NULL, caller_key_1) ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_key_2
    FROM with_key_issuers_2
)
WHERE NOT issues_2
),
with_key_issuers_3 AS (
-- Each call beside the AssumeRole call that issued its access key: both rows carry the key, so one pass joins them.
SELECT callers_2.*, side.issues AS issues_3,
    IF(side.issues, issued_key, coalesce(IF(coalesce(named, caller_1, caller_2) IS NULL, caller_key_2), 'none of ' || eid)) AS key_3
FROM callers_2
CROSS JOIN UNNEST(ARRAY[false, true]) AS side (issues)
WHERE NOT side.issues OR issued_key IS NOT NULL
),
callers_3 AS (
-- The caller that requested the key and, if that caller was itself a role, the key it used.
SELECT * FROM (
    SELECT *,
        first_value(IF(issues_3, coalesce(named, caller_1, caller_2))) IGNORE NULLS OVER (
            PARTITION BY key_3 ORDER BY event_time, coalesce(named, caller_1, caller_2) ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_3,
        first_value(IF(issues_3, IF(coalesce(named, caller_1, caller_2) IS NULL, caller_key_2))) IGNORE NULLS OVER (
            PARTITION BY key_3 ORDER BY event_time, IF(coalesce(named, caller_1, caller_2) IS NULL, caller_key_2) ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_key_3
    FROM with_key_issuers_3
)
WHERE NOT issues_3
),
deduplicated AS (
-- Copies of one event count once; of copies that differ, the most complete one is kept.
SELECT * FROM (
    SELECT *, coalesce(named, caller_1, caller_2, caller_3, service) AS person,
        row_number() OVER (PARTITION BY eid ORDER BY
            IF(responseelements IS NULL, 1, 0) + IF(requestparameters IS NULL, 1, 0), eventtime, eventname, requestparameters,
            responseelements, errorcode, errormessage, sourceipaddress, useragent, useridentity_arn, useridentity_accesskeyid
        ) AS copy_number
    FROM callers_3
    WHERE is_call
)
WHERE copy_number = 1
),
classified AS (
-- A corrected record (addendum UPDATED_DATA) replaces its original if both are present; the latest correction wins.
SELECT *,
    bool_or(subject <> eid) OVER (PARTITION BY subject) AS has_correction,
    bool_or(subject = eid) OVER (PARTITION BY subject) AS has_original,
    row_number() OVER (PARTITION BY subject, subject = eid ORDER BY event_time DESC, eid DESC) AS place
FROM deduplicated
CROSS JOIN UNNEST(IF(addendum_reason = 'UPDATED_DATA' AND addendum_originaleventid <> eid, ARRAY[eid, addendum_originaleventid], ARRAY[eid])) AS about (subject)
),
events AS (
-- The records that no correction replaces.
SELECT * FROM (
    SELECT *, bool_or(IF(subject = eid, has_correction, has_original AND place > 1)) OVER (PARTITION BY eid) AS is_replaced
    FROM classified
)
WHERE subject = eid AND NOT is_replaced
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
    CASE WHEN step = 0 THEN 0 WHEN session_id IS NOT NULL AND outcome = 'ok' THEN 1 ELSE 2 END AS source_rank,
    CASE WHEN step > 0 OR (own_document IS NULL AND NOT has_request) THEN 'unknown'
        ELSE CASE WHEN own_document IS NULL OR nullif(element_at(split(own_document, '/'), -1), '') = 'SSM-SessionManagerRunShell' THEN IF(starts_with(own_target, 'ecs:'), 'container', 'shell') WHEN nullif(element_at(split(own_document, '/'), -1), '') IN ('AWS-StartInteractiveCommand', 'AWS-StartNonInteractiveCommand') THEN 'command' WHEN nullif(element_at(split(own_document, '/'), -1), '') = 'AWS-StartPortForwardingSession' THEN 'port-forward' WHEN nullif(element_at(split(own_document, '/'), -1), '') = 'AWS-StartPortForwardingSessionToRemoteHost' THEN 'remote-port-forward' WHEN nullif(element_at(split(own_document, '/'), -1), '') = 'AWS-StartSSHSession' THEN 'ssh' ELSE 'other' END END AS own_kind
FROM events
),
linked AS (
-- The session's target, kind, document, reason and destination, for each of its calls.
SELECT *,
    min(source_rank) OVER (PARTITION BY account, region, session, session_number) AS best_source,
    min(own_target) OVER (PARTITION BY account, region, session, session_number) AS linked_target,
    first_value(own_target) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid) AS head_target,
    first_value(refused_target) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid) AS head_refused_target,
    first_value(own_kind) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid) AS head_kind,
    first_value(own_document) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid) AS head_document,
    first_value(own_reason) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid) AS head_reason,
    first_value(nullif(CASE own_kind WHEN 'port-forward' THEN 'localhost:' || port WHEN 'ssh' THEN 'localhost:' || coalesce(port, '22') WHEN 'remote-port-forward' THEN concat_ws(':', host, port) WHEN 'other' THEN concat_ws(':', coalesce(host, IF(port IS NOT NULL, 'localhost')), port) END, '')) OVER (PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid) AS head_destination
FROM numbered
),
calls AS (
-- One row per call.
SELECT eid, event_time, step, outcome, nullif(eventid, '') AS event_id, eventname AS event_name,
    person, coalesce(person, 'unknown behind ' || role, 'unknown') AS person_shown,
    coalesce(own_target, IF(best_source < 2, coalesce(head_target, linked_target, head_refused_target)), refused_target) AS target,
    IF(best_source < 2, head_kind, 'unknown') AS kind,
    IF(best_source < 2, head_document) AS document,
    IF(best_source < 2, head_destination) AS destination,
    IF(best_source < 2, head_reason) AS reason,
    session_id, resource_arn, account, region, role, error_code,
    nullif(errormessage, '') AS error_message, nullif(sourceipaddress, '') AS source_ip, nullif(useragent, '') AS user_agent,
    nullif(useridentity_arn, '') AS identity_arn, nullif(useridentity_type, '') AS identity_type
FROM linked
)
SELECT person, IF(person IS NULL, role) AS role, target, account,
    count_if(step = 0 AND outcome = 'ok') AS sessions, count(*) AS calls, count_if(step = 0 AND outcome <> 'ok') AS denied,
    date_format(min(event_time), '%Y-%m-%dT%H:%i:%sZ') AS first_seen, date_format(max(event_time), '%Y-%m-%dT%H:%i:%sZ') AS last_seen
FROM calls
WHERE event_time >= TIMESTAMP '2026-11-01 00:00:00.000000 UTC'
  AND event_time < TIMESTAMP '2026-11-08 00:00:00.000000 UTC'
  AND lower(person) LIKE lower('jane%')
  AND TRY_CAST(source_ip AS ipaddress) BETWEEN CAST('10.0.0.0' AS ipaddress) AND CAST('10.255.255.255' AS ipaddress)
  AND hour(event_time AT TIME ZONE 'Europe/Berlin') IN (22, 23, 0, 1, 2, 3, 4, 5)
  AND NOT coalesce((lower(kind) = lower('port-forward') OR lower(kind) = lower('remote-port-forward')), false)
GROUP BY account, person, IF(person IS NULL, role), target
ORDER BY count(*) DESC, person, role, account, target
