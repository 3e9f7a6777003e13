-- The raw calls inside a stretch of time behind some events, with what decides about them: repeats, addenda, the
-- originals of addenda (which the events do not show), issued keys, calls without an id.
SELECT * FROM {raw_calls}
WHERE {inside} AND (
    eventsource = 'sts.amazonaws.com'
    OR eventid IN (SELECT key FROM {keys})
    OR addendum_originaleventid IN (SELECT key FROM {keys})
    OR eventid IN (SELECT addendum_originaleventid FROM {raw_calls} WHERE eventid IN (SELECT key FROM {keys}))
    OR nullif(eventid, '') IS NULL)
