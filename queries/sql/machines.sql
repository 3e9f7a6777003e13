-- Names and environments of machines by time: one row a machine and span of time, from `since` until just before `until`,
-- without gaps. The last known value counts; before the first the first later one does; the inventory's where there is none.
-- `names` are all names of the machine, `names_text` the same, one a line. Reads the relations `naming`, `sightings`, `inventory`.
WITH said AS (
    SELECT target, "at", 1 AS rank, name, environment, terminated_at FROM naming
    UNION ALL
    SELECT target, "at", 0, name, environment, NULL FROM sightings
),
-- What is seen again as it was known already is no change.
changes AS (
    SELECT target, "at", rank, CASE WHEN name IS DISTINCT FROM last_value(name IGNORE NULLS) OVER before THEN name END AS name,
        CASE WHEN environment IS DISTINCT FROM last_value(environment IGNORE NULLS) OVER before THEN environment END AS environment
    FROM said WINDOW before AS (PARTITION BY target ORDER BY "at", rank ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
spans AS (
    SELECT target, "at" AS since, lead("at", 1, TIMESTAMP 'infinity') OVER past AS until, name, environment,
        last_value(CASE WHEN name IS NOT NULL THEN {'text': nullif(name, ''), 'source': CASE rank WHEN 1 THEN 'record' ELSE 'snapshot' END} END IGNORE NULLS) OVER past AS named,
        last_value(CASE WHEN environment IS NOT NULL THEN {'text': nullif(environment, ''), 'source': CASE rank WHEN 1 THEN 'record' ELSE 'snapshot' END} END IGNORE NULLS) OVER past AS placed
    FROM changes WINDOW past AS (PARTITION BY target ORDER BY "at", rank)
    UNION ALL
    SELECT target, TIMESTAMP '-infinity', min("at"), NULL, NULL, NULL, NULL FROM said GROUP BY target
    UNION ALL
    SELECT instance_id, TIMESTAMP '-infinity', TIMESTAMP 'infinity', NULL, NULL, NULL, NULL FROM inventory WHERE instance_id NOT IN (SELECT target FROM said)
),
followed AS (
    SELECT *, first_value(nullif(name, '') IGNORE NULLS) OVER later AS later_name,
        first_value(nullif(environment, '') IGNORE NULLS) OVER later AS later_environment
    FROM spans WINDOW later AS (PARTITION BY target ORDER BY since, until ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
),
alike AS (
    SELECT target, nullif(list_sort(list_distinct(list(nullif(name, '')))), []) AS names, max(terminated_at) AS terminated_at
    FROM (
        SELECT target, name, terminated_at FROM said UNION ALL SELECT instance_id, name, NULL FROM inventory
    ) WHERE name <> '' OR terminated_at IS NOT NULL GROUP BY target
)
SELECT followed.target AS instance_id, since, until,
    coalesce(named.text, later_name, inventory.name) AS name,
    CASE WHEN named.text IS NOT NULL THEN named.source WHEN later_name IS NOT NULL THEN 'later'
        WHEN inventory.name IS NOT NULL THEN 'today' ELSE 'none' END AS name_source,
    coalesce(placed.text, later_environment, inventory.environment) AS environment,
    CASE WHEN placed.text IS NOT NULL THEN placed.source WHEN later_environment IS NOT NULL THEN 'later'
        WHEN inventory.environment IS NOT NULL THEN 'today' ELSE 'none' END AS environment_source,
    alike.names, array_to_string(alike.names, chr(10)) AS names_text, alike.terminated_at
FROM followed LEFT JOIN inventory ON inventory.instance_id = followed.target LEFT JOIN alike ON alike.target = followed.target
WHERE since < until
