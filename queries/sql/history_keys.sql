-- Access keys whose caller is named only by the call that issued them, in each account and region. Reads `raw_calls`.
SELECT account, region, key, max(used_at) AS used_at
FROM (
    SELECT recipientaccountid AS account, awsregion AS region, useridentity_accesskeyid AS key, time_of(eventtime) AS used_at
    FROM raw_calls
    WHERE useridentity_type IN ('AssumedRole', 'FederatedUser')
        AND useridentity_onbehalfof_userid IS NULL AND coalesce(useridentity_invokedby, '') = ''
        -- Identity Center names the person itself.
        AND NOT coalesce(starts_with(useridentity_issuer_username, 'AWSReservedSSO_'), false)
    UNION ALL
    -- A caller of another account is named only in that account's own copy of the call.
    SELECT useridentity_accountid, awsregion, json_texts(responseelements, ['$.credentials.accessKeyId'])[1], time_of(eventtime)
    FROM raw_calls
    WHERE useridentity_type = 'AWSAccount' AND issues_key(eventsource, eventname)
)
WHERE starts_with(key, 'ASIA') AND used_at IS NOT NULL
GROUP BY ALL
ORDER BY used_at DESC
