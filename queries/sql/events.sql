-- Parsed calls to events: repeats counted once, originals replaced by better data, people found behind access keys.
-- Reads the relations `parsed`, `callers`.
WITH
repeated AS MATERIALIZED (
    SELECT eid, min(event_time) AS data_from, max(event_time) AS data_to FROM parsed GROUP BY eid HAVING count(*) > 1
),
chosen AS (
    SELECT *, event_time AS data_from, event_time AS data_to FROM parsed ANTI JOIN repeated USING (eid)
    UNION ALL BY NAME
    SELECT * FROM parsed JOIN repeated USING (eid)
    QUALIFY row_number() OVER (PARTITION BY eid
        ORDER BY gaps, content, folder_day NULLS LAST, file NULLS LAST, segment, segment_row) = 1
),
-- An addendum with better data takes the place of its original when both are there; of several the latest.
better AS MATERIALIZED (
    SELECT eid, original_eid, event_time, data_from, data_to FROM chosen
    WHERE addendum_reason = 'UPDATED_DATA' AND original_eid <> eid
),
addenda AS MATERIALIZED (
    SELECT chosen.eid AS replaced, max_by(better.eid, {'t': better.event_time, 'e': better.eid}) AS latest,
        min(least(better.data_from, chosen.data_from)) AS data_from,
        max(greatest(better.data_to, chosen.data_to)) AS data_to
    FROM chosen JOIN better ON chosen.eid = better.original_eid GROUP BY chosen.eid
),
outdone AS MATERIALIZED (
    SELECT replaced AS eid FROM addenda
    UNION
    SELECT better.eid FROM better JOIN addenda ON better.original_eid = addenda.replaced WHERE better.eid <> addenda.latest
),
-- Few addresses make many calls: each is worked out once.
addresses AS MATERIALIZED (SELECT source_ip, ip_key_of(source_ip) AS ip_key FROM (SELECT DISTINCT source_ip FROM parsed))
SELECT chosen.* EXCLUDE (named, named_how, service, gaps, content, folder_day, file, original_eid, addendum_reason, data_from, data_to),
    coalesce(named, caller, service) AS person,
    CASE WHEN named IS NOT NULL THEN named_how WHEN caller IS NOT NULL THEN 'caller of AssumeRole'
         WHEN service IS NOT NULL THEN 'service' ELSE 'not found' END AS person_how,
    ip_key,
    least(chosen.data_from, addenda.data_from, CASE WHEN named IS NULL THEN callers.first_time END) AS data_from,
    greatest(chosen.data_to, addenda.data_to, CASE WHEN named IS NULL THEN callers.last_time END) AS data_to
FROM chosen ANTI JOIN outdone USING (eid)
LEFT JOIN addenda ON chosen.eid = addenda.latest
LEFT JOIN addresses USING (source_ip)
LEFT JOIN callers USING (access_key)
