SELECT
    "event_id" AS eventid,
    "event_time" AS eventtime,
    "event_source" AS eventsource,
    "event_name" AS eventname,
    "aws_region" AS awsregion,
    "recipient_account_id" AS recipientaccountid,
    "source_ip_address" AS sourceipaddress,
    "user_agent" AS useragent,
    "error_code" AS errorcode,
    "error_message" AS errormessage,
    nullif("request_parameters", 'null') AS requestparameters,
    nullif("response_elements", 'null') AS responseelements,
    nullif("resources", 'null') AS resources,
    "request_id" AS requestid,
    "event_version" AS eventversion,
    CAST(NULL AS varchar) AS sessioncredentialfromconsole,
    "addendum_reason" AS addendum_reason,
    "addendum_originaleventid" AS addendum_originaleventid,
    "useridentity_type" AS useridentity_type,
    "useridentity_principalid" AS useridentity_principalid,
    "useridentity_arn" AS useridentity_arn,
    "useridentity_accountid" AS useridentity_accountid,
    "useridentity_accesskeyid" AS useridentity_accesskeyid,
    "useridentity_username" AS useridentity_username,
    "useridentity_invokedby" AS useridentity_invokedby,
    CAST(NULL AS varchar) AS useridentity_sourceidentity,
    CAST("useridentity_sessioncontext_attributes_mfaauthenticated" AS varchar) AS useridentity_mfaauthenticated,
    "useridentity_sessioncontext_sessionissuer_arn" AS useridentity_issuer_arn,
    "useridentity_sessioncontext_sessionissuer_username" AS useridentity_issuer_username,
    CAST(NULL AS varchar) AS useridentity_onbehalfof_userid,
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
    replace("$path", 's3://trail-bucket/copy/', '') AS file,
    CAST(NULL AS varchar) AS folder_day,
    CAST(NULL AS varchar) AS position,
    CAST(NULL AS varchar) AS content_id,
    "event_date" AS partition_day
FROM "logs"."parquet_flat"
WHERE "event_date" BETWEEN '2026-10-30' AND '2026-11-03'
  AND (
    ("event_source" = 'ec2-instance-connect.amazonaws.com' AND "event_name" IN ('OpenTunnel', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey'))
    OR ("event_source" = 'ecs.amazonaws.com' AND "event_name" = 'ExecuteCommand')
    OR ("event_source" = 'ssm-guiconnect.amazonaws.com' AND "event_name" = 'StartConnection')
    OR ("event_source" = 'ssm.amazonaws.com' AND "event_name" IN ('GetAccessToken', 'ResumeSession', 'SendCommand', 'StartAccessRequest', 'StartSession', 'TerminateSession'))
    OR ("event_source" = 'sts.amazonaws.com' AND "event_name" IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity') AND coalesce("useridentity_type", '') <> 'AWSService' AND coalesce("useridentity_invokedby", '') = '' AND regexp_like(json_extract_scalar(nullif("request_parameters", 'null'), '$.roleSessionName'), '(?i)^(botocore-session-.*|boto3-session.*|aws-(go-)?sdk-.*|aws-cli-.*|aws-sdk-.*|awscli-.*|m?i-[0-9a-f]{8,17}|[0-9]+|assumerolesession[0-9]*|assumed-role-session.*|terraform-.*|netsdkassumerolesession.*|dotnetsdkassumerolesession.*|default(-session(-name)?)?|session[0-9-]*)$'))
  )

-- usage reads
-- usage · 1 Nov - 7 Nov 2026 · 7 d · UTC · partitions from 2026-10-31 to 2026-11-09
WITH raw_calls AS (
SELECT
    "event_id" AS eventid,
    "event_time" AS eventtime,
    "event_source" AS eventsource,
    "event_name" AS eventname,
    "aws_region" AS awsregion,
    "recipient_account_id" AS recipientaccountid,
    "source_ip_address" AS sourceipaddress,
    "user_agent" AS useragent,
    "error_code" AS errorcode,
    "error_message" AS errormessage,
    nullif("request_parameters", 'null') AS requestparameters,
    nullif("response_elements", 'null') AS responseelements,
    nullif("resources", 'null') AS resources,
    "addendum_reason" AS addendum_reason,
    "addendum_originaleventid" AS addendum_originaleventid,
    "useridentity_type" AS useridentity_type,
    "useridentity_principalid" AS useridentity_principalid,
    "useridentity_arn" AS useridentity_arn,
    "useridentity_accountid" AS useridentity_accountid,
    "useridentity_accesskeyid" AS useridentity_accesskeyid,
    "useridentity_username" AS useridentity_username,
    "useridentity_invokedby" AS useridentity_invokedby,
    CAST(NULL AS varchar) AS useridentity_sourceidentity,
    "useridentity_sessioncontext_sessionissuer_username" AS useridentity_issuer_username,
    CAST(NULL AS varchar) AS useridentity_onbehalfof_userid
FROM "logs"."parquet_flat"
WHERE "event_date" BETWEEN '2026-10-31' AND '2026-11-09'
  AND "event_time" >= '2026-10-31'
  AND "event_time" < '2026-11-09'
  AND ("event_source" = 'ssm.amazonaws.com' AND "event_name" IN ('StartSession', 'ResumeSession', 'TerminateSession'))
),

