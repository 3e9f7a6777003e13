person, coalesce(person, IF(person_kind = 'service', 'unknown via ' || via), 'unknown behind ' || role, 'unknown') AS person_shown,
    evidence AS person_evidence, person_kind, person_id, IF(session_name IS DISTINCT FROM person, session_name) AS claimed_name,
    IF(person IS NULL, IF(person_kind = 'service', via, role)) AS behind,
    coalesce(own_target, IF(best_source < 2, coalesce(head_target, linked_target, head_refused_target)), refused_target) AS target,
    IF(best_source < 2, head_kind, 'unknown') AS kind,
    IF(best_source < 2, head_document) AS document,
    IF(best_source < 2, head_destination) AS destination,
    IF(best_source < 2, head_reason) AS reason
