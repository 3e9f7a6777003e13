-- The access keys that were issued, each with the caller who asked for it: who that is by its own record, and the key by
-- which it called in turn. The copies of one call in several accounts are rows of their own.
-- Reads the relation `raw_calls`.
WITH asked AS (
    SELECT *, role_of(useridentity_type, useridentity_arn, useridentity_issuer_username) AS role_name,
        known(useridentity_onbehalfof_userid) AS behalf, time_of(eventtime) AS issued_at,
        json_texts(responseelements, ['$.credentials.accessKeyId', '$.credentials.AccessKeyId',
            '$.Credentials.AccessKeyId', '$.assumedRoleUser.assumedRoleId', '$.subjectFromWebIdentityToken',
            '$.subject']) AS response
    FROM raw_calls
    WHERE known(errorcode) IS NULL AND issues_key(eventsource, eventname)
),
issued AS (
    SELECT coalesce(known(response[1]), known(response[2]), known(response[3])) AS access_key, known(response[4]) AS role_session,
        issued_at, known(eventid) AS event_id, known(sharedeventid) AS shared_id, known(useridentity_arn) AS caller_arn,
        known(useridentity_issuer_arn) AS caller_role,
        identity_of(useridentity_type, name_in(useridentity_arn, useridentity_principalid),
            coalesce(CASE useridentity_type WHEN 'WebIdentityUser' THEN known(response[5]) END, known(useridentity_username),
                CASE useridentity_type WHEN 'SAMLUser' THEN known(response[6]) END),
            role_name, behalf, useridentity_issuer_arn, known(useridentity_issuer_username)) AS caller,
        asks_issuer(useridentity_type, role_name, behalf, useridentity_assumedroot) AS asks_issuer,
        known(useridentity_accesskeyid) AS own_key,
        eventname = 'GetFederationToken' AS gives_federated
    FROM asked
)
SELECT access_key, role_session, issued_at, event_id, shared_id,
    CASE WHEN asks_issuer THEN own_key END AS caller_key,
    -- A name that the caller typed itself is no evidence.
    CASE WHEN caller.evidence <> 'session-name' AND NOT (asks_issuer AND caller.evidence = 'identity') THEN caller.person END AS person,
    CASE WHEN gives_federated THEN 'federated' ELSE caller.kind END AS person_kind, caller.id AS person_id,
    coalesce(list_contains(trusted_brokers(), caller_arn) OR list_contains(trusted_brokers(), caller_role), false) AS is_broker
FROM issued
WHERE (access_key IS NOT NULL OR shared_id IS NOT NULL)
    AND issued_at >= TIMESTAMP '1970-01-01' AND issued_at < TIMESTAMP '9000-01-01'
