-- Values derived from the fields: the person by their own name, the session, the machine.
SELECT *,
    CASE
        WHEN useridentity_type = 'AssumedRole' AND starts_with(role_name, 'AWSReservedSSO_') THEN name
        WHEN useridentity_type = 'AssumedRole' AND NOT regexp_like(name, {machine_names}) THEN name
        WHEN useridentity_type = 'AssumedRole' THEN {known(useridentity_sourceidentity)}
        WHEN useridentity_type = 'IAMUser' THEN coalesce({known(useridentity_username)}, name)
        WHEN useridentity_type = 'Root' THEN 'root'
        WHEN useridentity_type = 'FederatedUser' THEN name
        WHEN useridentity_type = 'IdentityCenterUser' THEN coalesce({known(useridentity_onbehalfof_userid)}, {known(useridentity_username)})
        WHEN useridentity_type = 'AWSService' OR useridentity_type IS NULL THEN coalesce({known(useridentity_invokedby)}, {known(useridentity_username)})
        ELSE {known(useridentity_username)}
    END AS named,
    CASE WHEN useridentity_type = 'AssumedRole' THEN {known(useridentity_invokedby)} END AS service,
    coalesce({known(regexp_extract(role_name, '^AWSReservedSSO_(.*)_[0-9a-fA-F]+$', 1))}, role_name) AS role,
    {known(useridentity_accesskeyid)} AS access_key,
    CASE WHEN NOT is_call AND error_code IS NULL THEN {known(json_extract_scalar(responseelements, '$.credentials.accessKeyId'))} END AS issued_key,
    coalesce({known(recipientaccountid)}, {known(useridentity_accountid)}) AS account,
    {known(awsregion)} AS region,
    CASE WHEN error_code IS NULL THEN 'ok'
        WHEN regexp_like(error_code, '(?i)access.?denied|unauthori[sz]ed|notauthori[sz]ed|forbidden') THEN 'denied'
        ELSE 'failed' END AS outcome,
    CASE
        WHEN step > 0 THEN coalesce({known(json_extract_scalar(requestparameters, '$.sessionId'))}, {known(regexp_extract(refused, ':session/(.+)$', 1))})
        WHEN error_code IS NULL THEN coalesce({known(json_extract_scalar(responseelements, '$.sessionId'))},
            {known(regexp_extract(json_extract_scalar(responseelements, '$.streamUrl'), '/data-channel/([^?]+)', 1))})
    END AS session_id,
    coalesce({known(element_at(arns, 1))}, refused) AS resource_arn,
    coalesce(CASE WHEN step = 0 THEN {known(json_extract_scalar(requestparameters, '$.target'))} END,
        element_at(filter(transform(arns, arn -> {machine_of(arn)}), id -> id IS NOT NULL), 1)) AS own_target,
    {machine_of(refused)} AS refused_target,
    coalesce({known(json_extract_scalar(requestparameters, '$.documentName'))}, {known(regexp_extract(refused, ':document/(.+)$', 1))}) AS own_document,
    {known(json_extract_scalar(requestparameters, '$.reason'))} AS own_reason,
    {known(coalesce(json_extract_scalar(requestparameters, '$.parameters.portNumber[0]'), json_extract_scalar(requestparameters, '$.parameters.portNumber')))} AS port,
    {known(coalesce(json_extract_scalar(requestparameters, '$.parameters.host[0]'), json_extract_scalar(requestparameters, '$.parameters.host')))} AS host,
    TRY(json_parse(requestparameters)) IS NOT NULL AS has_request
FROM extracted
WHERE event_time >= TIMESTAMP '1970-01-01 00:00:00 UTC' AND event_time < TIMESTAMP '9000-01-01 00:00:00 UTC'
