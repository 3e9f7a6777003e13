-- A session name, or a source identity, that is the name of another known person.
SELECT id, other_name AS thing, 'went by the name of ' || other_name || ' on ' || machine AS said
FROM acts WHERE other_name IS NOT NULL AND status IN ('started', 'denied')
