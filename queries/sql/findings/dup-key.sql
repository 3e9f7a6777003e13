-- One SSH key sent to several machines within {dup_key_minutes} minutes.
SELECT id, sent AS thing, 'one SSH key on ' || most || ' machines within {dup_key_minutes} minutes' AS said
FROM (
    SELECT *, max(machines) OVER (PARTITION BY account, sent ORDER BY "at" RANGE BETWEEN CURRENT ROW AND INTERVAL {dup_key_minutes} MINUTE FOLLOWING) AS most
    FROM (
        SELECT *, count(DISTINCT target) OVER (PARTITION BY account, sent ORDER BY "at" RANGE BETWEEN INTERVAL {dup_key_minutes} MINUTE PRECEDING AND CURRENT ROW) AS machines
        FROM (SELECT *, known(regexp_extract(detail, 'key (SHA256:\S+)', 1)) AS sent FROM acts WHERE source = 'door' AND status = 'granted')
        WHERE sent IS NOT NULL
    )
)
WHERE most >= {dup_key_machines}
