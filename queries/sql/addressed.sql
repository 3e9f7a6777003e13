-- The other doors' calls with the machine that had the address to which a tunnel led: where it is the only one known to have
-- had it then. The last one launched with an address in a network has it until it is terminated. Reads the relations
-- `doors` of a window, `launches`.
WITH held AS (
    SELECT doors.key, doors."at", arg_max({'target': launches.target, 'until': until}, {'t': launches."at", 'm': launches.target}) AS holder
    FROM (FROM doors WHERE address IS NOT NULL) AS doors JOIN launches ON doors.address = launches.address
        AND doors.account = launches.account AND doors.region = launches.region AND launches."at" <= doors."at"
    GROUP BY doors.key, doors."at", launches.vpc
),
holders AS (
    SELECT key, any_value(holder.target) AS machine FROM held WHERE holder.until IS NULL OR holder.until > "at"
    GROUP BY key HAVING count(DISTINCT holder.target) = 1
)
SELECT doors.* REPLACE (coalesce(target, machine) AS target, coalesce(target_kind_of(machine), target_kind) AS target_kind,
    CASE WHEN machine IS NOT NULL THEN list_distinct([machine] || coalesce(target_ids, [])) ELSE target_ids END AS target_ids)
FROM doors LEFT JOIN holders USING (key)
