-- Other doors: one row a call that opened a way to a machine without Session Manager, knocked at one, or changed how one
-- behaves. `visit` marks the rows that count as visits: granted, no part of a visit that another row stands for, no session
-- that is counted as one. `visit_key` is the row that stands for the visit. Reads the relations `linked`, `sessions`.
WITH
found AS MATERIALIZED (
    SELECT * REPLACE (CASE WHEN door = 'ecs-exec' THEN coalesce(own_target, container_of(request_text), refused_target) ELSE own_target END AS own_target),
        CASE WHEN outcome <> 'ok' THEN outcome WHEN json_texts(response_text, '$.success') = 'false' THEN 'failed' ELSE 'granted' END AS status,
        json_texts(request_text, [
            '$.instanceId', '$.InstanceId', '$.container', '$.command', '$.dryrun', '$.dryRun', '$.documentName', '$.comment',
            '$.instanceOSUser', '$.sSHPublicKey', '$.serialPort', '$.monitorMode', '$.instanceConnectEndpointId', '$.privateIpAddress',
            '$.remotePort', '$.maxTunnelDuration', '$.Protocol', '$.ConnectionType', '$.AuthType', '$.reason', '$.Reason',
            '$.accessRequestId', '$.AccessRequestId', '$.automationExecutionId', '$.AutomationExecutionId', '$.signalType',
            '$.SignalType', '$.resourceIdentifier', '$.ResourceIdentifier', '$.sandboxId', '$.name', '$.settingId', '$.cluster',
            '$.trailName', '$.CreateInstanceConnectEndpointRequest.SubnetId', '$.ConnectionArn', '$.SettingId']) AS asked,
        json_texts(response_text, [
            '$.accessRequestId', '$.AccessRequestId', '$.accessRequestStatus', '$.AccessRequestStatus', '$.command.commandId',
            '$.CreateInstanceConnectEndpointResponse.instanceConnectEndpoint.instanceConnectEndpointId', '$.ConnectionArn',
            '$.containerName', '$.command.comment']) AS answered,
        -- The machines that a command was sent to, one by one, and what else chose them.
        coalesce(nullif(TRY(json_extract_string(request_text, '$.instanceIds[*]')), []),
            TRY(json_extract_string(response_text, '$.command.instanceIds[*]')), []) AS sent_to,
        coalesce(nullif(TRY(json_extract(request_text, '$.targets[*]')), []), TRY(json_extract(request_text, '$.Targets[*]')), []) AS chosen
    FROM linked WHERE step < 0
),
chosen AS (
    SELECT *, list_transform(chosen, lambda one: {'key': coalesce(one->>'$.key', one->>'$.Key'), 'values':
            coalesce(nullif(json_extract_string(one, '$.values[*]'), []), json_extract_string(one, '$.Values[*]'))}) AS choices,
        door IN ('run-command', 'access-request') AS is_sent
    FROM found
),
aimed AS (
    SELECT *, list_filter(list_distinct(CASE
            WHEN is_sent THEN sent_to || flatten(list_transform(list_filter(choices, lambda one: lower(one.key) IN ('instanceids', 'instanceid')), lambda one: one."values"))
            ELSE [coalesce(CASE door WHEN 'endpoint-tunnel' THEN NULL WHEN 'sagemaker' THEN known(coalesce(asked[28], asked[29]))
                WHEN 'codebuild' THEN known(asked[30]) WHEN 'control' THEN NULL ELSE known(coalesce(asked[1], asked[2])) END, own_target, refused_target)] END),
            lambda one: one IS NOT NULL) AS machines,
        list_transform(list_filter(choices, lambda one: lower(one.key) NOT IN ('instanceids', 'instanceid')), lambda one: concat(one.key, '=',
            array_to_string(one."values", ','))) AS others
    FROM chosen
),
told AS (
    SELECT *, CASE WHEN len(machines) = 1 AND len(others) = 0 THEN machines[1] END AS machine,
        asked[5] IS NOT DISTINCT FROM 'true' OR asked[6] IS NOT DISTINCT FROM 'true' AS is_dry,
        -- Texts that a caller may write as they like come last.
        known(concat_ws('; ', CASE door
            WHEN 'ecs-exec' THEN concat_ws('; ', 'container ' || known(coalesce(asked[3], answered[8])), 'command ' || known(asked[4]))
            WHEN 'run-command' THEN concat_ws('; ', 'document ' || known(asked[7]), CASE WHEN len(machines) > 1 OR len(others) > 0 THEN known(array_to_string(list_sort(machines), ', ')) END,
                known(array_to_string(others, ' ')), 'command ' || known(answered[5]), 'by ' || via,
                'comment ' || known(coalesce(known(asked[8]), answered[9])))
            WHEN 'instance-connect' THEN concat_ws('; ', 'as ' || known(asked[9]), 'key ' || fingerprint_of(asked[10]))
            WHEN 'serial-console' THEN concat_ws('; ', 'port ' || known(asked[11]), CASE WHEN asked[12] = 'true' THEN 'reads only' END, 'key ' || fingerprint_of(asked[10]))
            WHEN 'endpoint-tunnel' THEN concat_ws('; ', 'ip:' || known(asked[14]), 'port ' || known(asked[15]), known(asked[13]), 'at most ' || known(asked[16]) || ' s')
            WHEN 'rdp' THEN concat_ws('; ', concat_ws(' by ', known(asked[17]), known(asked[18])), 'as ' || known(asked[19]), known(answered[7]))
            WHEN 'access-request' THEN concat_ws('; ', known(coalesce(answered[1], answered[2])), CASE WHEN len(machines) > 1 OR len(others) > 0 THEN known(array_to_string(list_sort(machines), ', ')) END,
                known(array_to_string(others, ' ')), 'reason ' || known(coalesce(asked[20], asked[21])))
            WHEN 'access-token' THEN concat_ws('; ', known(coalesce(asked[22], asked[23])), known(coalesce(answered[3], answered[4])))
            WHEN 'access-signal' THEN concat_ws('; ', known(coalesce(asked[26], asked[27])), 'execution ' || known(coalesce(asked[24], asked[25])), 'by ' || person)
            WHEN 'control' THEN concat_ws(' ', event_name, coalesce(known(asked[31]), known(asked[32]), known(asked[37]), known(asked[33]), known(asked[34]), known(answered[6]), known(asked[36])))
            END, CASE WHEN status <> 'granted' THEN error_code END, CASE WHEN asked[5] = 'true' OR asked[6] = 'true' THEN 'dry run, opens nothing' END)) AS detail
    FROM aimed
),
opened AS MATERIALIZED (
    SELECT *, status = 'granted' AND NOT copy AND NOT is_dry
            AND door IN ('ecs-exec', 'run-command', 'instance-connect', 'serial-console', 'endpoint-tunnel', 'rdp', 'sagemaker', 'codebuild') AS opens,
        coalesce(person, identity_arn, '') AS who
    FROM told
),
-- Fleet Manager starts a session of its own on the machine at once. Of several at a time the first goes with the first.
connected AS (
    SELECT 'rdp' AS side, eid, session_no, account, region, machine, who, person, event_time FROM opened WHERE door = 'rdp' AND opens AND machine IS NOT NULL
    UNION ALL
    SELECT 'session', eid, session_no, account, region, own_target, coalesce(person, identity_arn, ''), person, event_time
    FROM linked WHERE step = 0 AND outcome = 'ok' AND NOT copy
        AND (via = 'ssm-guiconnect.amazonaws.com' OR last_part(document) = 'AWS-StartPortForwardingSession')
        AND own_target IN (SELECT machine FROM opened WHERE door = 'rdp')
),
connected_runs AS (
    SELECT *, sum(begins) OVER (PARTITION BY account, region, machine ORDER BY event_time, eid) AS run
    FROM (SELECT *, (coalesce(date_diff('second', lag(event_time) OVER (PARTITION BY account, region, machine ORDER BY event_time, eid), event_time), 99) > 2)::INT AS begins FROM connected)
),
connected_numbers AS (
    SELECT *, row_number() OVER (PARTITION BY account, region, machine, run, side ORDER BY who, event_time, eid) AS number FROM connected_runs
),
desktops AS (
    SELECT door.eid, session.session_no
    FROM (FROM connected_numbers WHERE side = 'rdp') AS door JOIN (FROM connected_numbers WHERE side = 'session') AS session
        ON door.account IS NOT DISTINCT FROM session.account AND door.region IS NOT DISTINCT FROM session.region
        AND door.machine = session.machine AND door.run = session.run AND door.number = session.number
    WHERE door.person IS NULL OR session.person IS NULL OR door.person = session.person
),
-- `aws ec2-instance-connect ssh` sends a key and opens a tunnel within seconds.
keyed AS (
    SELECT door, eid, account, region, who, event_time, machine FROM opened WHERE opens AND door IN ('instance-connect', 'endpoint-tunnel')
),
keyed_runs AS (
    SELECT *, sum(begins) OVER (PARTITION BY account, region, who ORDER BY event_time, eid) AS run
    FROM (SELECT *, (coalesce(date_diff('second', lag(event_time) OVER (PARTITION BY account, region, who ORDER BY event_time, eid), event_time), 99) > 10)::INT AS begins FROM keyed)
),
keyed_numbers AS (
    SELECT *, row_number() OVER (PARTITION BY account, region, who, run, door ORDER BY event_time, eid) AS number FROM keyed_runs
),
tunnelled AS (
    SELECT tunnel.eid, sent.eid AS visit, sent.event_time AS sent_at, tunnel.event_time AS opened_at
    FROM (FROM keyed_numbers WHERE door = 'endpoint-tunnel') AS tunnel JOIN (FROM keyed_numbers WHERE door = 'instance-connect') AS sent
        ON tunnel.account IS NOT DISTINCT FROM sent.account AND tunnel.region IS NOT DISTINCT FROM sent.region
        AND tunnel.who = sent.who AND tunnel.run = sent.run AND tunnel.number = sent.number
    WHERE abs(date_diff('second', sent.event_time, tunnel.event_time)) <= 10
),
joined AS (
    SELECT opened.*, coalesce(tunnelled.visit, opened.eid) AS visit_key, sent_at, opened_at,
        sessions.key AS session_key, sessions.session_id AS joined_id, sessions.status AS session_status,
        sessions.target AS session_target, sessions.kind, sessions.data_from AS session_from, sessions.data_to AS session_to
    FROM opened LEFT JOIN tunnelled USING (eid) LEFT JOIN desktops USING (eid)
    LEFT JOIN sessions ON sessions.session_no = coalesce(desktops.session_no, CASE WHEN opened.step = -1 THEN opened.session_no END)
        AND sessions.status IN ('started', 'orphan')
)
SELECT
    eid AS key, event_time AS "at", least(joined.data_from, session_from, sent_at, opened_at) AS data_from,
    greatest(joined.data_to, session_to, sent_at, opened_at) AS data_to,
    event_id, event_time, event_name, door, status, visit_key,
    opens AND visit_key = eid AND session_status IS DISTINCT FROM 'started' AS visit,
    account, region, person, person_evidence, claimed_name, source_identity, person_kind, person_id,
    shown_person(person, person_kind, role, via) AS person_shown,
    identity_arn, identity_type, role, source_ip, ip_key, user_agent, via,
    coalesce(session_target, machine) AS target, target_kind_of(coalesce(session_target, machine)) AS target_kind,
    nullif(list_distinct(list_filter([session_target] || machines, lambda one: one IS NOT NULL)), []) AS target_ids,
    coalesce(session_id, joined_id) AS session_id, session_key, session_status, kind, detail,
    CASE WHEN door = 'endpoint-tunnel' THEN known(asked[14]) END AS address,
    error_code, error_message, conflict, copy, segment, segment_row
FROM joined
