-- Which calls a segment has, by their names: a step for calls that it has not is left out. Reads the relation `raw_calls`.
SELECT DISTINCT segment, concat(eventsource, ' ', eventname) AS name FROM raw_calls
