-- The matrix's people in their order. Reads the relations `cells`, `people`.
SELECT person_no, account, person, person_kind, person_id, behind, person_shown, "count", denied, failed, epoch_us(last_seen)::BIGINT AS last_us
FROM (
    SELECT person_no, sum("count")::BIGINT AS "count", sum(denied)::BIGINT AS denied, sum(failed)::BIGINT AS failed, max(last_seen) AS last_seen
    FROM cells GROUP BY person_no
) JOIN people USING (person_no)
