-- Sessions: one row for each start, an orphan where the start is not in the data, and what only Session Manager reports.
-- Reads the relations `linked`, `commands_linked`: its calls of other doors.
WITH
heads AS NOT MATERIALIZED (SELECT * FROM linked WHERE is_head),
-- Only sessions of more than one call need their calls ordered.
followers AS NOT MATERIALIZED (
    SELECT *, step BETWEEN 0 AND 2 AND outcome = 'ok' AND NOT copy AS good FROM linked WHERE has_followers
),
gathered AS NOT MATERIALIZED (
    SELECT session_no,
        count(*) FILTER (step = 1 AND good) AS resumes,
        list(event_time) FILTER (step = 1 AND good AND proves_life AND event_time >= head_time) AS lives,
        min_by({'time': event_time, 'person': person, 'identity_arn': identity_arn}, {'t': event_time, 'e': eid})
            FILTER (step = 2 AND good AND event_time >= head_time) AS ending,
        list(event_id ORDER BY event_time, step, eid) FILTER (event_id IS NOT NULL AND NOT copy) AS event_ids,
        min(own_target) FILTER (NOT copy) AS linked_target,
        min_by({'report': report, 'reason': reason}, {'t': event_time, 'e': eid}) FILTER (step = 3) AS reported,
        min_by(report, {'t': event_time, 'e': eid}) FILTER (step = 4) AS bounds,
        string_agg(conflict, ',') AS conflicts,
        -- Asking for the end, as the AWS CLI without its plugin does.
        list({'time': event_time, 'arn': identity_arn, 'key': access_key, 'agent': user_agent})
            FILTER (step = 2 AND NOT copy AND contains(user_agent, 'aws-cli')) AS asked,
        min(event_time) FILTER (step = 1 AND NOT copy) AS first_resume
    FROM followers GROUP BY session_no
),
-- Another door's own call names the person, as that of ECS Exec does.
commands AS (
    SELECT session_no, min_by({'door': door, 'person': person, 'evidence': person_evidence, 'kind': person_kind, 'id': person_id, 'claimed': claimed_name,
        'source': source_identity, 'arn': identity_arn, 'type': identity_type, 'role': role, 'ip': source_ip, 'ip_key': ip_key,
        'agent': user_agent, 'via': via}, {'t': event_time, 'e': eid}) AS command_by
    FROM commands_linked GROUP BY session_no
),
followed AS NOT MATERIALIZED (
    SELECT *,
        -- What comes after the end cannot be a sign of life.
        CASE WHEN ending IS NULL THEN list_max(lives) ELSE list_max(list_filter(lives, lambda moment: moment <= ending.time)) END AS resumed_at,
        CASE WHEN conflicts IS NOT NULL
            THEN array_to_string(list_sort(list_distinct(string_split(conflicts, ','))), ',') END AS conflict
    FROM gathered
),
classified AS NOT MATERIALIZED (
    SELECT heads.* EXCLUDE (conflict, report, reason), step = 0 AS is_start, step IN (0, 3) AS has_starter,
        coalesce(heads.reason, reported.reason) AS reason, coalesce(heads.report, reported.report) AS report, bounds,
        -- An orphan with one call: this call is all that is known of the session.
        CASE WHEN has_followers THEN ending.time WHEN step = 2 THEN event_time END AS asked_end,
        CASE WHEN has_followers THEN ending.person WHEN step = 2 THEN heads.person END AS ended_by,
        CASE WHEN has_followers THEN followed.resumed_at WHEN step = 1 AND proves_life THEN event_time END AS resumed_at,
        CASE WHEN has_followers THEN followed.resumes ELSE (step = 1)::BIGINT END AS resumes,
        coalesce(followed.event_ids, CASE WHEN event_id IS NULL THEN [] ELSE [event_id] END) AS event_ids,
        coalesce(own_target, followed.linked_target, refused_target) AS target,
        CASE WHEN command_by.door = 'ecs-exec' THEN 'container'
             WHEN step NOT IN (0, 3) OR is_omitted OR (document IS NULL AND NOT has_request) THEN 'unknown'
             ELSE kind_of(document, own_target, host, port) END AS kind,
        coalesce(followed.conflict, heads.conflict) AS conflict,
        command_by,
        -- The AWS CLI without its plugin: it starts the session, cannot continue, and asks for its end at once.
        CASE WHEN asked IS NULL OR step <> 0 THEN false ELSE
            coalesce(regexp_matches(user_agent, 'command[/#]ssm\.start-session')
            AND len(list_filter(asked, lambda one: one.time >= event_time AND one.time <= event_time + INTERVAL 2 SECOND
                AND one.arn IS NOT DISTINCT FROM heads.identity_arn AND one.key IS NOT DISTINCT FROM heads.access_key
                AND one.agent = heads.user_agent
                AND (first_resume IS NULL OR first_resume > one.time))) > 0, false) END AS no_shell,
        coalesce(ending.identity_arn = heads.identity_arn, false) AS by_starter
    FROM heads LEFT JOIN followed USING (session_no) LEFT JOIN commands USING (session_no)
),
-- What Session Manager reports. Its times have fractions, so that an end may seem to lie before its start.
report_times AS NOT MATERIALIZED (
    SELECT *, time_of(report[1]) AS recorded_end, coalesce(report[2] = 'Failed', false) AS is_failed,
        CASE WHEN report[2] = 'Connected' THEN time_of(report[5]) END AS connected_at,
        CASE WHEN has_starter AND outcome = 'ok' THEN event_time + to_minutes(TRY_CAST(report[3] AS INTEGER)) END AS longest,
        time_of(bounds[1]) AS last_line, time_of(bounds[2]) AS transcript_written
    FROM classified
),
reported_ends AS NOT MATERIALIZED (
    SELECT *, CASE WHEN recorded_end IS NOT NULL THEN greatest(recorded_end, event_time) END AS reported_end FROM report_times
),
-- The last line of a transcript that was streamed is a sign of life; a line that is sent after the end was printed before
-- it. One that the end contradicts by more than clocks differ proves nothing.
known_ends AS NOT MATERIALIZED (
    SELECT *, CASE WHEN has_starter AND outcome = 'ok' AND NOT no_shell AND last_line >= event_time
            AND coalesce(last_line <= coalesce(reported_end, asked_end) + INTERVAL 1 MINUTE, true)
        THEN least(last_line, coalesce(reported_end, asked_end)) END AS streamed_at
    FROM reported_ends
),
timed AS NOT MATERIALIZED (
    SELECT *, coalesce(reported_end, asked_end) AS ended_at,
        -- A failed session gave no person a shell.
        CASE WHEN NOT is_failed THEN greatest(connected_at, streamed_at, CASE WHEN has_starter AND outcome = 'ok' THEN coalesce(resumed_at, event_time)
            ELSE resumed_at END) END AS alive_at,
        CASE WHEN no_shell THEN 'no-shell' WHEN reported_end IS NOT NULL THEN 'reported' WHEN asked_end IS NOT NULL THEN 'terminated'
             WHEN coalesce(resumed_at, connected_at, streamed_at) IS NOT NULL THEN 'alive-at' ELSE 'unknown' END AS end_evidence
    FROM known_ends
),
-- The machine writes a transcript to S3 after the end: no later sign of life may contradict it, nor the true end.
bounded AS NOT MATERIALIZED (
    SELECT *, least(longest, written_at) AS earliest
    FROM (
        SELECT *, CASE WHEN has_starter AND outcome = 'ok' AND NOT no_shell AND reported_end IS NULL
            AND transcript_written >= greatest(event_time, alive_at) THEN transcript_written END AS written_at
        FROM timed
    )
),
-- An orphan has no starter: who resumed or ended it is not the one. The session's id may name one.
starters AS NOT MATERIALIZED (
    SELECT * REPLACE (
        CASE WHEN has_starter THEN person WHEN command_by IS NOT NULL THEN command_by.person ELSE name_in_session(session_id) END AS person,
        CASE WHEN has_starter THEN person_evidence WHEN command_by IS NOT NULL THEN command_by.evidence
            WHEN name_in_session(session_id) IS NOT NULL THEN 'session-name' ELSE 'none' END AS person_evidence,
        CASE WHEN has_starter THEN person_kind WHEN command_by IS NOT NULL THEN command_by.kind ELSE 'unknown' END AS person_kind,
        CASE WHEN has_starter THEN person_id ELSE command_by.id END AS person_id,
        CASE WHEN has_starter THEN claimed_name ELSE command_by.claimed END AS claimed_name,
        CASE WHEN has_starter THEN source_identity ELSE command_by.source END AS source_identity,
        CASE WHEN has_starter THEN identity_arn ELSE command_by.arn END AS identity_arn,
        CASE WHEN has_starter THEN identity_type ELSE command_by.type END AS identity_type,
        CASE WHEN has_starter THEN role ELSE command_by.role END AS role,
        CASE WHEN has_starter THEN source_ip ELSE command_by.ip END AS source_ip,
        CASE WHEN has_starter THEN ip_key ELSE command_by.ip_key END AS ip_key,
        CASE WHEN has_starter THEN user_agent ELSE command_by.agent END AS user_agent,
        CASE WHEN has_starter THEN via ELSE command_by.via END AS via)
    FROM bounded
),
-- Of a start that another service made for another caller, the service's own record names the person where the start does not.
persons AS NOT MATERIALIZED (
    SELECT * REPLACE (
        CASE WHEN better THEN command_by.person ELSE person END AS person,
        CASE WHEN better THEN command_by.evidence ELSE person_evidence END AS person_evidence,
        CASE WHEN better THEN command_by.kind ELSE person_kind END AS person_kind,
        CASE WHEN better THEN command_by.id ELSE person_id END AS person_id,
        CASE WHEN better THEN command_by.claimed ELSE claimed_name END AS claimed_name)
    FROM (SELECT *, is_start AND person IS NULL AND command_by.person IS NOT NULL AS better FROM starters)
)
SELECT
    eid AS key, event_time AS "at", data_from, data_to,
    session_id, account, region, person, person_evidence, claimed_name, source_identity, person_kind, person_id,
    identity_arn, identity_type, role, source_ip, ip_key, user_agent, via,
    target, target_kind_of(target) AS target_kind,
    kind, document, command,
    CASE WHEN has_request THEN known(destination_of(kind, document, host, port)) END AS destination,
    kind = 'port-forward' AND port IS NULL AS is_default_port, reason,
    CASE WHEN has_starter THEN event_time END AS started_at, alive_at, ended_at, end_evidence,
    CASE WHEN coalesce(earliest < ended_at, earliest IS NOT NULL) THEN earliest END AS latest_end,
    CASE WHEN coalesce(earliest < ended_at, earliest IS NOT NULL) THEN CASE earliest WHEN written_at THEN 'transcript' ELSE 'max-duration' END
        END AS latest_end_by, ended_by,
    resumes, coalesce(report[4], CASE WHEN role = 'SSM-JustInTimeAccessTokenRole' THEN 'JustInTime' END) AS access_type,
    CASE WHEN step = 3 THEN 'reported-only' WHEN NOT is_start THEN 'orphan' WHEN outcome = 'ok' THEN 'started' ELSE outcome END AS status,
    error_code, error_message, event_ids, NULL::VARCHAR AS outside, conflict,
    -- How long it was: exact where its starter ended it soon after a sign of life, else a bound.
    CASE WHEN has_starter AND outcome = 'ok' THEN CASE end_evidence
        WHEN 'reported' THEN date_diff('second', event_time, ended_at) WHEN 'terminated' THEN date_diff('second', event_time, ended_at) WHEN 'no-shell' THEN date_diff('second', event_time, ended_at)
        WHEN 'alive-at' THEN date_diff('second', event_time, alive_at) END END AS length_seconds,
    CASE WHEN has_starter AND outcome = 'ok' THEN CASE
        WHEN end_evidence = 'reported' AND NOT is_failed THEN 'exact'
        WHEN end_evidence = 'terminated' AND by_starter AND ended_at <= alive_at + INTERVAL 1 HOUR THEN 'exact'
        WHEN ended_at IS NOT NULL THEN 'most' WHEN end_evidence = 'alive-at' THEN 'least' END END AS length_bound,
    shown_person(person, person_kind, role, via) AS person_shown,
    mfa, from_console, is_omitted, session_no
FROM persons
