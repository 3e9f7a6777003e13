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
    "sharedeventid" AS sharedeventid,
    nullif("additionaleventdata", 'null') AS additionaleventdata,
    nullif("serviceeventdetails", 'null') AS serviceeventdetails,
    CAST(NULL AS varchar) AS useridentity_identityprovider,
    "useridentity"."sessioncontext"."attributes"."creationdate" AS useridentity_creationdate,
    "useridentity"."onbehalfof"."identitystorearn" AS useridentity_onbehalfof_storearn,
    CAST(NULL AS varchar) AS useridentity_credentialid,
    CAST(NULL AS varchar) AS useridentity_inscopeof,
    CAST(NULL AS varchar) AS useridentity_invokedbydelegate,
    CAST(NULL AS varchar) AS useridentity_assumedroot,
    "useridentity"."sessioncontext"."ec2roledelivery" AS useridentity_ec2roledelivery,
    CAST(NULL AS varchar) AS redacted,
    CAST(NULL AS varchar) AS record,
    replace("$path", 's3://trail-bucket/AWSLogs/o-demo4tr41l/', '') AS file,
    CAST("dt" AS varchar) AS folder_day,
    CAST(NULL AS varchar) AS position,
    CAST(NULL AS varchar) AS content_id,
    CAST(NULL AS varchar) AS "partition",
    CAST("dt" AS varchar) AS partition_day
FROM "logs"."date_typed"
WHERE "dt" BETWEEN DATE '2026-10-30' AND DATE '2026-11-03'
  AND (
    ("eventsource" = 'cloudtrail.amazonaws.com' AND "eventname" IN ('DeleteTrail', 'PutEventSelectors', 'StopLogging', 'UpdateTrail'))
    OR ("eventsource" = 'codebuild.amazonaws.com' AND "eventname" = 'StartSandboxConnection')
    OR ("eventsource" = 'ec2-instance-connect.amazonaws.com' AND "eventname" IN ('OpenTunnel', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey'))
    OR ("eventsource" = 'ec2.amazonaws.com' AND "eventname" IN ('BidEvictedEvent', 'CreateInstanceConnectEndpoint', 'CreateTags', 'DeleteTags', 'EnableSerialConsoleAccess', 'RebootInstances', 'RunInstances', 'StartInstances', 'StopInstances', 'TerminateInstances'))
    OR ("eventsource" = 'ecs.amazonaws.com' AND "eventname" IN ('ExecuteCommand', 'UpdateCluster'))
    OR ("eventsource" = 'iam.amazonaws.com' AND "eventname" = 'DeleteUser')
    OR ("eventsource" = 'identitystore.amazonaws.com' AND "eventname" = 'DeleteUser')
    OR ("eventsource" = 'rolesanywhere.amazonaws.com' AND "eventname" = 'CreateSession')
    OR ("eventsource" = 'sagemaker.amazonaws.com' AND "eventname" = 'StartSession')
    OR ("eventsource" = 'ssm-guiconnect.amazonaws.com' AND "eventname" IN ('CancelConnection', 'GetConnection', 'StartConnection'))
    OR ("eventsource" = 'ssm.amazonaws.com' AND "eventname" IN ('CreateActivation', 'CreateDocument', 'DeregisterManagedInstance', 'GetAccessToken', 'ModifyDocumentPermission', 'RegisterManagedInstance', 'ResumeSession', 'SendAutomationSignal', 'SendCommand', 'StartAccessRequest', 'StartSession', 'TerminateSession', 'UpdateDocument', 'UpdateServiceSetting'))
    OR ("eventsource" = 'sso-oauth.amazonaws.com' AND "eventname" = 'CreateTokenWithIAM')
    OR ("eventsource" = 'sso.amazonaws.com' AND "eventname" = 'GetRoleCredentials')
    OR ("eventsource" = 'sts.amazonaws.com' AND "eventname" IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', 'GetFederationToken', 'GetSessionToken') AND coalesce("useridentity"."type", '') <> 'AWSService' AND coalesce("useridentity"."invokedby", '') = '')
  )
) AS whole
WHERE NOT (eventsource = 'ec2.amazonaws.com' AND eventname IN ('CreateTags', 'DeleteTags'))
  OR (requestparameters LIKE '%"i-%' AND (TRY(json_parse(requestparameters)) IS NULL
    OR (cardinality(filter(CAST(json_extract(requestparameters, '$.resourcesSet.items') AS array(json)), r -> starts_with(json_extract_scalar(r, '$.resourceId'), 'i-'))) > 0
      AND (cardinality(filter(CAST(json_extract(requestparameters, '$.tagSet.items') AS array(json)), t -> lower(json_extract_scalar(t, '$.key')) IN ('env', 'environment', 'name', 'stage', 'tier'))) > 0 OR eventname = 'DeleteTags' AND cardinality(coalesce(CAST(json_extract(requestparameters, '$.tagSet.items') AS array(json)), ARRAY[])) = 0))))

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
    "useridentity"."sessioncontext"."sessionissuer"."arn" AS useridentity_issuer_arn,
    "useridentity"."sessioncontext"."sessionissuer"."username" AS useridentity_issuer_username,
    "useridentity"."onbehalfof"."userid" AS useridentity_onbehalfof_userid,
    "sharedeventid" AS sharedeventid,
    CAST(NULL AS varchar) AS useridentity_assumedroot
FROM "logs"."date_typed"
WHERE "dt" BETWEEN DATE '2026-10-31' AND DATE '2026-11-09'
  AND "eventtime" >= '2026-10-31'
  AND "eventtime" < '2026-11-09'
  AND ("eventsource" = 'ssm.amazonaws.com' AND "eventname" IN ('StartSession', 'ResumeSession', 'TerminateSession'))
),

