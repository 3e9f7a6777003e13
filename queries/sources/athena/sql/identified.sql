-- Who an identity is by its own record: person, evidence, kind, id. AWS set the names of `identity`.
SELECT *,
    CASE
        WHEN useridentity_type = 'IAMUser' THEN ARRAY[coalesce(username, name), 'identity', 'iam-user', NULL]
        WHEN useridentity_type = 'Root' THEN ARRAY['root', 'identity', 'root', NULL]
        WHEN useridentity_type = 'AssumedRole' AND starts_with(role_name, 'AWSReservedSSO_') THEN ARRAY[coalesce(name, behalf), 'identity', 'identity-center', behalf]
        WHEN useridentity_type = 'AssumedRole' AND behalf IS NOT NULL THEN ARRAY[behalf, 'identity', 'identity-center', behalf]
        WHEN useridentity_type = 'AssumedRole' AND NOT regexp_like(name, {tool_names}) THEN ARRAY[name, 'session-name', 'role-session', NULL]
        WHEN useridentity_type = 'IdentityCenterUser' THEN ARRAY[coalesce(username, behalf), 'identity', 'identity-center', behalf]
        WHEN useridentity_type IN ('SAMLUser', 'WebIdentityUser') THEN ARRAY[username, 'identity', 'federated', NULL]
        WHEN useridentity_type = 'FederatedUser' AND regexp_like(useridentity_issuer_arn, ':(user/.+|root)$')
            THEN ARRAY[coalesce({known(useridentity_issuer_username)}, {last_part(useridentity_issuer_arn)}), 'issuer', 'federated', NULL]
        WHEN useridentity_type = 'FederatedUser' AND NOT regexp_like(name, {tool_names}) THEN ARRAY[name, 'session-name', 'federated', NULL]
    END AS own,
    -- Whether the caller who requested the key may name a person better than the record does.
    coalesce((useridentity_type = 'AssumedRole' AND behalf IS NULL AND NOT coalesce(starts_with(role_name, 'AWSReservedSSO_'), false))
        OR useridentity_type = 'FederatedUser' OR (useridentity_type = 'Root' AND useridentity_assumedroot = 'true'), false) AS asks_issuer
FROM (
    SELECT *, coalesce(
        IF(NOT is_call AND useridentity_type = 'WebIdentityUser', {known(json_extract_scalar(responseelements, '$.subjectFromWebIdentityToken'))}),
        {known(useridentity_username)},
        IF(NOT is_call AND useridentity_type = 'SAMLUser', {known(json_extract_scalar(responseelements, '$.subject'))})) AS username
    FROM extracted
)
