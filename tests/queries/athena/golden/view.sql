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
    "requestid" AS requestid,
    "eventversion" AS eventversion,
    "sessioncredentialfromconsole" AS sessioncredentialfromconsole,
    "addendum"."reason" AS addendum_reason,
    "addendum"."originaleventid" AS addendum_originaleventid,
    json_extract_scalar("useridentity", '$.type') AS useridentity_type,
    json_extract_scalar("useridentity", '$.principalId') AS useridentity_principalid,
    json_extract_scalar("useridentity", '$.arn') AS useridentity_arn,
    json_extract_scalar("useridentity", '$.accountId') AS useridentity_accountid,
    json_extract_scalar("useridentity", '$.accessKeyId') AS useridentity_accesskeyid,
    json_extract_scalar("useridentity", '$.userName') AS useridentity_username,
    json_extract_scalar("useridentity", '$.invokedBy') AS useridentity_invokedby,
    json_extract_scalar("useridentity", '$.sessionContext.sourceIdentity') AS useridentity_sourceidentity,
    json_extract_scalar("useridentity", '$.sessionContext.attributes.mfaAuthenticated') AS useridentity_mfaauthenticated,
    json_extract_scalar("useridentity", '$.sessionContext.sessionIssuer.arn') AS useridentity_issuer_arn,
    json_extract_scalar("useridentity", '$.sessionContext.sessionIssuer.userName') AS useridentity_issuer_username,
    json_extract_scalar("useridentity", '$.onBehalfOf.userId') AS useridentity_onbehalfof_userid,
    CAST(NULL AS varchar) AS sharedeventid,
    CAST(NULL AS varchar) AS additionaleventdata,
    CAST(NULL AS varchar) AS serviceeventdetails,
    CAST(NULL AS varchar) AS useridentity_identityprovider,
    CAST(NULL AS varchar) AS useridentity_creationdate,
    CAST(NULL AS varchar) AS useridentity_onbehalfof_storearn,
    CAST(NULL AS varchar) AS useridentity_credentialid,
    CAST(NULL AS varchar) AS useridentity_inscopeof,
    CAST(NULL AS varchar) AS useridentity_invokedbydelegate,
    CAST(NULL AS varchar) AS useridentity_assumedroot,
    CAST(NULL AS varchar) AS useridentity_ec2roledelivery,
    CAST(NULL AS varchar) AS redacted,
    CAST(NULL AS varchar) AS record,
    CAST(NULL AS varchar) AS file,
    CAST(NULL AS varchar) AS folder_day,
    CAST(NULL AS varchar) AS position,
    CAST(NULL AS varchar) AS content_id,
    substr("eventtime", 1, 10) AS partition_day
FROM "logs"."view"
WHERE "eventtime" >= '2026-10-30'
  AND "eventtime" < '2026-11-04'
  AND (
    ("eventsource" = 'ec2-instance-connect.amazonaws.com' AND "eventname" IN ('OpenTunnel', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey'))
    OR ("eventsource" = 'ecs.amazonaws.com' AND "eventname" = 'ExecuteCommand')
    OR ("eventsource" = 'ssm-guiconnect.amazonaws.com' AND "eventname" = 'StartConnection')
    OR ("eventsource" = 'ssm.amazonaws.com' AND "eventname" IN ('GetAccessToken', 'ResumeSession', 'SendCommand', 'StartAccessRequest', 'StartSession', 'TerminateSession'))
    OR ("eventsource" = 'sts.amazonaws.com' AND "eventname" IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity') AND coalesce(json_extract_scalar("useridentity", '$.type'), '') <> 'AWSService' AND coalesce(json_extract_scalar("useridentity", '$.invokedBy'), '') = '' AND regexp_like(json_extract_scalar(nullif("requestparameters", 'null'), '$.roleSessionName'), '(?i)^(botocore-session-.*|boto3-session.*|aws-(go-)?sdk-.*|aws-cli-.*|aws-sdk-.*|awscli-.*|m?i-[0-9a-f]{8,17}|[0-9]+|assumerolesession[0-9]*|assumed-role-session.*|terraform-.*|netsdkassumerolesession.*|dotnetsdkassumerolesession.*|default(-session(-name)?)?|session[0-9-]*)$'))
  )

-- usage reads
-- usage · 1 Nov - 7 Nov 2026 · 7 d · UTC
-- This is a view: the bytes that a query scans depend on whether the view prunes by its time column. Check the bytes of the first day, or open the underlying table.
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
    json_extract_scalar("useridentity", '$.type') AS useridentity_type,
    json_extract_scalar("useridentity", '$.principalId') AS useridentity_principalid,
    json_extract_scalar("useridentity", '$.arn') AS useridentity_arn,
    json_extract_scalar("useridentity", '$.accountId') AS useridentity_accountid,
    json_extract_scalar("useridentity", '$.accessKeyId') AS useridentity_accesskeyid,
    json_extract_scalar("useridentity", '$.userName') AS useridentity_username,
    json_extract_scalar("useridentity", '$.invokedBy') AS useridentity_invokedby,
    json_extract_scalar("useridentity", '$.sessionContext.sourceIdentity') AS useridentity_sourceidentity,
    json_extract_scalar("useridentity", '$.sessionContext.sessionIssuer.userName') AS useridentity_issuer_username,
    json_extract_scalar("useridentity", '$.onBehalfOf.userId') AS useridentity_onbehalfof_userid
FROM "logs"."view"
WHERE "eventtime" >= '2026-10-31'
  AND "eventtime" < '2026-11-09'
  AND ("eventsource" = 'ssm.amazonaws.com' AND "eventname" IN ('StartSession', 'ResumeSession', 'TerminateSession'))
),

