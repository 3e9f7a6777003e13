-- Access keys whose caller is named only by the call that issued them, in each account and region. Reads `raw_calls`.
SELECT recipientaccountid AS account, awsregion AS region, useridentity_accesskeyid AS key, max(time_of(eventtime)) AS used_at
FROM raw_calls
WHERE starts_with(useridentity_accesskeyid, 'ASIA') AND useridentity_type IN ('AssumedRole', 'FederatedUser')
    AND useridentity_onbehalfof_userid IS NULL AND coalesce(useridentity_invokedby, '') = ''
    -- Identity Center names the person itself.
    AND NOT coalesce(starts_with(useridentity_issuer_username, 'AWSReservedSSO_'), false)
    AND time_of(eventtime) IS NOT NULL
GROUP BY ALL
ORDER BY used_at DESC
