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
    IF(asks_issuer, {known(useridentity_accesskeyid)}) AS credential,
    max(own_issued_key) OVER (PARTITION BY IF(is_call OR {known(sharedeventid)} IS NULL, 'own ' || eid, 'shared ' || sharedeventid)) AS issued_key
FROM (
    SELECT *,
        coalesce({known(regexp_extract(role_name, '^AWSReservedSSO_(.+)_[0-9a-fA-F]+$', 1))}, role_name) AS role,
        coalesce({known(useridentity_invokedby)}, IF(regexp_like(sourceipaddress, '^[a-z0-9.-]+\.amazonaws\.com$'), sourceipaddress)) AS via,
        CASE WHEN NOT is_call AND error_code IS NULL THEN coalesce({known(json_extract_scalar(responseelements, '$.credentials.accessKeyId'))},
            {known(json_extract_scalar(responseelements, '$.credentials.AccessKeyId'))}, {known(json_extract_scalar(responseelements, '$.Credentials.AccessKeyId'))}) END AS own_issued_key,
        coalesce({known(recipientaccountid)}, {known(useridentity_accountid)}) AS account,
        {known(awsregion)} AS region,
        CASE WHEN error_code IS NULL THEN 'ok'
            WHEN regexp_like(error_code, '(?i)access.?denied|unauthori[sz]ed|notauthori[sz]ed|forbidden') THEN 'denied'
            ELSE 'failed' END AS outcome,
        CASE
            WHEN step = -1 THEN {known(json_extract_scalar(responseelements, '$.session.sessionId'))}
            WHEN step > 0 THEN coalesce({known(json_extract_scalar(request, '$.sessionId'))}, {known(regexp_extract(refused, ':session/(.+)$', 1))})
            WHEN error_code IS NULL THEN coalesce({known(json_extract_scalar(responseelements, '$.sessionId'))},
                {known(regexp_extract(json_extract_scalar(responseelements, '$.streamUrl'), '/data-channel/([^?]+)', 1))})
        END AS session_id,
        coalesce({known(element_at(arns, 1))}, refused) AS resource_arn,
        coalesce(CASE step WHEN 0 THEN {known(json_extract_scalar(request, '$.target'))} WHEN -1 THEN {machine_of(json_extract_scalar(responseelements, '$.taskArn'))} END,
            element_at(filter(transform(arns, arn -> {machine_of(arn)}), id -> id IS NOT NULL), 1)) AS own_target,
        {machine_of(refused)} AS refused_target,
        coalesce({known(json_extract_scalar(request, '$.documentName'))}, {known(regexp_extract(refused, ':document/(.+)$', 1))}) AS own_document,
        {known(json_extract_scalar(request, '$.reason'))} AS own_reason,
        {known(coalesce(json_extract_scalar(request, '$.parameters.portNumber[0]'), json_extract_scalar(request, '$.parameters.portNumber')))} AS port,
        {known(coalesce(json_extract_scalar(request, '$.parameters.host[0]'), json_extract_scalar(request, '$.parameters.host')))} AS host,
        TRY(json_parse(request)) IS NOT NULL AS has_request,
        is_left_out OR (requestparameters IS NOT NULL AND TRY(json_parse(requestparameters)) IS NULL) AS is_omitted,
        -- Of copies in several accounts the one of the session's account counts: the one that `resources` names, else the caller's.
        CASE {known(recipientaccountid)} WHEN element_at(split(element_at(arns, 1), ':'), 5) THEN 0 WHEN {known(useridentity_accountid)} THEN 1 ELSE 2 END AS copy_rank
    FROM identified
    WHERE event_time >= TIMESTAMP '1970-01-01 00:00:00 UTC' AND event_time < TIMESTAMP '9000-01-01 00:00:00 UTC'
)
