-- The first caller behind credentials, followed from key to key to a caller whose name AWS set. A chain with a hop that is
-- not in the data proves nothing. Reads the relations `issued` and `used` (credential, role_session, issued_at).
WITH RECURSIVE
-- Copies of one call in several accounts: one may have the key, another the caller's name.
copies AS NOT MATERIALIZED (
    SELECT access_key, issued_at, event_id, caller_key, person, person_kind, person_id, is_broker FROM issued WHERE access_key IS NOT NULL
    UNION ALL
    SELECT keyed.access_key, other.issued_at, other.event_id, other.caller_key, other.person, other.person_kind, other.person_id, other.is_broker
    FROM issued AS keyed JOIN issued AS other ON keyed.shared_id = other.shared_id
    WHERE keyed.access_key IS NOT NULL AND other.access_key IS NULL
    UNION ALL
    -- Sessions without a key: by the role session, and when AWS says that it began.
    SELECT used.credential, issued.issued_at, event_id, caller_key, person, person_kind, person_id, is_broker
    FROM (FROM used WHERE role_session IS NOT NULL) AS used JOIN issued ON issued.role_session = used.role_session
        AND abs(epoch(issued.issued_at) - epoch(used.issued_at)) <= 2
),
issuers AS MATERIALIZED (
    SELECT access_key, min(issued_at) AS first_time, max(issued_at) AS last_time, bool_or(is_broker) AS is_broker,
        min(caller_key) AS caller_key,
        min_by({'person': person, 'kind': person_kind, 'id': person_id}, {'t': issued_at, 'e': event_id, 'p': person})
            FILTER (person IS NOT NULL) AS caller,
        count(DISTINCT person) > 1 AS contradicts
    FROM copies GROUP BY access_key
),
-- A role can be assumed from a role. Ten steps are more than role chaining is used for, and end cycles.
chain AS (
    SELECT access_key AS credential, caller, caller_key, is_broker, contradicts, first_time, last_time, 1 AS depth
    FROM issuers SEMI JOIN used ON used.credential = issuers.access_key
    UNION ALL
    SELECT chain.credential, issuers.caller, issuers.caller_key, chain.is_broker OR issuers.is_broker,
        chain.contradicts OR issuers.contradicts,
        least(chain.first_time, issuers.first_time), greatest(chain.last_time, issuers.last_time), depth + 1
    FROM chain JOIN issuers ON issuers.access_key = chain.caller_key
    WHERE chain.caller IS NULL AND depth < 10
)
SELECT credential, caller.person AS caller, caller.kind AS caller_kind, caller.id AS caller_id, is_broker, contradicts,
    first_time, last_time
FROM chain WHERE caller IS NOT NULL
