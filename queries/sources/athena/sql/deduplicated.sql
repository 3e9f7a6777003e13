-- Copies of one event count once; of copies that differ, the most complete one is kept.
SELECT * FROM (
    SELECT *, {person} AS person,
        row_number() OVER (PARTITION BY eid ORDER BY
            IF(responseelements IS NULL, 1, 0) + IF(requestparameters IS NULL, 1, 0), eventtime, eventname, requestparameters,
            responseelements, errorcode, errormessage, sourceipaddress, useragent, useridentity_arn, useridentity_accesskeyid
        ) AS copy_number
    FROM {rows}
    WHERE is_call
)
WHERE copy_number = 1
