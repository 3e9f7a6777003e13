-- Repeats of an event id count once; of repeats that differ the fullest.
SELECT * FROM (
    SELECT *, {person} AS person,
        row_number() OVER (PARTITION BY eid ORDER BY
            IF(responseelements IS NULL, 1, 0) + IF(requestparameters IS NULL, 1, 0), eventtime, eventname, requestparameters,
            responseelements, errorcode, errormessage, sourceipaddress, useragent, useridentity_arn, useridentity_accesskeyid
        ) AS repeat
    FROM {rows}
    WHERE is_call
)
WHERE repeat = 1
