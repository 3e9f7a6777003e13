-- How many sessions of each pair the access policy does not allow. Reads the relations `found` (rows of the index of a
-- scope), `violations` (row_id of a window).
SELECT person_no, target_no, count(*) AS against FROM found SEMI JOIN violations USING (row_id) WHERE started GROUP BY person_no, target_no
