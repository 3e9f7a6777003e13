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
    "useridentity"."type" AS useridentity_type,
    "useridentity"."principalid" AS useridentity_principalid,
    "useridentity"."arn" AS useridentity_arn,
    "useridentity"."accountid" AS useridentity_accountid,
    "useridentity"."accesskeyid" AS useridentity_accesskeyid,
    "useridentity"."username" AS useridentity_username,
    "useridentity"."invokedby" AS useridentity_invokedby,
    CAST(NULL AS varchar) AS useridentity_sourceidentity,
    "useridentity"."sessioncontext"."attributes"."mfaauthenticated" AS useridentity_mfaauthenticated,
    "useridentity"."sessioncontext"."sessionissuer"."arn" AS useridentity_issuer_arn,
    "useridentity"."sessioncontext"."sessionissuer"."username" AS useridentity_issuer_username,
    "useridentity"."onbehalfof"."userid" AS useridentity_onbehalfof_userid,
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
    replace("$path", 's3://trail-bucket/AWSLogs/o-demo4tr41l/', '') AS file,
    "year" || '-' || "month" || '-' || "day" AS folder_day,
    CAST(NULL AS varchar) AS position,
    CAST(NULL AS varchar) AS content_id,
    "year" || '-' || "month" || '-' || "day" AS partition_day
FROM "logs"."current"
WHERE "year" = '2026' AND (("year" = '2026' AND "month" = '10' AND "day" BETWEEN '30' AND '31') OR ("year" = '2026' AND "month" = '11' AND "day" BETWEEN '01' AND '03'))
  AND (
    ("eventsource" = 'ec2-instance-connect.amazonaws.com' AND "eventname" IN ('OpenTunnel', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey'))
    OR ("eventsource" = 'ecs.amazonaws.com' AND "eventname" = 'ExecuteCommand')
    OR ("eventsource" = 'ssm-guiconnect.amazonaws.com' AND "eventname" = 'StartConnection')
    OR ("eventsource" = 'ssm.amazonaws.com' AND "eventname" IN ('GetAccessToken', 'ResumeSession', 'SendCommand', 'StartAccessRequest', 'StartSession', 'TerminateSession'))
    OR ("eventsource" = 'sts.amazonaws.com' AND "eventname" IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity') AND coalesce("useridentity"."type", '') <> 'AWSService' AND coalesce("useridentity"."invokedby", '') = '' AND regexp_like(json_extract_scalar(nullif("requestparameters", 'null'), '$.roleSessionName'), '(?i)^(botocore-session-.*|boto3-session.*|aws-(go-)?sdk-.*|aws-cli-.*|aws-sdk-.*|awscli-.*|m?i-[0-9a-f]{8,17}|[0-9]+|assumerolesession[0-9]*|assumed-role-session.*|terraform-.*|netsdkassumerolesession.*|dotnetsdkassumerolesession.*|default(-session(-name)?)?|session[0-9-]*)$'))
  )

-- usage reads
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
    "useridentity"."sessioncontext"."sessionissuer"."username" AS useridentity_issuer_username,
    "useridentity"."onbehalfof"."userid" AS useridentity_onbehalfof_userid
FROM "logs"."current"
WHERE "year" = '2026' AND (("year" = '2026' AND "month" = '10' AND "day" = '31') OR ("year" = '2026' AND "month" = '11' AND "day" BETWEEN '01' AND '09'))
  AND "eventtime" >= '2026-10-31'
  AND "eventtime" < '2026-11-09'
  AND ("eventsource" = 'ssm.amazonaws.com' AND "eventname" IN ('StartSession', 'ResumeSession', 'TerminateSession'))
),

