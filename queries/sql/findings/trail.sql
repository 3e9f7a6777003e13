-- Logging was stopped or changed, or what Session Manager records, by a person with a session within {control_hours} hours.
SELECT DISTINCT control.id, control.event_name AS thing, control.event_name || ' within {control_hours} hours of a session' AS said
FROM (
    FROM acts WHERE source = 'door' AND door = 'control' AND status = 'granted' AND person IS NOT NULL
        AND (event_name IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors', 'EnableSerialConsoleAccess')
            OR (event_name = 'UpdateDocument' AND contains(detail, 'SSM-SessionManagerRunShell')))
) AS control
JOIN (FROM acts WHERE source = 'session' AND status = 'started') AS started
    ON control.who = started.who AND abs(date_diff('second', control."at", started."at")) <= {control_hours} * 3600
