person, coalesce(person, 'unknown behind ' || role, 'unknown') AS person_shown,
    coalesce(own_target, IF(best_source < 2, coalesce(head_target, linked_target, head_refused_target)), refused_target) AS target,
    IF(best_source < 2, head_kind, 'unknown') AS kind,
    IF(best_source < 2, head_document) AS document,
    IF(best_source < 2, head_destination) AS destination,
    IF(best_source < 2, head_reason) AS reason
