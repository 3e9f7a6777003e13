-- What the rules of findings look at: one row a session or refused call, a call of another door, and a resume or an end by
-- root. `who` is a person as people are counted, `net` the network of an address (/24, IPv6 /48). Columns are few and mostly
-- empty, since making them takes longest. Reads the relations `sessions`, `doors`, `root_calls`, `recorded`, `people`.
WITH
found AS (
    SELECT 'session' AS source, "at", account, person, person_kind, person_id, role, via, identity_type, {arn} AS identity_arn,
        source_ip, ip_key, target, target_name, environment, status, session_id, key, asked,
        NULL::VARCHAR AS region, NULL::VARCHAR AS person_shown, NULL::VARCHAR[] AS event_ids,
        kind, CASE WHEN NOT starts_with(document, 'AWS-') THEN document END AS document, destination,
        reason IS NOT NULL AS has_reason, coalesce(is_omitted, false) AS is_omitted,
        CASE WHEN length_bound = 'exact' THEN length_seconds END AS exact_seconds,
        CASE WHEN end_evidence = 'terminated' AND ended_by <> person THEN ended_by END AS ended_by,
        access_type, outside, conflict, mfa, policy, rule AS policy_rule, policy_why,
        CASE WHEN claimed_name <> person AND claimed_name IN (FROM people) THEN claimed_name
            WHEN source_identity <> person AND person_evidence <> 'source-identity' AND source_identity IN (FROM people)
            THEN source_identity END AS other_name,
        CASE WHEN contains(identity_arn, '/i-') OR contains(identity_arn, '/mi-') THEN
            known(regexp_extract(identity_arn, '/(m?i-(?:[0-9a-f]{8}|[0-9a-f]{17}))$', 1)) END AS instance
    FROM sessions
    UNION ALL BY NAME
    SELECT 'door' AS source, "at", account, person, person_kind, person_id, role, via, source_ip, ip_key, target, target_name,
        environment, status, session_id, key, asked, region, person_shown, [event_id] AS event_ids, event_name, door, detail
    FROM doors WHERE NOT copy
    UNION ALL BY NAME
    SELECT 'call' AS source, "at", account, person, person_kind, person_id, role, via, source_ip, ip_key, target, target_name,
        environment, status, session_id, key, asked, region, person_shown, [event_id] AS event_ids, event_name
    FROM root_calls
)
SELECT found.* EXCLUDE (ip_key, via), CAST("at" AS DATE) AS day, ready, week_kept,
    hash(account, person_kind, coalesce(person_id, person), group_of(person, person_kind, role, via)) AS who,
    group_of(person, person_kind, role, via) AS behind, {net} AS net, {known_network} AS is_known_network
FROM found JOIN recorded ON recorded.day = CAST("at" AS DATE)
