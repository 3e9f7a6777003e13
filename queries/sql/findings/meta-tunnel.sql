-- A tunnel to the metadata service of the machine, or to an address outside private networks.
WITH hosts AS (
    SELECT destination, regexp_extract(destination, '^\[?(.*?)\]?:[0-9]+$', 1) AS host
    FROM (SELECT DISTINCT destination FROM acts WHERE kind IN ('port-forward', 'remote-port-forward'))
)
SELECT id, destination AS thing, CASE WHEN host IN ('169.254.169.254', 'fd00:ec2::254') THEN 'a tunnel to the metadata service through '
    ELSE 'a tunnel to ' || destination || ', outside private networks, through ' END || machine AS said
FROM acts JOIN hosts USING (destination)
WHERE source = 'session' AND status = 'started' AND kind IN ('port-forward', 'remote-port-forward')
    AND (host IN ('169.254.169.254', 'fd00:ec2::254')
        OR (regexp_matches(host, '^[0-9]{1,3}([.][0-9]{1,3}){3}$')
            AND NOT regexp_matches(host, '^(10|127)[.]|^172[.](1[6-9]|2[0-9]|3[01])[.]|^192[.]168[.]|^169[.]254[.]|^100[.](6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])[.]|^0[.]')))
