-- The matrix's people in their order. Reads the relations `cells`, `people`.
SELECT person_no, account, person, role, person_shown, "count", denied, epoch_us(last_seen)::BIGINT AS last_us
FROM (
    SELECT person_no, sum("count")::BIGINT AS "count", sum(denied)::BIGINT AS denied, max(last_seen) AS last_seen
    FROM cells GROUP BY person_no
) JOIN people USING (person_no)
