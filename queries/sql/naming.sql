-- What records say of the names and environments of machines: one row a change, NULL where one did not change, empty where
-- it ended. `terminated_at` is when the machine was terminated. Tags count by key, whose case does not matter; of the keys
-- of environments the first that the machine has counts. Reads the relations `raw_calls`, `touched` (target).
WITH calls AS MATERIALIZED (
    SELECT time_of(eventtime) AS "at", eventname, coalesce(eventid, '') AS eid,
        CASE WHEN eventname IN ('RunInstances', 'TerminateInstances')
            THEN coalesce(TRY(json_extract(responseelements, '$.instancesSet.items[*]')), []) END AS items,
        CASE WHEN eventname IN ('CreateTags', 'DeleteTags')
            THEN coalesce(TRY(json_extract_string(requestparameters, '$.resourcesSet.items[*].resourceId')), []) END AS resources,
        CASE WHEN eventname IN ('CreateTags', 'DeleteTags')
            THEN coalesce(TRY(json_extract(requestparameters, '$.tagSet.items[*]')), []) END AS tags
    FROM raw_calls
    WHERE eventsource = 'ec2.amazonaws.com' AND eventname IN ('RunInstances', 'CreateTags', 'DeleteTags', 'TerminateInstances')
        AND known(errorcode) IS NULL
),
touching AS (
    SELECT "at", eventname, eid, item->>'$.instanceId' AS target, coalesce(TRY(json_extract(item, '$.tagSet.items[*]')), []) AS tags,
        item->>'$.previousState.name' AS former_state
    FROM (SELECT "at", eventname, eid, unnest(items) AS item FROM calls WHERE items IS NOT NULL)
    UNION ALL
    SELECT "at", eventname, eid, target, tags, NULL
    FROM (SELECT "at", eventname, eid, unnest(resources) AS target, tags FROM calls WHERE resources IS NOT NULL)
),
events AS MATERIALIZED (FROM touching WHERE "at" IS NOT NULL AND target IN (SELECT target FROM touched)),
gone AS (
    SELECT target, min("at") AS terminated_at FROM events
    WHERE eventname = 'TerminateInstances' AND former_state IS DISTINCT FROM 'terminated' GROUP BY target
),
-- A deletion without tags is one of all tags.
said AS (
    SELECT target, "at", eventname, eid, lower(tag->>'$.key') AS key, tag->>'$.value' AS value
    FROM (SELECT target, "at", eventname, eid, unnest(tags) AS tag FROM events WHERE eventname <> 'TerminateInstances')
    UNION ALL
    SELECT target, "at", eventname, eid, unnest(['name', 'environment', 'env', 'stage', 'tier']), NULL
    FROM events WHERE eventname = 'DeleteTags' AND len(tags) = 0
),
-- A launch comes before what happens in the same second.
ordered AS (
    SELECT target, "at", eventname <> 'RunInstances' AS is_later, eid, key, value, eventname = 'DeleteTags' AS is_deleted
    FROM said WHERE key IN ('name', 'environment', 'env', 'stage', 'tier')
),
-- A deletion of a tag with a value deletes no other value.
effective AS (
    SELECT target, "at", is_later, eid, key, CASE WHEN is_deleted THEN '' ELSE coalesce(value, '') END AS value
    FROM (SELECT *, last_value(CASE WHEN NOT is_deleted THEN coalesce(value, '') END IGNORE NULLS) OVER (
            PARTITION BY target, key ORDER BY "at", is_later, eid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS former
        FROM ordered)
    WHERE NOT is_deleted OR value IS NULL OR value = former
),
tagged AS (
    SELECT target, "at", is_later, eid, max(value) FILTER (key = 'name') AS name, max(value) FILTER (key = 'environment') AS environment,
        max(value) FILTER (key = 'env') AS env, max(value) FILTER (key = 'stage') AS stage, max(value) FILTER (key = 'tier') AS tier
    FROM effective GROUP BY ALL
),
states AS (
    SELECT target, "at", last_value(name IGNORE NULLS) OVER past AS name,
        [last_value(environment IGNORE NULLS) OVER past, last_value(env IGNORE NULLS) OVER past,
            last_value(stage IGNORE NULLS) OVER past, last_value(tier IGNORE NULLS) OVER past] AS environments
    FROM tagged WINDOW past AS (PARTITION BY target ORDER BY "at", is_later, eid)
    QUALIFY row_number() OVER (PARTITION BY target, "at" ORDER BY is_later DESC, eid DESC) = 1
),
known_states AS (
    SELECT target, "at", name, coalesce(list_filter(environments, lambda one: one <> '')[1],
        list_filter(environments, lambda one: one = '')[1]) AS environment
    FROM states
),
changes AS (
    SELECT target, "at", CASE WHEN name IS DISTINCT FROM lag(name) OVER past THEN name END AS name,
        CASE WHEN environment IS DISTINCT FROM lag(environment) OVER past THEN environment END AS environment
    FROM known_states WINDOW past AS (PARTITION BY target ORDER BY "at")
)
SELECT target, "at", name, environment, NULL::TIMESTAMP AS terminated_at FROM changes WHERE name IS NOT NULL OR environment IS NOT NULL
UNION ALL
SELECT target, terminated_at, NULL, NULL, terminated_at FROM gone
ORDER BY target, "at"
