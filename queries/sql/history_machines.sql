-- EC2 instances that sessions were on, in each account and region: the first and the last time. Reads `raw_calls`.
SELECT recipientaccountid AS account, awsregion AS region, target, min("at") AS first_at, max("at") AS last_at
FROM (
    SELECT recipientaccountid, awsregion, time_of(eventtime) AS "at", json_texts(requestparameters, ['$.target'])[1] AS target
    FROM raw_calls WHERE eventsource = 'ssm.amazonaws.com' AND eventname = 'StartSession'
)
WHERE regexp_full_match(target, 'i-[0-9a-f]{8,17}') AND "at" IS NOT NULL
GROUP BY ALL
ORDER BY last_at DESC, target
