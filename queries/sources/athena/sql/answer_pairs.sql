SELECT max_by(person, event_time) AS person, person_kind, person_id, behind, target, account,
    count_if(step = 0 AND outcome = 'ok') AS sessions, count(*) AS calls, count_if(outcome = 'denied') AS denied, count_if(outcome = 'failed') AS failed,
    {second(min(event_time))} AS first_seen, {second(max(event_time))} AS last_seen
FROM calls
WHERE {wanted}
GROUP BY account, coalesce(person_id, person), behind, person_kind, person_id, target
ORDER BY count(*) DESC, coalesce(person_id, person), behind, account, target
