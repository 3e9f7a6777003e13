-- Who touched what: one row an account, person (unknown ones a role) and target.
-- Reads the relations `touched`, `people`, `targets`.
SELECT touched.*, person, person_kind, person_id, target, target_name, account,
    to_json([account, person, behind, person_kind, person_id, target])::VARCHAR AS key,
    person_shown, environment, behind, terminated_at, person_order, target_order
FROM touched JOIN people USING (person_no) JOIN targets USING (target_no)
