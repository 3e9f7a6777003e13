SELECT
    "metadata"."uid" AS eventid,
    date_format(from_unixtime("time" / 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%i:%sZ') AS eventtime,
    "api"."service"."name" AS eventsource,
    "api"."operation" AS eventname,
    "cloud"."region" AS awsregion,
    coalesce(element_at("unmapped", 'recipientAccountId'), "accountid") AS recipientaccountid,
    coalesce("src_endpoint"."ip", "src_endpoint"."domain") AS sourceipaddress,
    "http_request"."user_agent" AS useragent,
    "api"."response"."error" AS errorcode,
    "api"."response"."message" AS errormessage,
    coalesce(element_at("unmapped", 'requestParameters'), nullif(json_format(CAST(map_concat(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'requestParameters.') AND strpos(substr(k, 19), '.') = 0), (k, v) -> substr(k, 19)), (k, v) -> CAST(v AS json)), map_filter(map(ARRAY['parameters'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'requestParameters.parameters.') AND strpos(substr(k, 30), '.') = 0), (k, v) -> substr(k, 30)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}'), map_filter(map(ARRAY['credentials'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'requestParameters.credentials.') AND strpos(substr(k, 31), '.') = 0), (k, v) -> substr(k, 31)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}')) AS json)), '{}')) AS requestparameters,
    coalesce(element_at("unmapped", 'responseElements'), nullif(json_format(CAST(map_concat(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'responseElements.') AND strpos(substr(k, 18), '.') = 0), (k, v) -> substr(k, 18)), (k, v) -> CAST(v AS json)), map_filter(map(ARRAY['parameters'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'responseElements.parameters.') AND strpos(substr(k, 29), '.') = 0), (k, v) -> substr(k, 29)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}'), map_filter(map(ARRAY['credentials'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'responseElements.credentials.') AND strpos(substr(k, 30), '.') = 0), (k, v) -> substr(k, 30)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}')) AS json)), '{}')) AS responseelements,
    json_format(CAST(transform("resources", e1 -> map(ARRAY['ARN', 'accountId', 'type'], ARRAY[e1."uid", e1."account_uid", e1."type"])) AS json)) AS resources,
    "api"."request"."uid" AS requestid,
    "metadata"."product"."version" AS eventversion,
    element_at("unmapped", 'sessionCredentialFromConsole') AS sessioncredentialfromconsole,
    element_at("unmapped", 'addendum.reason') AS addendum_reason,
    element_at("unmapped", 'addendum.originalEventID') AS addendum_originaleventid,
    "actor"."user"."type" AS useridentity_type,
    "actor"."user"."uuid" AS useridentity_principalid,
    "actor"."user"."uid" AS useridentity_arn,
    "actor"."user"."account_uid" AS useridentity_accountid,
    "actor"."user"."credential_uid" AS useridentity_accesskeyid,
    "actor"."user"."name" AS useridentity_username,
    "actor"."invoked_by" AS useridentity_invokedby,
    element_at("unmapped", 'userIdentity.sessionContext.sourceIdentity') AS useridentity_sourceidentity,
    CAST("actor"."session"."mfa" AS varchar) AS useridentity_mfaauthenticated,
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
    substr("eventday", 1, 4) || '-' || substr("eventday", 5, 2) || '-' || substr("eventday", 7, 2) AS partition_day
