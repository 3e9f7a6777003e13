SELECT
    "eventid",
    "eventtime",
    "eventsource",
    "eventname",
    "awsregion",
    "recipientaccountid",
    "sourceipaddress",
    "useragent",
    "errorcode",
    "errormessage",
    CASE
        WHEN (eventsource = 'sts.amazonaws.com' AND eventname IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', 'GetFederationToken', 'GetSessionToken')) OR (eventsource = 'sso.amazonaws.com' AND eventname = 'GetRoleCredentials') OR (eventsource = 'sso-oauth.amazonaws.com' AND eventname = 'CreateTokenWithIAM') OR (eventsource = 'rolesanywhere.amazonaws.com' AND eventname = 'CreateSession') THEN IF(TRY(json_parse(requestparameters)) IS NULL, requestparameters, TRY(json_format(CAST(map_filter(TRY(CAST(json_parse(requestparameters) AS map(varchar, json))), (k1, v1) -> k1 IN ('accessRequestId', 'durationSeconds', 'name', 'omitted', 'principalArn', 'roleArn', 'roleSessionName', 'serialNumber', 'sourceIdentity', 'targetPrincipal')) AS json))))
        WHEN (eventsource = 'ec2.amazonaws.com' AND eventname IN ('BidEvictedEvent', 'RunInstances')) THEN NULL
        WHEN (eventsource = 'ec2.amazonaws.com' AND eventname IN ('CreateTags', 'DeleteTags')) THEN IF(TRY(json_parse(requestparameters)) IS NULL, requestparameters, TRY(json_format(CAST(transform_values(map_filter(TRY(CAST(json_parse(requestparameters) AS map(varchar, json))), (k1, v1) -> k1 IN ('omitted', 'resourcesSet', 'tagSet')), (k1, v1) -> CASE k1 WHEN 'resourcesSet' THEN CAST(map(ARRAY['items'], ARRAY[coalesce(CAST(transform(TRY(filter(CAST(json_extract(v1, '$.items') AS array(json)), i -> regexp_like(json_extract_scalar(i, '$.resourceId'), '^m?i-'))), e2 -> CAST(map_filter(TRY(CAST(e2 AS map(varchar, json))), (k2, v2) -> k2 = 'resourceId') AS json)) AS json), JSON '[]')]) AS json) WHEN 'tagSet' THEN CAST(map(ARRAY['items'], ARRAY[coalesce(CAST(transform(TRY(filter(CAST(json_extract(v1, '$.items') AS array(json)), i -> lower(json_extract_scalar(i, '$.key')) IN ('env', 'environment', 'name', 'stage', 'tier'))), e2 -> CAST(map_filter(TRY(CAST(e2 AS map(varchar, json))), (k2, v2) -> k2 IN ('key', 'value')) AS json)) AS json), JSON '[]')]) AS json) ELSE v1 END) AS json))))
        WHEN (eventsource = 'ec2.amazonaws.com' AND eventname IN ('RebootInstances', 'StartInstances', 'StopInstances', 'TerminateInstances')) THEN IF(TRY(json_parse(requestparameters)) IS NULL, requestparameters, TRY(json_format(CAST(transform_values(map_filter(TRY(CAST(json_parse(requestparameters) AS map(varchar, json))), (k1, v1) -> k1 IN ('instancesSet', 'omitted')), (k1, v1) -> CASE k1 WHEN 'instancesSet' THEN CAST(transform_values(map_filter(TRY(CAST(v1 AS map(varchar, json))), (k2, v2) -> k2 = 'items'), (k2, v2) -> CASE k2 WHEN 'items' THEN CAST(transform(TRY(CAST(v2 AS array(json))), e3 -> CAST(map_filter(TRY(CAST(e3 AS map(varchar, json))), (k3, v3) -> k3 = 'instanceId') AS json)) AS json) ELSE v2 END) AS json) ELSE v1 END) AS json))))
        ELSE requestparameters END AS requestparameters,
    CASE
        WHEN (eventsource = 'sts.amazonaws.com' AND eventname IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', 'GetFederationToken', 'GetSessionToken')) OR (eventsource = 'sso.amazonaws.com' AND eventname = 'GetRoleCredentials') OR (eventsource = 'sso-oauth.amazonaws.com' AND eventname = 'CreateTokenWithIAM') OR (eventsource = 'rolesanywhere.amazonaws.com' AND eventname = 'CreateSession') THEN IF(TRY(json_parse(responseelements)) IS NULL, responseelements, TRY(json_format(CAST(transform_values(map_filter(TRY(CAST(json_parse(responseelements) AS map(varchar, json))), (k1, v1) -> k1 IN ('assumedRoleUser', 'audience', 'credentialSet', 'credentials', 'federatedUser', 'issuer', 'nameQualifier', 'omitted', 'provider', 'sourceIdentity', 'subject', 'subjectArn', 'subjectFromWebIdentityToken', 'subjectType')), (k1, v1) -> CASE k1 WHEN 'credentials' THEN CAST(map_filter(TRY(CAST(v1 AS map(varchar, json))), (k2, v2) -> k2 IN ('accessKeyId', 'expiration')) AS json) WHEN 'assumedRoleUser' THEN CAST(map_filter(TRY(CAST(v1 AS map(varchar, json))), (k2, v2) -> k2 IN ('arn', 'assumedRoleId')) AS json) WHEN 'federatedUser' THEN CAST(map_filter(TRY(CAST(v1 AS map(varchar, json))), (k2, v2) -> k2 IN ('arn', 'federatedUserId')) AS json) WHEN 'credentialSet' THEN CAST(transform(TRY(CAST(v1 AS array(json))), e2 -> CAST(transform_values(map_filter(TRY(CAST(e2 AS map(varchar, json))), (k2, v2) -> k2 IN ('assumedRoleUser', 'credentials', 'roleArn', 'sourceIdentity')), (k2, v2) -> CASE k2 WHEN 'credentials' THEN CAST(map_filter(TRY(CAST(v2 AS map(varchar, json))), (k3, v3) -> k3 IN ('accessKeyId', 'expiration')) AS json) WHEN 'assumedRoleUser' THEN CAST(map_filter(TRY(CAST(v2 AS map(varchar, json))), (k3, v3) -> k3 IN ('arn', 'assumedRoleId')) AS json) ELSE v2 END) AS json)) AS json) ELSE v1 END) AS json))))
        WHEN (eventsource = 'ec2.amazonaws.com' AND eventname IN ('BidEvictedEvent', 'CreateTags', 'DeleteTags')) THEN NULL
        WHEN (eventsource = 'ec2.amazonaws.com' AND eventname IN ('RebootInstances', 'StartInstances', 'StopInstances', 'TerminateInstances')) THEN IF(TRY(json_parse(responseelements)) IS NULL, responseelements, TRY(json_format(CAST(transform_values(map_filter(TRY(CAST(json_parse(responseelements) AS map(varchar, json))), (k1, v1) -> k1 IN ('instancesSet', 'omitted')), (k1, v1) -> CASE k1 WHEN 'instancesSet' THEN CAST(transform_values(map_filter(TRY(CAST(v1 AS map(varchar, json))), (k2, v2) -> k2 = 'items'), (k2, v2) -> CASE k2 WHEN 'items' THEN CAST(transform(TRY(CAST(v2 AS array(json))), e3 -> CAST(transform_values(map_filter(TRY(CAST(e3 AS map(varchar, json))), (k3, v3) -> k3 IN ('currentState', 'instanceId', 'previousState')), (k3, v3) -> CASE k3 WHEN 'currentState' THEN CAST(map_filter(TRY(CAST(v3 AS map(varchar, json))), (k4, v4) -> k4 IN ('code', 'name')) AS json) WHEN 'previousState' THEN CAST(map_filter(TRY(CAST(v3 AS map(varchar, json))), (k4, v4) -> k4 IN ('code', 'name')) AS json) ELSE v3 END) AS json)) AS json) ELSE v2 END) AS json) ELSE v1 END) AS json))))
        WHEN (eventsource = 'ec2.amazonaws.com' AND eventname = 'RunInstances') THEN IF(TRY(json_parse(responseelements)) IS NULL, responseelements, TRY(json_format(CAST(transform_values(map_filter(TRY(CAST(json_parse(responseelements) AS map(varchar, json))), (k1, v1) -> k1 IN ('instancesSet', 'omitted')), (k1, v1) -> CASE k1 WHEN 'instancesSet' THEN CAST(transform_values(map_filter(TRY(CAST(v1 AS map(varchar, json))), (k2, v2) -> k2 = 'items'), (k2, v2) -> CASE k2 WHEN 'items' THEN CAST(transform(TRY(CAST(v2 AS array(json))), e3 -> CAST(transform_values(map_filter(TRY(CAST(e3 AS map(varchar, json))), (k3, v3) -> k3 IN ('instanceId', 'launchTime', 'privateIpAddress', 'subnetId', 'tagSet', 'vpcId')), (k3, v3) -> CASE k3 WHEN 'tagSet' THEN CAST(transform_values(map_filter(TRY(CAST(v3 AS map(varchar, json))), (k4, v4) -> k4 = 'items'), (k4, v4) -> CASE k4 WHEN 'items' THEN CAST(transform(TRY(CAST(v4 AS array(json))), e5 -> CAST(map_filter(TRY(CAST(e5 AS map(varchar, json))), (k5, v5) -> k5 IN ('key', 'value')) AS json)) AS json) ELSE v4 END) AS json) ELSE v3 END) AS json)) AS json) ELSE v2 END) AS json) ELSE v1 END) AS json))))
        ELSE responseelements END AS responseelements,
    "resources",
    "requestid",
    "eventversion",
    "sessioncredentialfromconsole",
    "addendum_reason",
    "addendum_originaleventid",
    "useridentity_type",
    "useridentity_principalid",
    "useridentity_arn",
    "useridentity_accountid",
    "useridentity_accesskeyid",
    "useridentity_username",
    "useridentity_invokedby",
    "useridentity_sourceidentity",
    "useridentity_mfaauthenticated",
    "useridentity_issuer_arn",
    "useridentity_issuer_username",
    "useridentity_onbehalfof_userid",
    "sharedeventid",
    "additionaleventdata",
    "serviceeventdetails",
    "useridentity_identityprovider",
    "useridentity_creationdate",
    "useridentity_onbehalfof_storearn",
    "useridentity_credentialid",
    "useridentity_inscopeof",
    "useridentity_invokedbydelegate",
    "useridentity_assumedroot",
    "useridentity_ec2roledelivery",
    "redacted",
    "record",
    "file",
    "folder_day",
    "position",
    "content_id",
    "partition",
    "partition_day"
FROM (
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
    element_at("unmapped", 'sharedEventID') AS sharedeventid,
    coalesce(element_at("unmapped", 'additionalEventData'), nullif(json_format(CAST(map_concat(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'additionalEventData.') AND strpos(substr(k, 21), '.') = 0), (k, v) -> substr(k, 21)), (k, v) -> IF(starts_with(v, '['), coalesce(TRY(json_parse(v)), CAST(v AS json)), CAST(v AS json))), map_filter(map(ARRAY['RequestDetails'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'additionalEventData.RequestDetails.') AND strpos(substr(k, 36), '.') = 0), (k, v) -> substr(k, 36)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}')) AS json)), '{}')) AS additionaleventdata,
    coalesce(element_at("unmapped", 'serviceEventDetails'), nullif(json_format(CAST(map_concat(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'serviceEventDetails.') AND strpos(substr(k, 21), '.') = 0), (k, v) -> substr(k, 21)), (k, v) -> IF(starts_with(v, '['), coalesce(TRY(json_parse(v)), CAST(v AS json)), CAST(v AS json))), map_filter(map(ARRAY['RequestDetails'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'serviceEventDetails.RequestDetails.') AND strpos(substr(k, 36), '.') = 0), (k, v) -> substr(k, 36)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}')) AS json)), '{}')) AS serviceeventdetails,
    "actor"."idp"."name" AS useridentity_identityprovider,
    date_format("actor"."session"."created_time_dt", '%Y-%m-%dT%H:%i:%sZ') AS useridentity_creationdate,
    element_at("unmapped", 'userIdentity.onBehalfOf.identityStoreArn') AS useridentity_onbehalfof_storearn,
    element_at("unmapped", 'userIdentity.credentialId') AS useridentity_credentialid,
    coalesce(element_at("unmapped", 'userIdentity.inScopeOf'), nullif(json_format(CAST(map_concat(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'userIdentity.inScopeOf.') AND strpos(substr(k, 24), '.') = 0), (k, v) -> substr(k, 24)), (k, v) -> IF(starts_with(v, '['), coalesce(TRY(json_parse(v)), CAST(v AS json)), CAST(v AS json))), map_filter(map(ARRAY['RequestDetails'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'userIdentity.inScopeOf.RequestDetails.') AND strpos(substr(k, 39), '.') = 0), (k, v) -> substr(k, 39)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}')) AS json)), '{}')) AS useridentity_inscopeof,
    coalesce(element_at("unmapped", 'userIdentity.invokedByDelegate'), nullif(json_format(CAST(map_concat(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'userIdentity.invokedByDelegate.') AND strpos(substr(k, 32), '.') = 0), (k, v) -> substr(k, 32)), (k, v) -> IF(starts_with(v, '['), coalesce(TRY(json_parse(v)), CAST(v AS json)), CAST(v AS json))), map_filter(map(ARRAY['RequestDetails'], ARRAY[CAST(transform_values(transform_keys(map_filter("unmapped", (k, v) -> starts_with(k, 'userIdentity.invokedByDelegate.RequestDetails.') AND strpos(substr(k, 47), '.') = 0), (k, v) -> substr(k, 47)), (k, v) -> coalesce(TRY(json_parse(v)), CAST(v AS json))) AS json)]), (k, v) -> json_format(v) <> '{}')) AS json)), '{}')) AS useridentity_invokedbydelegate,
    element_at("unmapped", 'userIdentity.sessionContext.assumedRoot') AS useridentity_assumedroot,
    element_at("unmapped", 'userIdentity.sessionContext.ec2RoleDelivery') AS useridentity_ec2roledelivery,
    CAST(NULL AS varchar) AS redacted,
    CAST(NULL AS varchar) AS record,
    CAST(NULL AS varchar) AS file,
    CAST(NULL AS varchar) AS folder_day,
    CAST(NULL AS varchar) AS position,
    CAST(NULL AS varchar) AS content_id,
    CAST(NULL AS varchar) AS "partition",
    substr(date_format("time_dt", '%Y-%m-%dT%H:%i:%sZ'), 1, 10) AS partition_day
FROM "amazon_security_lake_glue_db_eu_central_1"."amazon_security_lake_table_eu_central_1_cloud_trail_mgmt_2_0"
WHERE "time_dt" >= TIMESTAMP '2026-10-30 00:00:00'
  AND "time_dt" < TIMESTAMP '2026-11-04 00:00:00'
  AND (
    ("api"."service"."name" = 'cloudtrail.amazonaws.com' AND "api"."operation" IN ('DeleteTrail', 'PutEventSelectors', 'StopLogging', 'UpdateTrail'))
    OR ("api"."service"."name" = 'codebuild.amazonaws.com' AND "api"."operation" = 'StartSandboxConnection')
    OR ("api"."service"."name" = 'ec2-instance-connect.amazonaws.com' AND "api"."operation" IN ('OpenTunnel', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey'))
    OR ("api"."service"."name" = 'ec2.amazonaws.com' AND "api"."operation" IN ('BidEvictedEvent', 'CreateInstanceConnectEndpoint', 'CreateTags', 'DeleteTags', 'EnableSerialConsoleAccess', 'RebootInstances', 'RunInstances', 'StartInstances', 'StopInstances', 'TerminateInstances'))
    OR ("api"."service"."name" = 'ecs.amazonaws.com' AND "api"."operation" IN ('ExecuteCommand', 'UpdateCluster'))
    OR ("api"."service"."name" = 'iam.amazonaws.com' AND "api"."operation" = 'DeleteUser')
    OR ("api"."service"."name" = 'identitystore.amazonaws.com' AND "api"."operation" = 'DeleteUser')
    OR ("api"."service"."name" = 'rolesanywhere.amazonaws.com' AND "api"."operation" = 'CreateSession')
    OR ("api"."service"."name" = 'sagemaker.amazonaws.com' AND "api"."operation" = 'StartSession')
    OR ("api"."service"."name" = 'ssm-guiconnect.amazonaws.com' AND "api"."operation" IN ('CancelConnection', 'GetConnection', 'StartConnection'))
    OR ("api"."service"."name" = 'ssm.amazonaws.com' AND "api"."operation" IN ('CreateActivation', 'CreateDocument', 'DeregisterManagedInstance', 'GetAccessToken', 'ModifyDocumentPermission', 'RegisterManagedInstance', 'ResumeSession', 'SendAutomationSignal', 'SendCommand', 'StartAccessRequest', 'StartSession', 'TerminateSession', 'UpdateDocument', 'UpdateServiceSetting'))
    OR ("api"."service"."name" = 'sso-oauth.amazonaws.com' AND "api"."operation" = 'CreateTokenWithIAM')
    OR ("api"."service"."name" = 'sso.amazonaws.com' AND "api"."operation" = 'GetRoleCredentials')
    OR ("api"."service"."name" = 'sts.amazonaws.com' AND "api"."operation" IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', 'GetFederationToken', 'GetSessionToken') AND coalesce("actor"."user"."type", '') <> 'AWSService' AND coalesce("actor"."invoked_by", '') = '')
  )
) AS whole
WHERE NOT (eventsource = 'ec2.amazonaws.com' AND eventname IN ('CreateTags', 'DeleteTags'))
  OR (requestparameters LIKE '%"i-%' AND (TRY(json_parse(requestparameters)) IS NULL
    OR (cardinality(filter(CAST(json_extract(requestparameters, '$.resourcesSet.items') AS array(json)), r -> starts_with(json_extract_scalar(r, '$.resourceId'), 'i-'))) > 0
      AND (cardinality(filter(CAST(json_extract(requestparameters, '$.tagSet.items') AS array(json)), t -> lower(json_extract_scalar(t, '$.key')) IN ('env', 'environment', 'name', 'stage', 'tier'))) > 0 OR eventname = 'DeleteTags' AND cardinality(coalesce(CAST(json_extract(requestparameters, '$.tagSet.items') AS array(json)), ARRAY[])) = 0))))

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
    "actor"."session"."issuer" AS useridentity_issuer_arn,
    element_at(split("actor"."session"."issuer", '/'), -1) AS useridentity_issuer_username,
    element_at("unmapped", 'userIdentity.onBehalfOf.userId') AS useridentity_onbehalfof_userid,
    element_at("unmapped", 'sharedEventID') AS sharedeventid,
    element_at("unmapped", 'userIdentity.sessionContext.assumedRoot') AS useridentity_assumedroot
FROM "amazon_security_lake_glue_db_eu_central_1"."amazon_security_lake_table_eu_central_1_cloud_trail_mgmt_2_0"
WHERE "time_dt" >= TIMESTAMP '2026-10-31 00:00:00'
  AND "time_dt" < TIMESTAMP '2026-11-09 00:00:00'
  AND ("api"."service"."name" = 'ssm.amazonaws.com' AND "api"."operation" IN ('StartSession', 'ResumeSession', 'TerminateSession'))
),

