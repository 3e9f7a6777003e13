-- The raw calls behind some events, with what decides about them: repeats, addenda, originals, issued keys.
SELECT * FROM {raw_calls}
WHERE eventsource = 'sts.amazonaws.com'
   OR eventid IN (SELECT key FROM {keys})
   OR addendum_originaleventid IN (SELECT key FROM {keys})
   OR eventid IN (SELECT addendum_originaleventid FROM {raw_calls} WHERE eventid IN (SELECT key FROM {keys}))
   OR nullif(eventid, '') IS NULL
