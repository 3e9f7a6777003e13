-- Events: parsed calls without repeated records and without originals that an addendum replaces, with the person behind
-- a key. Reads the relations `parsed` (each row has its own `row_no`) and `callers`; long columns stay in `parsed`.
WITH
repeated AS MATERIALIZED (
    SELECT eid, min(event_time) AS data_from, max(event_time) AS data_to FROM parsed GROUP BY eid HAVING count(*) > 1
),
repeats AS NOT MATERIALIZED (
    SELECT row_no FROM parsed SEMI JOIN repeated USING (eid)
    QUALIFY row_number() OVER (PARTITION BY eid
        ORDER BY gaps, content, folder_day NULLS LAST, file NULLS LAST, segment, segment_row) > 1
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
    SELECT row_no FROM repeats
    UNION
    SELECT row_no FROM parsed SEMI JOIN superseded USING (eid)
),
reach AS MATERIALIZED (
    SELECT eid, min(data_from) AS data_from, max(data_to) AS data_to
    FROM (FROM repeated UNION ALL SELECT latest, data_from, data_to FROM addenda) GROUP BY eid
),
-- Few addresses make many calls: each is converted once.
addresses AS MATERIALIZED (SELECT source_ip, ip_key_of(source_ip) AS ip_key FROM (SELECT DISTINCT source_ip FROM parsed))
SELECT row_no, eid, event_time, step, outcome, account, region, session_id,
    coalesce(named, caller, service) AS person,
    CASE WHEN named IS NOT NULL THEN named_how WHEN caller IS NOT NULL THEN 'caller of AssumeRole'
         WHEN service IS NOT NULL THEN 'service' ELSE 'not found' END AS person_how,
    ip_key,
    least(event_time, reach.data_from, CASE WHEN named IS NULL THEN callers.first_time END) AS data_from,
    greatest(event_time, reach.data_to, CASE WHEN named IS NULL THEN callers.last_time END) AS data_to
FROM parsed ANTI JOIN dropped USING (row_no)
LEFT JOIN reach USING (eid)
LEFT JOIN addresses USING (source_ip)
LEFT JOIN callers USING (access_key)
