-- Names for the small steps that the statements share. Every macro takes NULL and garbage and gives NULL.

-- Several paths of one JSON text at once; NULL where the text is no JSON (Athena cuts request parameters at 100 KB).
CREATE OR REPLACE MACRO json_texts(document, paths) AS TRY(json_extract_string(document, paths));

-- '' says no more than NULL does.
CREATE OR REPLACE MACRO known(value) AS nullif(value, '');

-- A time as recorded, as UTC without a zone: ISO 8601, extended or basic, and what Athena prints; without a zone it is
-- UTC, 24:00 is the next midnight, fractions are cut to microseconds. NULL for all else, which the cast alone would guess
-- at. `queries/recorded_time.py` reads the same, so that the reader names what is NULL here.
CREATE OR REPLACE MACRO time_of(recorded) AS CASE
    WHEN recorded IS NULL THEN NULL -- most are: no pattern is tried then
    WHEN recorded GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z'
        THEN TRY_CAST(recorded AS TIMESTAMP)
    ELSE list_transform([regexp_extract(recorded, '^([0-9]{4})-?([0-9]{2})-?([0-9]{2})[Tt ]([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[.,]([0-9]{1,9}))?)?(?: ?(?:[Zz]|UTC|([+-])([01][0-9]|2[0-3]):?([0-5][0-9])?))?\z',
            ['year', 'month', 'day', 'hour', 'minute', 'second', 'fraction', 'sign', 'zone_hours', 'zone_minutes'])],
        lambda t: TRY_CAST(concat(t.year, '-', t.month, '-', t.day, ' ', t.hour, ':', t.minute, ':', rpad(t.second, 2, '0'), '.',
                rpad(left(t.fraction, 6), 6, '0')) AS TIMESTAMP)
            - to_minutes(coalesce(TRY_CAST(t.sign || t.zone_hours AS INTEGER), 0) * 60
                + coalesce(TRY_CAST(t.sign || t.zone_minutes AS INTEGER), 0)))[1]
    END;

-- The part after the last '/': a role session name, an instance id, a document's name.
CREATE OR REPLACE MACRO last_part(arn) AS known(string_split(arn, '/')[-1]);

