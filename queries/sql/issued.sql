-- The access keys that AssumeRole calls issued, each with its caller.
-- Reads the relation `raw_calls`, the variable `machine_names`.
WITH assumed AS (
    SELECT *, role_of(useridentity_type, useridentity_arn, useridentity_issuer_username) AS role_name, time_of(eventtime) AS issued_at
    FROM raw_calls
    WHERE eventsource = 'sts.amazonaws.com' AND starts_with(eventname, 'AssumeRole') AND known(errorcode) IS NULL
),
issued AS (
    SELECT known(json_texts(responseelements, ['$.credentials.accessKeyId'])[1]) AS access_key, issued_at,
        known(useridentity_accesskeyid) AS caller_key,
        named_by(useridentity_type, name_in(useridentity_arn, useridentity_principalid), known(useridentity_username),
            known(useridentity_invokedby), role_name, known(useridentity_sourceidentity),
            known(useridentity_onbehalfof_userid), getvariable('machine_names')).person AS person
    FROM assumed
)
SELECT access_key, issued_at, caller_key, person FROM issued
WHERE access_key IS NOT NULL AND issued_at >= TIMESTAMP '1970-01-01' AND issued_at < TIMESTAMP '9000-01-01'
