-- Who touched what, as numbers: one row a person and machine, so far fewer than the rows of the index. It is what the matrix and
-- the lists of people, machines and pairs are made of. Kinds are bits. Reads the indexed rows `sessions`, `calls` of a scope.
SELECT person_no, target_no, sum(sessions)::BIGINT AS sessions, sum(calls)::BIGINT AS calls, sum(denied)::BIGINT AS denied, sum(failed)::BIGINT AS failed,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen, bit_or(kinds) AS kinds, bit_or(call_kinds) AS call_kinds,
    bool_or(first_ever) AS first_ever
FROM (
    SELECT person_no, target_no, count(*) FILTER (started) AS sessions, 0 AS calls, count(*) FILTER (status_no = 2) AS denied,
        count(*) FILTER (status_no = 3) AS failed,
        min("at") AS first_seen, max("at") AS last_seen, bit_or(kind_bit) FILTER (started) AS kinds, 0::UTINYINT AS call_kinds,
        bool_or(first_ever) AS first_ever
    FROM sessions GROUP BY person_no, target_no
    UNION ALL
    SELECT person_no, target_no, 0, count(*), 0, 0, min("at"), max("at"), 0, bit_or(kind_bit), false
    FROM calls GROUP BY person_no, target_no
) GROUP BY person_no, target_no