-- The id of a machine in the ARN of an instance, a managed node or a task; NULL for any other ARN. A partition other
-- than `aws` needs no care: only the resource part is looked at.
CREATE OR REPLACE MACRO machine_of(arn) AS coalesce(
    known(regexp_extract(arn, '^arn:[^:]*:(?:ec2|ssm):[^:]*:[^:]*:(?:instance|managed-instance)/(.+)$', 1)),
    'ecs:' || known(regexp_extract(arn, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/([^/]+)/.+$', 1))
        || '_' || known(regexp_extract(arn, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/[^/]+/(.+)$', 1))
);

-- The container's task that a command of ECS asks for, as Session Manager writes targets; each may be a name or an ARN.
CREATE OR REPLACE MACRO container_of(request) AS list_transform([json_texts(request, ['$.task', '$.cluster'])],
    lambda asked: 'ecs:' || coalesce(last_part(asked[2]), known(regexp_extract(asked[1], ':task/([^/]+)/', 1)), 'default')
        || '_' || last_part(asked[1]))[1];

-- An SSH key as tools show it (RFC 4253 for the key, OpenSSH for the form): `SHA256:` and the hash of its bytes.
CREATE OR REPLACE MACRO fingerprint_of(public_key) AS coalesce('SHA256:' || rtrim(to_base64(unhex(sha256(
    TRY(from_base64(regexp_extract(public_key, '^\s*\S+\s+([A-Za-z0-9+/]+=*)', 1)))))), '='),
    CASE WHEN public_key IS NOT NULL THEN 'that cannot be read' END);

-- What a refusal names after `on resource: `.
CREATE OR REPLACE MACRO refused_resource(message) AS known(regexp_extract(message, 'on resource: (arn:[^\s,]+)', 1));

CREATE OR REPLACE MACRO is_denied(code) AS coalesce(regexp_matches(code, '(?i)access.?denied|unauthori[sz]ed|notauthori[sz]ed|forbidden'), false);

CREATE OR REPLACE MACRO target_kind_of(target) AS CASE
    WHEN regexp_matches(target, '(?i)^i-[0-9a-z]+$') THEN 'ec2'
    WHEN regexp_matches(target, '(?i)^mi-[0-9a-z]+$') THEN 'managed'
    WHEN starts_with(target, 'ecs:') THEN 'ecs'
    WHEN starts_with(target, 'sagemaker-cluster:') THEN 'sagemaker'
    ELSE 'unknown' END;

-- Which other door a call opened, or knocked at; NULL for every other call. `control` changes how doors behave, and ends or
-- describes what opened elsewhere. The event source decides: other services have a StartSession too.
CREATE OR REPLACE MACRO door_of(source, call) AS CASE source
    WHEN 'ssm.amazonaws.com' THEN CASE call
        WHEN 'SendCommand' THEN 'run-command' WHEN 'StartAccessRequest' THEN 'access-request'
        WHEN 'GetAccessToken' THEN 'access-token' WHEN 'SendAutomationSignal' THEN 'access-signal'
        WHEN 'CreateDocument' THEN 'control' WHEN 'UpdateDocument' THEN 'control'
        WHEN 'ModifyDocumentPermission' THEN 'control' WHEN 'UpdateServiceSetting' THEN 'control' END
    WHEN 'ecs.amazonaws.com' THEN CASE call WHEN 'ExecuteCommand' THEN 'ecs-exec' WHEN 'UpdateCluster' THEN 'control' END
    WHEN 'ec2-instance-connect.amazonaws.com' THEN CASE call WHEN 'SendSSHPublicKey' THEN 'instance-connect'
        WHEN 'SendSerialConsoleSSHPublicKey' THEN 'serial-console' WHEN 'OpenTunnel' THEN 'endpoint-tunnel' END
    WHEN 'ssm-guiconnect.amazonaws.com' THEN CASE call WHEN 'StartConnection' THEN 'rdp'
        WHEN 'GetConnection' THEN 'control' WHEN 'CancelConnection' THEN 'control' END
    WHEN 'sagemaker.amazonaws.com' THEN CASE call WHEN 'StartSession' THEN 'sagemaker' END
    WHEN 'codebuild.amazonaws.com' THEN CASE call WHEN 'StartSandboxConnection' THEN 'codebuild' END
    WHEN 'ec2.amazonaws.com' THEN CASE call WHEN 'EnableSerialConsoleAccess' THEN 'control'
        WHEN 'CreateInstanceConnectEndpoint' THEN 'control' END
    WHEN 'cloudtrail.amazonaws.com' THEN CASE call WHEN 'StopLogging' THEN 'control' WHEN 'DeleteTrail' THEN 'control'
        WHEN 'UpdateTrail' THEN 'control' WHEN 'PutEventSelectors' THEN 'control' END
    END;

-- Whether a row says what a session is made of: one of the three calls, or what Session Manager itself reports of a session,
-- or its transcript says of its end, which no call may claim (see `queries/sources/history/reported.py`, `bounds.py`).
CREATE OR REPLACE MACRO is_session_call(source, call) AS
    (source = 'ssm.amazonaws.com' AND call IN ('StartSession', 'ResumeSession', 'TerminateSession'))
    OR (source = 'session-manager reported' AND call IN ('ReportedSession', 'TranscriptBounds'));

-- Whether a document is the one that ECS Exec uses, or the default one, which is a shell.
CREATE OR REPLACE MACRO is_shell_document(document) AS document IS NULL
    OR last_part(document) IN ('SSM-SessionManagerRunShell', 'AmazonECS-ExecuteInteractiveCommand');

-- The document decides the kind (AWS-owned documents; "Session document schema", Systems Manager User Guide). A document
-- of the customer's that names a host and a port forwards to it.
CREATE OR REPLACE MACRO kind_of(document, target, host, port) AS CASE
    WHEN last_part(document) = 'AmazonECS-ExecuteInteractiveCommand'
        OR (is_shell_document(document) AND starts_with(target, 'ecs:')) THEN 'container'
    WHEN is_shell_document(document) THEN 'shell'
    WHEN last_part(document) IN ('AWS-StartInteractiveCommand', 'AWS-StartNonInteractiveCommand') THEN 'command'
    WHEN last_part(document) = 'AWS-StartPortForwardingSessionToRemoteHost' THEN 'remote-port-forward'
    WHEN starts_with(last_part(document), 'AWS-StartPortForwardingSession')
        THEN CASE WHEN host IS NULL THEN 'port-forward' ELSE 'remote-port-forward' END
    WHEN last_part(document) = 'AWS-StartSSHSession' THEN 'ssh'
    WHEN host IS NOT NULL AND port IS NOT NULL THEN 'remote-port-forward'
    ELSE 'other' END;

-- The port that a document forwards to where the call names none (AWS documents 80 for this one).
CREATE OR REPLACE MACRO default_port_of(document) AS
    CASE WHEN last_part(document) = 'AWS-StartPortForwardingSession' THEN '80' END;

-- An address of IPv6 in brackets, so that it is separate from its port.
CREATE OR REPLACE MACRO bracketed(host) AS
    CASE WHEN contains(host, ':') AND NOT starts_with(host, '[') THEN '[' || host || ']' ELSE host END;

CREATE OR REPLACE MACRO destination_of(kind, document, host, port) AS CASE kind
    WHEN 'port-forward' THEN 'localhost:' || coalesce(port, default_port_of(document))
    WHEN 'ssh' THEN 'localhost:' || coalesce(port, '22')
    WHEN 'remote-port-forward' THEN concat_ws(':', bracketed(host), port)
    WHEN 'other' THEN concat_ws(':', coalesce(bracketed(host), CASE WHEN port IS NOT NULL THEN 'localhost' END), port)
    END;

-- An address as 32 hexadecimal digits of its 16 bytes (IPv4 mapped into IPv6), so that a network is a range of text.
-- NULL for what is no address, as "IP Version 6 Addressing Architecture" (RFC 4291, section 2.2) has them.
-- A macro's argument is written out wherever the macro names it. What is long and needed more than once is therefore
-- handed on as the element of a list of one; written out, this one took the engine longer to plan than all else.
CREATE OR REPLACE MACRO is_ipv4(address) AS
    regexp_matches(address || '.', '^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){4}$');
CREATE OR REPLACE MACRO ipv4_digits(address) AS list_aggregate(
    list_transform(string_split(address, '.'), lambda part: lpad(to_hex(TRY_CAST(part AS UTINYINT)), 2, '0')),
    'string_agg', '');
-- The last four bytes may be written as an IPv4 address.
CREATE OR REPLACE MACRO ipv6_undotted(address) AS CASE
    WHEN NOT contains(address, '.') THEN address
    WHEN is_ipv4(regexp_extract(address, '[^:]*$'))
        THEN regexp_extract(address, '^(.*:)[^:]*$', 1)
            || regexp_replace(ipv4_digits(regexp_extract(address, '[^:]*$')), '^(.{4})', '\1:') END;
-- A side of `::`, all of an address, or nothing.
CREATE OR REPLACE MACRO ipv6_groups(side) AS
    list_transform(list_filter(string_split(side, ':'), lambda part: part <> ''), lambda part: lpad(part, 4, '0'));
-- `::` means one group of zeros or more.
CREATE OR REPLACE MACRO ipv6_filled(sides) AS CASE WHEN len(sides[1]) + len(sides[2]) < 8
    THEN list_aggregate(sides[1] || list_resize(CAST([] AS VARCHAR[]), greatest(0, 8 - len(sides[1]) - len(sides[2])), '0000')
        || sides[2], 'string_agg', '')
    END;
CREATE OR REPLACE MACRO ipv6_key(address) AS CASE
    WHEN regexp_matches(address, '^[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){7}$')
        THEN list_aggregate(ipv6_groups(address), 'string_agg', '')
    WHEN regexp_matches(address, '^([0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4})*)?::([0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4})*)?$')
        THEN list_transform([list_transform(string_split(address, '::'), lambda side: ipv6_groups(side))],
            lambda sides: ipv6_filled(sides))[1] END;
CREATE OR REPLACE MACRO ip_key_of(address) AS list_transform([CASE
    WHEN is_ipv4(address) THEN '00000000000000000000ffff' || ipv4_digits(address)
    WHEN contains(address, ':') THEN list_transform([ipv6_undotted(address)], lambda plain: ipv6_key(plain))[1] END],
    lambda digits: CASE WHEN length(digits) = 32 THEN lower(digits) END)[1];

-- The session name in a principal id (`AROAEXAMPLE:jane.doe`).
CREATE OR REPLACE MACRO session_part(principal) AS known(regexp_extract(principal, '^[^:]+:(.+)$', 1));

-- The name in an identity: the last part of its ARN, else the session name in its principal id.
CREATE OR REPLACE MACRO name_in(arn, principal) AS coalesce(last_part(arn), session_part(principal));

-- The AWS service by which a call came, where one made it for another caller.
CREATE OR REPLACE MACRO way_of(invoked_by, source_ip) AS coalesce(known(invoked_by),
    CASE WHEN ends_with(source_ip, '.amazonaws.com') THEN source_ip END);

-- Who an identity is by its own record: {person, evidence, kind, id}; person is NULL where the record names none.
-- AWS set the name of `identity`; that of `session-name` was typed by who assumed the role; `issuer` of a federated user
-- is the user whom AWS recorded as the one who asked for the token. `name` is `name_in`.
CREATE OR REPLACE MACRO identity_of(type, name, username, role, behalf, issuer_arn, issuer_name) AS CASE
    WHEN type = 'IAMUser' THEN {'person': coalesce(username, name), 'evidence': 'identity', 'kind': 'iam-user', 'id': NULL::VARCHAR}
    WHEN type = 'Root' THEN {'person': 'root', 'evidence': 'identity', 'kind': 'root', 'id': NULL}
    WHEN type = 'AssumedRole' AND starts_with(role, 'AWSReservedSSO_')
        THEN {'person': coalesce(name, behalf), 'evidence': 'identity', 'kind': 'identity-center', 'id': behalf}
    WHEN type = 'AssumedRole' AND behalf IS NOT NULL
        THEN {'person': behalf, 'evidence': 'identity', 'kind': 'identity-center', 'id': behalf}
    WHEN type = 'AssumedRole' AND NOT is_tool_name(name)
        THEN {'person': name, 'evidence': 'session-name', 'kind': 'role-session', 'id': NULL}
    WHEN type = 'IdentityCenterUser'
        THEN {'person': coalesce(username, behalf), 'evidence': 'identity', 'kind': 'identity-center', 'id': behalf}
    WHEN type IN ('SAMLUser', 'WebIdentityUser')
        THEN {'person': username, 'evidence': 'identity', 'kind': 'federated', 'id': NULL}
    WHEN type = 'FederatedUser' AND regexp_matches(issuer_arn, ':(user/.+|root)$')
        THEN {'person': coalesce(issuer_name, last_part(issuer_arn)), 'evidence': 'issuer', 'kind': 'federated', 'id': NULL}
    WHEN type = 'FederatedUser' AND NOT is_tool_name(name)
        THEN {'person': name, 'evidence': 'session-name', 'kind': 'federated', 'id': NULL}
    END;

-- Whether a call issues credentials that it names in its answer.
CREATE OR REPLACE MACRO issues_key(eventsource, eventname) AS
    (eventsource = 'sts.amazonaws.com' AND eventname IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity',
        'AssumeRoot', 'GetFederationToken', 'GetSessionToken'))
    OR (eventsource = 'ssm.amazonaws.com' AND eventname = 'GetAccessToken');

-- Whether the caller who issued the key may name a person better than the record does.
CREATE OR REPLACE MACRO asks_issuer(type, role, behalf, assumed_root) AS coalesce(
    (type = 'AssumedRole' AND behalf IS NULL AND NOT coalesce(starts_with(role, 'AWSReservedSSO_'), false))
    OR type = 'FederatedUser' OR (type = 'Root' AND assumed_root = 'true'), false);

-- The name in a session's id, which is that of its starter's identity: `jane.doe-0123456789abcdef0`.
CREATE OR REPLACE MACRO name_in_session(session_id) AS
    list_transform([known(regexp_extract(session_id, '^(.+)-[^-]*$', 1))], lambda name: CASE
        WHEN name <> 'ecs-execute-command' AND NOT is_tool_name(name) THEN name END)[1];

-- What is shown of a person.
CREATE OR REPLACE MACRO shown_person(person, kind, role, via) AS coalesce(person,
    CASE WHEN kind = 'service' THEN 'unknown via ' || via END, 'unknown behind ' || role, 'unknown');

-- What distinguishes unknown people of one kind: of services the service, of others the role.
CREATE OR REPLACE MACRO group_of(person, kind, role, via) AS
    CASE WHEN person IS NULL THEN CASE WHEN kind = 'service' THEN via ELSE role END END;

-- A role's name; for Identity Center the permission set's (`AWSReservedSSO_Admin_0123456789abcdef` is `Admin`). Cut by
-- place: that takes a third of the time that the expression takes to say what it matched.
CREATE OR REPLACE MACRO role_shown(role) AS CASE WHEN regexp_matches(role, '^AWSReservedSSO_.+_[0-9a-fA-F]+$')
    THEN substr(role, 16, length(role) - 15 - strpos(reverse(role), '_')) ELSE role END;

-- The role of an assumed-role ARN (`arn:aws:sts::111122223333:assumed-role/ROLE/SESSION`).
CREATE OR REPLACE MACRO role_of(kind, arn, issuer_name) AS CASE WHEN kind = 'AssumedRole'
    THEN coalesce(known(issuer_name), known(regexp_extract(arn, ':assumed-role/(?:.*/)?([^/]+)/[^/]*$', 1))) END;

-- Values as CSV and JSON have them, where they need no more care than is taken here; else NULL, as for everything that a
-- terminal, a spreadsheet or an encoder may take for more than text. What printable ASCII and the Latin letters of
-- Europe (U+00C0 to U+017F) are to these is the same everywhere. `queries/lines.py` names them.
CREATE OR REPLACE MACRO csv_text(value) AS CASE WHEN value IS NULL THEN ''
    WHEN regexp_full_match(value, '([!#-*./-<>?A-~À-ÖØ-öø-ſ][ !#-+.-~À-ÖØ-öø-ſ-]*)?') THEN value
    WHEN regexp_full_match(value, '[!-*,./-<>?A-~À-ÖØ-öø-ſ][ -~À-ÖØ-öø-ſ]*') THEN '"' || replace(value, '"', '""') || '"' END;
CREATE OR REPLACE MACRO json_text(value) AS CASE WHEN value IS NULL THEN 'null'
    WHEN regexp_full_match(value, '[ -~À-ÖØ-öø-ſ]*') THEN to_json(value)::VARCHAR END;
CREATE OR REPLACE MACRO csv_number(value) AS coalesce(value::VARCHAR, '');
CREATE OR REPLACE MACRO json_number(value) AS coalesce(value::VARCHAR, 'null');
-- To the second; a year has four digits.
CREATE OR REPLACE MACRO second_text(value) AS CASE
    WHEN epoch_us(value) % 1000000 = 0 AND value >= TIMESTAMP '1000-01-01' AND value < TIMESTAMP '9999-12-31'
        THEN strftime(value, '%Y-%m-%dT%H:%M:%SZ') END;
CREATE OR REPLACE MACRO csv_time(value) AS CASE WHEN value IS NULL THEN '' ELSE second_text(value) END;
CREATE OR REPLACE MACRO json_time(value) AS CASE WHEN value IS NULL THEN 'null' ELSE '"' || second_text(value) || '"' END;
CREATE OR REPLACE MACRO csv_list(value) AS CASE WHEN value IS NULL THEN ''
    WHEN list_count(value) = len(value) THEN csv_text(array_to_string(value, ' ')) END;
-- Without a quotation mark or a backslash, which JSON would have escaped.
CREATE OR REPLACE MACRO json_list(value) AS CASE WHEN value IS NULL THEN 'null' WHEN len(value) = 0 THEN '[]'
    WHEN list_count(value) = len(value) AND regexp_full_match(array_to_string(value, ''), '[ !#-\[\]-~À-ÖØ-öø-ſ]*')
        THEN '["' || array_to_string(value, '", "') || '"]' END;

-- The bit of a kind of session in the index; the order is that of `queries.filters.keys.KINDS`.
CREATE OR REPLACE MACRO kind_bit_of(kind) AS (1 << (list_position(
    ['shell', 'command', 'ssh', 'port-forward', 'remote-port-forward', 'container', 'other', 'unknown'], kind) - 1))::UTINYINT;
