SELECT
    "metadata"."uid" AS eventid,
    date_format("time_dt", '%Y-%m-%dT%H:%i:%sZ') AS eventtime,
    "api"."service"."name" AS eventsource,
    "api"."operation" AS eventname,
    "cloud"."region" AS awsregion,
    coalesce(element_at("unmapped", 'recipientAccountId'), "cloud"."account"."uid", "accountid") AS recipientaccountid,
    coalesce("src_endpoint"."ip", "src_endpoint"."domain") AS sourceipaddress,
    "http_request"."user_agent" AS useragent,
    "api"."response"."error" AS errorcode,
    "api"."response"."message" AS errormessage,
    nullif("api"."request"."data", 'null') AS requestparameters,
    nullif("api"."response"."data", 'null') AS responseelements,
    json_format(CAST(transform("resources", e1 -> IF(e1 IS NULL, NULL, CAST(map_filter(map(ARRAY['ARN', 'owner', 'type'], ARRAY[CAST(e1."uid" AS json), IF(e1."owner" IS NULL, NULL, CAST(map_filter(map(ARRAY['account'], ARRAY[IF(e1."owner"."account" IS NULL, NULL, CAST(map_filter(map(ARRAY['ARN'], ARRAY[CAST(e1."owner"."account"."uid" AS json)]), (k4, v4) -> v4 IS NOT NULL) AS json))]), (k3, v3) -> v3 IS NOT NULL) AS json)), CAST(e1."type" AS json)]), (k2, v2) -> v2 IS NOT NULL) AS json))) AS json)) AS resources,
    "api"."request"."uid" AS requestid,
    "metadata"."product"."version" AS eventversion,
    element_at("unmapped", 'sessionCredentialFromConsole') AS sessioncredentialfromconsole,
    element_at("unmapped", 'addendum.reason') AS addendum_reason,
    element_at("unmapped", 'addendum.originalEventID') AS addendum_originaleventid,
    "actor"."user"."type" AS useridentity_type,
    "actor"."user"."uid_alt" AS useridentity_principalid,
    "actor"."user"."uid" AS useridentity_arn,
    "actor"."user"."account"."uid" AS useridentity_accountid,
    "actor"."user"."credential_uid" AS useridentity_accesskeyid,
    "actor"."user"."name" AS useridentity_username,
    "actor"."invoked_by" AS useridentity_invokedby,
    element_at("unmapped", 'userIdentity.sessionContext.sourceIdentity') AS useridentity_sourceidentity,
    CAST("actor"."session"."is_mfa" AS varchar) AS useridentity_mfaauthenticated,
    "actor"."session"."issuer" AS useridentity_issuer_arn,
    element_at(split("actor"."session"."issuer", '/'), -1) AS useridentity_issuer_username,
    element_at("unmapped", 'userIdentity.onBehalfOf.userId') AS useridentity_onbehalfof_userid,
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
    substr(date_format("time_dt", '%Y-%m-%dT%H:%i:%sZ'), 1, 10) AS partition_day
