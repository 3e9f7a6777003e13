-- Who touched what: one row an account, person (unknown ones a role) and target.
-- Reads the relations `touched`, `people`, `targets`.
SELECT touched.*, person, target, target_name, account, to_json([account, person, role, target])::VARCHAR AS key,
    person_shown, environment, role, person_order, target_order
FROM touched JOIN people USING (person_no) JOIN targets USING (target_no)