FROM "amazon_security_lake_glue_db_eu_central_1"."amazon_security_lake_table_eu_central_1_cloud_trail_mgmt_1_0"
WHERE "eventday" BETWEEN '20261030' AND '20261103'
  AND (
    ("api"."service"."name" = 'ec2-instance-connect.amazonaws.com' AND "api"."operation" IN ('OpenTunnel', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey'))
    OR ("api"."service"."name" = 'ecs.amazonaws.com' AND "api"."operation" = 'ExecuteCommand')
    OR ("api"."service"."name" = 'ssm-guiconnect.amazonaws.com' AND "api"."operation" = 'StartConnection')
    OR ("api"."service"."name" = 'ssm.amazonaws.com' AND "api"."operation" IN ('GetAccessToken', 'ResumeSession', 'SendCommand', 'StartAccessRequest', 'StartSession', 'TerminateSession'))
    OR ("api"."service"."name" = 'sts.amazonaws.com' AND "api"."operation" IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity') AND coalesce("actor"."user"."type", '') <> 'AWSService' AND coalesce("actor"."invoked_by", '') = '' AND regexp_like(json_extract_scalar(coalesce(element_at("unmapped", 'requestParameters'), nullif(json_format(CAST(map_concat(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'requestParameters.') AND strpos(substr(k, 19), '.') = 0), (k, v) -> substr(k, 19)), (k, v) -> CAST(v AS json)), map_filter(map(ARRAY['parameters'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'requestParameters.parameters.') AND strpos(substr(k, 30), '.') = 0), (k, v) -> substr(k, 30)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}'), map_filter(map(ARRAY['credentials'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'requestParameters.credentials.') AND strpos(substr(k, 31), '.') = 0), (k, v) -> substr(k, 31)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}')) AS json)), '{}')), '$.roleSessionName'), '(?i)^(botocore-session-.*|boto3-session.*|aws-(go-)?sdk-.*|aws-cli-.*|aws-sdk-.*|awscli-.*|m?i-[0-9a-f]{8,17}|[0-9]+|assumerolesession[0-9]*|assumed-role-session.*|terraform-.*|netsdkassumerolesession.*|dotnetsdkassumerolesession.*|default(-session(-name)?)?|session[0-9-]*)$'))
  )

-- usage reads
-- usage · 1 Nov - 7 Nov 2026 · 7 d · UTC · partitions from 2026-10-31 to 2026-11-09
WITH raw_calls AS (
SELECT
    "metadata"."uid" AS eventid,
    date_format(from_unixtime("time" / 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%i:%sZ') AS eventtime,
    "api"."service"."name" AS eventsource,
    "api"."operation" AS eventname,
    "cloud"."region" AS awsregion,
    coalesce(element_at("unmapped", 'recipientAccountId'), "accountid") AS recipientaccountid,
    coalesce("src_endpoint"."ip", "src_endpoint"."domain") AS sourceipaddress,
    "http_request"."user_agent" AS useragent,
    "api"."response"."error" AS errorcode,
    "api"."response"."message" AS errormessage,
    coalesce(element_at("unmapped", 'requestParameters'), nullif(json_format(CAST(map_concat(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'requestParameters.') AND strpos(substr(k, 19), '.') = 0), (k, v) -> substr(k, 19)), (k, v) -> CAST(v AS json)), map_filter(map(ARRAY['parameters'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'requestParameters.parameters.') AND strpos(substr(k, 30), '.') = 0), (k, v) -> substr(k, 30)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}'), map_filter(map(ARRAY['credentials'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'requestParameters.credentials.') AND strpos(substr(k, 31), '.') = 0), (k, v) -> substr(k, 31)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}')) AS json)), '{}')) AS requestparameters,
    coalesce(element_at("unmapped", 'responseElements'), nullif(json_format(CAST(map_concat(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'responseElements.') AND strpos(substr(k, 18), '.') = 0), (k, v) -> substr(k, 18)), (k, v) -> CAST(v AS json)), map_filter(map(ARRAY['parameters'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'responseElements.parameters.') AND strpos(substr(k, 29), '.') = 0), (k, v) -> substr(k, 29)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}'), map_filter(map(ARRAY['credentials'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'responseElements.credentials.') AND strpos(substr(k, 30), '.') = 0), (k, v) -> substr(k, 30)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}')) AS json)), '{}')) AS responseelements,
    json_format(CAST(transform("resources", e1 -> map(ARRAY['ARN', 'accountId', 'type'], ARRAY[e1."uid", e1."account_uid", e1."type"])) AS json)) AS resources,
    element_at("unmapped", 'addendum.reason') AS addendum_reason,
    element_at("unmapped", 'addendum.originalEventID') AS addendum_originaleventid,
    "actor"."user"."type" AS useridentity_type,
    "actor"."user"."uuid" AS useridentity_principalid,
    "actor"."user"."uid" AS useridentity_arn,
    "actor"."user"."account_uid" AS useridentity_accountid,
    "actor"."user"."credential_uid" AS useridentity_accesskeyid,
    "actor"."user"."name" AS useridentity_username,
    "actor"."invoked_by" AS useridentity_invokedby,
    element_at("unmapped", 'userIdentity.sessionContext.sourceIdentity') AS useridentity_sourceidentity,
    element_at(split("actor"."session"."issuer", '/'), -1) AS useridentity_issuer_username,
    element_at("unmapped", 'userIdentity.onBehalfOf.userId') AS useridentity_onbehalfof_userid
FROM "amazon_security_lake_glue_db_eu_central_1"."amazon_security_lake_table_eu_central_1_cloud_trail_mgmt_1_0"
WHERE "eventday" BETWEEN '20261031' AND '20261109'
  AND "time" >= 1793404800000
  AND "time" < 1794182400000
  AND ("api"."service"."name" = 'ssm.amazonaws.com' AND "api"."operation" IN ('StartSession', 'ResumeSession', 'TerminateSession'))
),

