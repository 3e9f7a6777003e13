-- The person behind an access key that AssumeRole issued, through chains of roles.
-- Reads the relation `issued`.
WITH RECURSIVE
issuers AS MATERIALIZED (
    SELECT access_key, min(issued_at) AS first_time, max(issued_at) AS last_time,
        min_by(caller_key, {'t': issued_at, 'k': caller_key}) AS caller_key,
        min_by(person, {'t': issued_at, 'p': person}) AS person
    FROM issued GROUP BY access_key
),
-- A role can be assumed from a role. Five steps are more than role chaining is used for, and end cycles.
chain AS (
    SELECT access_key, person, caller_key, first_time, last_time, 1 AS depth FROM issuers
    UNION ALL
    SELECT chain.access_key, issuers.person, issuers.caller_key,
        least(chain.first_time, issuers.first_time), greatest(chain.last_time, issuers.last_time), depth + 1
    FROM chain JOIN issuers ON issuers.access_key = chain.caller_key
    WHERE chain.person IS NULL AND depth < 5
)
SELECT access_key, person AS caller, first_time, last_time FROM chain WHERE person IS NOT NULL
