-- An addendum with updated data replaces its original where both exist; of several addenda the latest. One row for each
-- call that is replaced. Reads the relation `parsed`.
WITH better AS MATERIALIZED (
    SELECT DISTINCT eid, original_eid, event_time FROM parsed
    WHERE addendum_reason = 'UPDATED_DATA' AND original_eid <> eid
),
found AS MATERIALIZED (
    SELECT better.original_eid, max_by(better.eid, {'t': better.event_time, 'e': better.eid}) AS latest,
        least(min(better.event_time), min(parsed.event_time)) AS data_from,
        greatest(max(better.event_time), max(parsed.event_time)) AS data_to
    FROM better JOIN parsed ON parsed.eid = better.original_eid GROUP BY better.original_eid
)
SELECT original_eid AS eid, latest, data_from, data_to FROM found
UNION ALL
SELECT better.eid, latest, data_from, data_to FROM better JOIN found USING (original_eid) WHERE better.eid <> latest
