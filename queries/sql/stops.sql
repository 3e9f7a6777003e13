-- When machines were stopped, terminated or taken away: no session on one can be open for longer. Reads `raw_calls`.
WITH calls AS (
    SELECT time_of(eventtime) AS "at", eventname,
        CASE eventname WHEN 'BidEvictedEvent' THEN TRY(json_extract_string(serviceeventdetails, '$.instanceIdSet[*]'))
            WHEN 'DeregisterManagedInstance' THEN [json_texts(requestparameters, ['$.instanceId'])[1]] END AS targets,
        CASE WHEN eventsource = 'ec2.amazonaws.com' THEN coalesce(TRY(json_extract(responseelements, '$.instancesSet.items[*]')), []) END AS items
    FROM raw_calls
    WHERE known(errorcode) IS NULL AND ((eventsource = 'ec2.amazonaws.com' AND eventname IN ('StopInstances', 'TerminateInstances', 'BidEvictedEvent'))
        OR (eventsource = 'ssm.amazonaws.com' AND eventname = 'DeregisterManagedInstance'))
),
-- Stopping what is stopped already says nothing new.
stopped AS (
    SELECT "at", unnest(coalesce(targets, list_transform(list_filter(items, lambda item:
        coalesce(item->>'$.previousState.name', '') NOT IN ('terminated', 'stopped')), lambda item: item->>'$.instanceId'))) AS target
    FROM calls
)
SELECT target, min("at") AS "at" FROM stopped WHERE target IS NOT NULL AND "at" IS NOT NULL GROUP BY target, "at" ORDER BY target, "at"
