-- What the rules of findings look at: one row a session or refused call, a granted or refused call of another door, and a
-- resume or an end by root. `who` is a person as people are counted, `net` the network of an address (/24, IPv6 /48).
-- Reads the relations `sessions`, `doors`, `root_calls`, `recorded` (day, ready, week_kept).
WITH
found AS (
    SELECT 'session' AS source, "at", account, region, person, person_kind, person_id, person_evidence, person_shown, role, via,
        identity_type, identity_arn, claimed_name, source_identity, claims_other, source_ip, ip_key, target, target_name, environment,
        kind, document, destination, reason IS NOT NULL AS has_reason, coalesce(is_omitted, false) AS is_omitted, status, session_id,
        length_seconds, length_bound, ended_by, end_evidence, access_type, outside, conflict, mfa, policy, rule AS policy_rule, policy_why,
        event_ids, key, asked
    FROM sessions
    UNION ALL BY NAME
    SELECT 'door' AS source, "at", account, region, person, person_kind, person_id, person_evidence, person_shown, role, via,
        identity_type, identity_arn, source_ip, ip_key, target, target_name, environment, status, session_id,
        [event_id] AS event_ids, key, asked, event_name, door, detail
    FROM doors WHERE NOT copy
    UNION ALL BY NAME
    SELECT 'call' AS source, "at", account, region, person, person_kind, person_id, person_evidence, person_shown, role, via,
        identity_type, identity_arn, source_ip, ip_key, target, target_name, environment, status, session_id,
        [event_id] AS event_ids, key, asked, event_name
    FROM root_calls
)
SELECT found.*, source || ' ' || key AS id, CAST("at" AS DATE) AS day, ready, week_kept,
    concat_ws('|', account, person_kind, coalesce(person_id, person, ''), group_of(person, person_kind, role, via)) AS who,
    coalesce(target_name, target, 'an unknown machine') AS machine,
    CASE WHEN starts_with(ip_key, '{mapped}') THEN left(ip_key, 30) ELSE left(ip_key, 12) END AS net,
    {known_network} AS is_known_network,
    known(regexp_extract(identity_arn, '^arn:[^:]*:[^:]*::([0-9]{12}):', 1)) AS caller_account,
    CASE WHEN identity_type = 'AssumedRole' THEN known(regexp_extract(identity_arn, '/(m?i-(?:[0-9a-f]{8}|[0-9a-f]{17}))$', 1)) END AS instance,
    CASE WHEN source = 'call' THEN CASE event_name WHEN 'ResumeSession' THEN 'resumed a session on' ELSE 'ended a session on' END
        WHEN status = 'started' THEN 'a session on' WHEN status = 'denied' THEN 'refused on' ELSE 'a call on' END AS doing
FROM found JOIN recorded ON recorded.day = CAST("at" AS DATE)
