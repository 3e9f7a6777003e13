-- Events: one row a call that counts, with the person behind it. Repeated records, copies in other accounts and originals
-- that an addendum replaces are left out; copies that contradict the one that counts are kept, marked as `copy`.
-- Reads the relations `parsed` (each row has its own `row_no`), `callers`, `judged`, `addenda`; long columns stay in `parsed`.
WITH
replaced AS MATERIALIZED (FROM addenda),
dropped AS MATERIALIZED (
    SELECT row_no FROM judged WHERE number > 1 AND (conflict IS NULL OR repeat > 1)
    UNION
    SELECT row_no FROM parsed SEMI JOIN replaced USING (eid)
),
-- Few addresses make many calls: each is converted once.
addresses AS MATERIALIZED (SELECT source_ip, ip_key_of(source_ip) AS ip_key FROM (SELECT DISTINCT source_ip FROM parsed)),
kept AS NOT MATERIALIZED (
    SELECT * REPLACE (
        CASE WHEN is_other THEN known_who.named ELSE named END AS named,
        CASE WHEN is_other THEN known_who.evidence ELSE named_evidence END AS named_evidence,
        CASE WHEN is_other THEN known_who.kind ELSE named_kind END AS named_kind,
        CASE WHEN is_other THEN known_who.id ELSE named_id END AS named_id,
        CASE WHEN is_other THEN known_who.credential ELSE credential END AS credential,
        CASE WHEN is_other THEN known_who.session_name ELSE session_name END AS session_name,
        CASE WHEN is_other THEN known_who.type ELSE identity_type END AS identity_type)
    FROM (
        SELECT parsed.*, call_eid, conflict, number, copy_no, first_time, last_time, known_who,
            known_who IS NOT NULL AND coalesce(named, credential) IS NULL AS is_other
        FROM parsed LEFT JOIN (SELECT row_no, call_eid, conflict, number, copy_no, first_time, last_time, known_who FROM judged) AS chosen
            USING (row_no)
    )
),
found AS NOT MATERIALIZED (
    SELECT row_no, coalesce(call_eid, parsed.eid) AS eid, event_time, step, parsed.outcome, account, region, session_id,
        conflict, coalesce(number > 1, false) AS copy, copy_no,
        CASE
            WHEN named_evidence = 'identity' AND callers.credential IS NULL THEN 'identity'
            WHEN source_identity IS NOT NULL AND coalesce(is_broker, callers.credential IS NULL AND named_evidence <> 'issuer') THEN 'source-identity'
            WHEN callers.credential IS NOT NULL THEN 'issuer'
            ELSE named_evidence
        END AS person_evidence,
        named, named_kind, named_id, caller, caller_kind, caller_id, coalesce(contradicts, false) AS contradicts,
        session_name, source_identity, identity_type, ip_key, parsed.first_time, parsed.last_time, addenda.data_from, addenda.data_to,
        callers.first_time AS issued_from, callers.last_time AS issued_to
    FROM kept AS parsed ANTI JOIN dropped USING (row_no)
    LEFT JOIN (SELECT DISTINCT latest, data_from, data_to FROM replaced) AS addenda ON addenda.latest = parsed.eid
    LEFT JOIN addresses USING (source_ip)
    LEFT JOIN callers USING (credential)
),
resolved AS NOT MATERIALIZED (
    SELECT *,
        CASE person_evidence WHEN 'source-identity' THEN source_identity WHEN 'issuer' THEN coalesce(caller, named) ELSE named END AS person
    FROM found
)
SELECT row_no, eid || CASE WHEN copy THEN ' copy ' || copy_no ELSE '' END AS eid, event_time, step, outcome, account, region, session_id,
    person, person_evidence,
    CASE WHEN person_evidence = 'source-identity' THEN 'federated' WHEN person_evidence = 'issuer' AND caller IS NOT NULL
        THEN CASE WHEN identity_type = 'FederatedUser' THEN 'federated' ELSE caller_kind END
        ELSE named_kind END AS person_kind,
    CASE WHEN person_evidence = 'issuer' THEN caller_id WHEN person_evidence = 'identity' THEN named_id END AS person_id,
    CASE WHEN session_name IS DISTINCT FROM person THEN session_name END AS claimed_name,
    ip_key, copy,
    nullif(concat_ws(',', CASE WHEN contradicts AND NOT contains(coalesce(conflict, ''), 'person') THEN 'person' END, conflict), '') AS conflict,
    least(event_time, first_time, data_from, issued_from) AS data_from,
    greatest(event_time, last_time, data_to, issued_to) AS data_to
FROM resolved
