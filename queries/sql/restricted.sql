-- The raw calls inside a stretch of time behind some events, with what decides about them: repeats, addenda, the
-- originals of addenda (which the events do not show), issued keys, calls of other doors that belong to a session or to one
-- another, calls without an id, and copies: calls of the same name in the same second. What Session Manager and transcripts
-- say of a session goes with its calls. {keys} has the events with their names, times and sessions.
SELECT * FROM {raw_calls}
WHERE {inside} AND (
    eventsource = 'sts.amazonaws.com' OR coalesce(door_of(eventsource, eventname) NOT IN ('run-command', 'control'), false)
    OR way_of(useridentity_invokedby, sourceipaddress) = 'ssm-guiconnect.amazonaws.com'
    OR (eventname, time_of(eventtime)) IN (SELECT (event_name, event_time) FROM {keys})
    OR eventid IN (SELECT key FROM {keys})
    OR addendum_originaleventid IN (SELECT key FROM {keys})
    OR eventid IN (SELECT addendum_originaleventid FROM {raw_calls} WHERE eventid IN (SELECT key FROM {keys}))
    OR (eventsource = 'session-manager reported' AND (recipientaccountid, awsregion, json_texts(requestparameters, ['$.sessionId'])[1])
        IN (SELECT (account, region, session_id) FROM {keys}))
    OR nullif(eventid, '') IS NULL)