FROM "amazon_security_lake_glue_db_eu_central_1"."amazon_security_lake_table_eu_central_1_cloud_trail_mgmt_2_0"
WHERE "time_dt" >= TIMESTAMP '2026-10-30 00:00:00'
  AND "time_dt" < TIMESTAMP '2026-11-04 00:00:00'
  AND (
    ("api"."service"."name" = 'ec2-instance-connect.amazonaws.com' AND "api"."operation" IN ('OpenTunnel', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey'))
    OR ("api"."service"."name" = 'ecs.amazonaws.com' AND "api"."operation" = 'ExecuteCommand')
    OR ("api"."service"."name" = 'ssm-guiconnect.amazonaws.com' AND "api"."operation" = 'StartConnection')
    OR ("api"."service"."name" = 'ssm.amazonaws.com' AND "api"."operation" IN ('GetAccessToken', 'ResumeSession', 'SendCommand', 'StartAccessRequest', 'StartSession', 'TerminateSession'))
    OR ("api"."service"."name" = 'sts.amazonaws.com' AND "api"."operation" IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity') AND coalesce("actor"."user"."type", '') <> 'AWSService' AND coalesce("actor"."invoked_by", '') = '' AND regexp_like(json_extract_scalar(nullif("api"."request"."data", 'null'), '$.roleSessionName'), '(?i)^(botocore-session-.*|boto3-session.*|aws-(go-)?sdk-.*|aws-cli-.*|aws-sdk-.*|awscli-.*|m?i-[0-9a-f]{8,17}|[0-9]+|assumerolesession[0-9]*|assumed-role-session.*|terraform-.*|netsdkassumerolesession.*|dotnetsdkassumerolesession.*|default(-session(-name)?)?|session[0-9-]*)$'))
  )

-- usage reads
-- usage · 1 Nov - 7 Nov 2026 · 7 d · UTC
WITH raw_calls AS (
SELECT
    "metadata"."uid" AS eventid,
    date_format("time_dt", '%Y-%m-%dT%H:%i:%sZ') AS eventtime,
    "api"."service"."name" AS eventsource,
    "api"."operation" AS eventname,
    "cloud"."region" AS awsregion,
    coalesce(element_at("unmapped", 'recipientAccountId'), "cloud"."account"."uid", "accountid") AS recipientaccountid,
    coalesce("src_endpoint"."ip", "src_endpoint"."domain") AS sourceipaddress,
    "http_request"."user_agent" AS useragent,
    "api"."response"."error" AS errorcode,
    "api"."response"."message" AS errormessage,
    nullif("api"."request"."data", 'null') AS requestparameters,
    nullif("api"."response"."data", 'null') AS responseelements,
    json_format(CAST(transform("resources", e1 -> IF(e1 IS NULL, NULL, CAST(map_filter(map(ARRAY['ARN', 'owner', 'type'], ARRAY[CAST(e1."uid" AS json), IF(e1."owner" IS NULL, NULL, CAST(map_filter(map(ARRAY['account'], ARRAY[IF(e1."owner"."account" IS NULL, NULL, CAST(map_filter(map(ARRAY['ARN'], ARRAY[CAST(e1."owner"."account"."uid" AS json)]), (k4, v4) -> v4 IS NOT NULL) AS json))]), (k3, v3) -> v3 IS NOT NULL) AS json)), CAST(e1."type" AS json)]), (k2, v2) -> v2 IS NOT NULL) AS json))) AS json)) AS resources,
    element_at("unmapped", 'addendum.reason') AS addendum_reason,
    element_at("unmapped", 'addendum.originalEventID') AS addendum_originaleventid,
    "actor"."user"."type" AS useridentity_type,
    "actor"."user"."uid_alt" AS useridentity_principalid,
    "actor"."user"."uid" AS useridentity_arn,
    "actor"."user"."account"."uid" AS useridentity_accountid,
    "actor"."user"."credential_uid" AS useridentity_accesskeyid,
    "actor"."user"."name" AS useridentity_username,
    "actor"."invoked_by" AS useridentity_invokedby,
    element_at("unmapped", 'userIdentity.sessionContext.sourceIdentity') AS useridentity_sourceidentity,
    element_at(split("actor"."session"."issuer", '/'), -1) AS useridentity_issuer_username,
    element_at("unmapped", 'userIdentity.onBehalfOf.userId') AS useridentity_onbehalfof_userid
FROM "amazon_security_lake_glue_db_eu_central_1"."amazon_security_lake_table_eu_central_1_cloud_trail_mgmt_2_0"
WHERE "time_dt" >= TIMESTAMP '2026-10-31 00:00:00'
  AND "time_dt" < TIMESTAMP '2026-11-09 00:00:00'
  AND ("api"."service"."name" = 'ssm.amazonaws.com' AND "api"."operation" IN ('StartSession', 'ResumeSession', 'TerminateSession'))
),

