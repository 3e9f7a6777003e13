-- A session name, or a source identity, that is the name of another known person.
SELECT id, other AS thing, 'went by the name of ' || other || ' on ' || machine AS said
FROM (
    SELECT *, CASE WHEN claims_other THEN claimed_name
        WHEN source_identity <> person AND person_evidence <> 'source-identity' AND source_identity IN (SELECT person FROM people)
        THEN source_identity END AS other
    FROM acts WHERE source = 'session' AND status IN ('started', 'denied') AND person IS NOT NULL
)
WHERE other IS NOT NULL
