-- What digests prove of the log files of each session, by the key of each of its calls: the worst of the files that its
-- calls were read from; `proved` only where all of them are. Reads the relations `calls`, `raw` (segment, segment_row,
-- file), `checked` (segment, file, place: 0 is the worst word, {proved} is `proved`).
WITH placed AS (
    SELECT coalesce(session_key, key) AS session, key, place
    FROM (SELECT session_key, key, segment, segment_row FROM calls WHERE NOT copy)
    JOIN raw USING (segment, segment_row) LEFT JOIN checked USING (segment, file)
),
worst AS (SELECT session, min(place) AS place, count(*) = count(place) AS is_whole FROM placed GROUP BY session)
SELECT placed.key, worst.place FROM placed JOIN worst USING (session) WHERE worst.place < {proved} OR is_whole
