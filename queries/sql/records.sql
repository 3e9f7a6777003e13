-- The raw records behind rows, by event id; those without one by their place. Identical copies of a record are given once.
-- Reads the relations `raw`, `ids` (id) and `places` (segment, segment_row).
WITH found AS (
    SELECT raw.* FROM raw SEMI JOIN ids ON raw.eventid = ids.id
    UNION ALL
    SELECT raw.* FROM raw SEMI JOIN places ON raw.segment = places.segment AND raw.segment_row = places.segment_row
    WHERE raw.eventid IS NULL
),
texts AS (
    SELECT eventid, eventtime, redacted, file, segment, TRY_CAST(position AS BIGINT) AS place, record IS NOT NULL AS is_record,
        coalesce(record, to_json({columns})::VARCHAR) AS record
    FROM found
)
SELECT eventid, eventtime, record, is_record, file, place, redacted, segment FROM texts
QUALIFY row_number() OVER (PARTITION BY eventid, record ORDER BY file, place) = 1
ORDER BY time_of(eventtime), eventid, record
