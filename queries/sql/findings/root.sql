-- The account's root user started, resumed or ended a session, or tried to.
SELECT id, coalesce(target, '') AS thing, 'root: ' || doing || ' ' || machine AS said FROM acts WHERE person_kind = 'root'
