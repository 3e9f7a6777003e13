-- Events: one row a call that counts, with the person behind it. Repeated records, copies in other accounts and originals
-- that an addendum replaces are left out; copies that contradict the one that counts are kept, marked as `copy`.
-- Reads the relations `parsed` (each row has its own `row_no`), `callers`, `precedence` (row_no, place: the order of
-- copies that contradict each other); long columns stay in `parsed`.
WITH
-- One call by its id, or by the id that its copies in several accounts share.
identified AS NOT MATERIALIZED (SELECT *, coalesce('shared ' || shared_id, eid) AS call FROM parsed),
repeated AS MATERIALIZED (
    SELECT call, min(event_time) AS data_from, max(event_time) AS data_to FROM identified GROUP BY call HAVING count(*) > 1
),
-- One call by its nature: a session's id opens once, and the same call in the same second is the same.
natures AS NOT MATERIALIZED (
    SELECT row_no, call, hash(session_id, event_time, event_name,
        CASE WHEN step <> 0 THEN concat_ws(' ', outcome, error_code, identity_arn, access_key) END, account, region) AS nature
    FROM identified WHERE session_id IS NOT NULL AND step >= 0
),
alike AS MATERIALIZED (SELECT nature FROM natures GROUP BY nature HAVING min(call) <> max(call)),
named_alike AS MATERIALIZED (SELECT row_no, nature FROM natures SEMI JOIN alike USING (nature)),
grouped AS MATERIALIZED (
    SELECT row_no, eid, named, identity_arn, own_target, outcome, gaps, content, folder_day, file, segment, segment_row,
        coalesce(place, 0) AS place, data_from, data_to,
        -- The copy of the caller's account has the name where that of the session's account has none.
        CASE WHEN coalesce(named, credential) IS NOT NULL THEN {'named': named, 'evidence': named_evidence, 'kind': named_kind,
            'id': named_id, 'credential': credential, 'session_name': session_name, 'type': identity_type} END AS who,
        -- A copy that was scrubbed of its session goes with the others of its id.
        coalesce('alike ' || min(nature) OVER (PARTITION BY identified.call), identified.call) AS one
    FROM identified
    LEFT JOIN repeated USING (call)
    LEFT JOIN named_alike USING (row_no)
    LEFT JOIN precedence USING (row_no)
    WHERE repeated.call IS NOT NULL OR nature IS NOT NULL
),
judged AS MATERIALIZED (
    -- Repeats of a copy take no number, so that a file that is there twice changes none.
    SELECT *, count(*) FILTER (repeat = 1) OVER (PARTITION BY one ORDER BY number ROWS UNBOUNDED PRECEDING) AS copy_no FROM (
        SELECT *,
            row_number() OVER chosen AS number, row_number() OVER (PARTITION BY one, named, identity_arn, own_target, outcome
                ORDER BY gaps // 4, place, gaps, content, eid, folder_day NULLS LAST, file NULLS LAST, segment, segment_row) AS repeat,
            first_value(eid) OVER chosen AS call_eid, first_value(who IGNORE NULLS) OVER chosen AS known_who,
            min(data_from) OVER whole AS first_time, max(data_to) OVER whole AS last_time,
            nullif(concat_ws(',',
                CASE WHEN min(named) OVER whole <> max(named) OVER whole OR min(identity_arn) OVER whole <> max(identity_arn) OVER whole
                    THEN 'person' END,
                CASE WHEN min(own_target) OVER whole <> max(own_target) OVER whole THEN 'target' END,
                CASE WHEN min(outcome) OVER whole <> max(outcome) OVER whole THEN 'outcome' END), '') AS conflict
        FROM grouped
        WINDOW whole AS (PARTITION BY one), chosen AS (PARTITION BY one
            ORDER BY gaps // 4, place, gaps, content, eid, folder_day NULLS LAST, file NULLS LAST, segment, segment_row
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
    )
),
-- An addendum with updated data replaces its original where both exist; of several addenda the latest.
better AS MATERIALIZED (
    SELECT DISTINCT eid, original_eid, event_time FROM parsed
    WHERE addendum_reason = 'UPDATED_DATA' AND original_eid <> eid
),
addenda AS MATERIALIZED (
    SELECT better.original_eid, max_by(better.eid, {'t': better.event_time, 'e': better.eid}) AS latest,
        least(min(better.event_time), min(parsed.event_time)) AS data_from,
        greatest(max(better.event_time), max(parsed.event_time)) AS data_to
    FROM better JOIN parsed ON parsed.eid = better.original_eid GROUP BY better.original_eid
),
superseded AS MATERIALIZED (
    SELECT original_eid AS eid FROM addenda
    UNION
    SELECT better.eid FROM better JOIN addenda USING (original_eid) WHERE better.eid <> addenda.latest
),
dropped AS MATERIALIZED (
    SELECT row_no FROM judged WHERE number > 1 AND (conflict IS NULL OR repeat > 1)
    UNION
    SELECT row_no FROM parsed SEMI JOIN superseded USING (eid)
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
    LEFT JOIN addenda ON addenda.latest = parsed.eid
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
