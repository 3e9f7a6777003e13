SELECT person, IF(person IS NULL, role) AS role, target, account,
    count_if(step = 0 AND outcome = 'ok') AS sessions, count(*) AS calls, count_if(step = 0 AND outcome <> 'ok') AS denied,
    {second(min(event_time))} AS first_seen, {second(max(event_time))} AS last_seen
FROM calls
WHERE {wanted}
GROUP BY account, person, IF(person IS NULL, role), target
ORDER BY count(*) DESC, person, role, account, target
