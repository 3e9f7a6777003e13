-- One row an account, person and kind of person; unknown ones by role, services by name.
-- Reads the relations `touched`, `habits`, `people`, `targets`.
WITH summed AS (
    SELECT person_no, count(target) AS targets, sum(sessions)::BIGINT AS sessions, sum(calls)::BIGINT AS calls,
        sum(denied)::BIGINT AS denied, sum(failed)::BIGINT AS failed, min(first_seen) AS first_seen, max(last_seen) AS last_seen
    FROM touched JOIN targets USING (target_no) GROUP BY person_no
)
SELECT person, person_kind, person_id, account, roles, targets, sessions, calls, denied, failed, source_ips, first_seen, last_seen,
    to_json([account, person, behind, person_kind, person_id])::VARCHAR AS key, person_shown, behind, person_order
FROM summed JOIN people USING (person_no) JOIN habits USING (person_no)
