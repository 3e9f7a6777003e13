-- Which machine had which private address from when on, until when where it was terminated. Reads the relation `raw_calls`.
WITH calls AS (
    SELECT time_of(eventtime) AS "at", eventname, coalesce(known(recipientaccountid), known(useridentity_accountid)) AS account,
        known(awsregion) AS region, coalesce(TRY(json_extract(responseelements, '$.instancesSet.items[*]')), []) AS items
    FROM raw_calls
    WHERE eventsource = 'ec2.amazonaws.com' AND eventname IN ('RunInstances', 'TerminateInstances') AND known(errorcode) IS NULL
),
machines AS (
    SELECT "at", eventname, account, region, item->>'$.instanceId' AS target, known(item->>'$.privateIpAddress') AS address, item->>'$.vpcId' AS vpc
    FROM (SELECT * EXCLUDE (items), unnest(items) AS item FROM calls)
)
SELECT account, region, address, vpc, target, min("at") AS "at",
    (SELECT min(gone."at") FROM machines AS gone WHERE gone.eventname = 'TerminateInstances' AND gone.target = machines.target) AS until
FROM machines WHERE eventname = 'RunInstances' AND address IS NOT NULL AND "at" IS NOT NULL
GROUP BY account, region, address, vpc, target ORDER BY address, "at"
