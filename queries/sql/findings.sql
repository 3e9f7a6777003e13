-- Findings: the hits of all rules, one row a rule, person, thing and UTC day.
-- Reads the relations `acts`, `hits` (rule, id, thing, said, severity), `catalog`, `accepted` (finding_id), `recorded`,
-- `whole` (more of the sessions that were hit).
WITH
joined AS (
    SELECT rule, thing, said, severity AS own_severity, source, key, "at", day, status, account, person, person_kind, person_id, role,
        target, target_name, environment, concat_ws('|', account, person_kind, coalesce(person_id, person, ''), behind) AS who,
        CASE source WHEN 'session' THEN whole.event_ids ELSE acts.event_ids END AS events,
        coalesce(acts.region, whole.region) AS region, coalesce(acts.person_shown, whole.person_shown) AS person_shown
    FROM hits JOIN acts USING (id) LEFT JOIN whole USING (key) WHERE asked
),
grouped AS (
    SELECT rule, who, thing, day,
        left(md5(concat_ws(chr(10), rule, who, thing, CAST(day AS VARCHAR))), 16) AS finding_id,
        min("at") AS "at", min(person) AS person, min(person_kind) AS person_kind, min(person_id) AS person_id,
        min(person_shown) AS person_shown, min(role) AS role, min(account) AS account,
        CASE WHEN count(DISTINCT region) = 1 THEN min(region) END AS region,
        CASE WHEN count(DISTINCT target) = 1 THEN min(target) ELSE min(target) FILTER (target = thing) END AS target,
        CASE WHEN count(DISTINCT target) = 1 THEN min(target_name) ELSE min(target_name) FILTER (target = thing) END AS target_name,
        CASE WHEN count(DISTINCT environment) = 1 THEN min(environment) END AS environment,
        count(*) FILTER (source = 'session' AND status = 'started') AS sessions,
        arg_min(said, {'t': "at", 'k': key}) AS said, count(said) AS hits, max(own_severity) AS own_severity,
        list_sort(list_distinct(flatten(list(events)))) AS event_ids
    FROM joined GROUP BY rule, who, thing, day
),
told AS (
    SELECT grouped.*, coalesce(own_severity, catalog.severity) AS severity, why, harmless,
        said || CASE WHEN hits > 1 THEN ' (and ' || (hits - 1) || ' more that day)' ELSE '' END AS summary,
        len(event_ids) AS calls,
        CASE WHEN history_days > 0 THEN CAST(greatest(recorded.first_day, compared_to - history_days) AS TIMESTAMP) END AS baseline_from,
        CASE WHEN history_days > 0 THEN CAST(compared_to AS TIMESTAMP) END AS baseline_to,
        CASE WHEN finding_id IN (SELECT finding_id FROM accepted) THEN 'accepted' ELSE 'open' END AS status
    FROM (SELECT *, CASE WHEN rule = 'hours' THEN CAST(date_trunc('week', day) AS DATE) ELSE day END AS compared_to FROM grouped) AS grouped
    JOIN (SELECT * REPLACE (CAST(history_days AS INTEGER) AS history_days) FROM catalog) AS catalog USING (rule) JOIN recorded USING (day)
)
SELECT finding_id AS key, finding_id, rule, severity, person, person_kind, target, account, region, "at", sessions, calls,
    summary, why, harmless, event_ids, baseline_from, baseline_to, status,
    person_shown, person_id, target_name, environment, role, 0::BIGINT AS denied,
    list_position(['high', 'medium', 'low', 'info'], severity) AS severity_no,
    count(*) OVER (PARTITION BY rule) AS alike
FROM told
