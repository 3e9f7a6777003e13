-- Who is behind an access key that an AssumeRole gave out, through chains of roles.
-- Reads the relation `raw_calls`, the variable `machine_names`.
WITH RECURSIVE
asked AS (
    SELECT *, role_of(useridentity_type, useridentity_arn, useridentity_issuer_username) AS role_name,
        TRY_CAST(eventtime AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS issued_at
    FROM raw_calls
    WHERE eventsource = 'sts.amazonaws.com' AND starts_with(eventname, 'AssumeRole') AND known(errorcode) IS NULL
),
issued AS (
    SELECT known(json_texts(responseelements, ['$.credentials.accessKeyId'])[1]) AS access_key, issued_at,
        known(useridentity_accesskeyid) AS caller_key,
        named_by(useridentity_type, name_in(useridentity_arn, useridentity_principalid), known(useridentity_username),
            known(useridentity_invokedby), role_name, known(useridentity_sourceidentity),
            known(useridentity_onbehalfof_userid), getvariable('machine_names')).person AS person
    FROM asked
),
issuers AS MATERIALIZED (
    SELECT access_key, min(issued_at) AS first_time, max(issued_at) AS last_time,
        min_by(caller_key, {'t': issued_at, 'k': caller_key}) AS caller_key,
        min_by(person, {'t': issued_at, 'p': person}) AS person
    FROM issued WHERE access_key IS NOT NULL AND issued_at >= TIMESTAMP '1970-01-01' AND issued_at < TIMESTAMP '9000-01-01' GROUP BY access_key
),
-- Roles can be assumed from roles; five steps are more than AWS's role chaining is used for, and end any circle.
chain AS (
    SELECT access_key, person, caller_key, first_time, last_time, 1 AS depth FROM issuers
    UNION ALL
    SELECT chain.access_key, issuers.person, issuers.caller_key,
        least(chain.first_time, issuers.first_time), greatest(chain.last_time, issuers.last_time), depth + 1
    FROM chain JOIN issuers ON issuers.access_key = chain.caller_key
    WHERE chain.person IS NULL AND depth < 5
)
SELECT access_key, person AS caller, first_time, last_time FROM chain WHERE person IS NOT NULL
