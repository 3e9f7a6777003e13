-- A tunnel to a database by a person who opened none before.
SELECT id, destination AS thing, 'first tunnel to a database: ' || destination || ' through ' || machine AS said
FROM (
    SELECT *, min(day) OVER (PARTITION BY who) AS first_tunnel
    FROM acts
    WHERE source = 'session' AND status = 'started' AND kind IN ('port-forward', 'remote-port-forward') AND person IS NOT NULL
        AND (regexp_extract(destination, ':([0-9]+)$', 1) IN ('1433', '1521', '3306', '5432', '5439', '6379', '9200', '27017')
            OR regexp_matches(destination, '(?i)[.](rds|redshift|redshift-serverless|cache|docdb|neptune)[.][a-z0-9.-]*amazonaws[.]com'))
)
WHERE day = first_tunnel AND ready
