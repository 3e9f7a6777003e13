-- Names for the small steps that the statements share. Every macro takes NULL and garbage and gives NULL.

-- Several paths of one JSON text at once; NULL where the text is no JSON (Athena cuts request parameters at 100 KB).
CREATE OR REPLACE MACRO json_texts(document, paths) AS TRY(json_extract_string(document, paths));

-- '' says no more than NULL does.
CREATE OR REPLACE MACRO known(value) AS nullif(value, '');

-- A time as recorded, as UTC without a zone.
CREATE OR REPLACE MACRO time_of(recorded) AS TRY_CAST(recorded AS TIMESTAMPTZ) AT TIME ZONE 'UTC';

-- The part after the last '/': a role session name, an instance id, a document's name.
CREATE OR REPLACE MACRO last_part(arn) AS known(string_split(arn, '/')[-1]);

-- The id of a machine in the ARN of an instance, a managed node or a task; NULL for any other ARN. A partition other
-- than `aws` needs no care: only the resource part is looked at.
CREATE OR REPLACE MACRO machine_of(arn) AS coalesce(
    known(regexp_extract(arn, '^arn:[^:]*:(?:ec2|ssm):[^:]*:[^:]*:(?:instance|managed-instance)/(.+)$', 1)),
    'ecs:' || known(regexp_extract(arn, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/([^/]+)/.+$', 1))
        || '_' || known(regexp_extract(arn, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/[^/]+/(.+)$', 1))
);

-- What a refusal names after `on resource: `.
CREATE OR REPLACE MACRO refused_resource(message) AS known(regexp_extract(message, 'on resource: (arn:[^\s,]+)', 1));

CREATE OR REPLACE MACRO is_denied(code) AS coalesce(regexp_matches(code, '(?i)access.?denied|unauthori[sz]ed|notauthori[sz]ed|forbidden'), false);

CREATE OR REPLACE MACRO target_kind_of(target) AS CASE
    WHEN regexp_matches(target, '(?i)^i-[0-9a-z]+$') THEN 'ec2'
    WHEN regexp_matches(target, '(?i)^mi-[0-9a-z]+$') THEN 'managed'
    WHEN starts_with(target, 'ecs:') THEN 'ecs'
    ELSE 'unknown' END;

-- The document decides the kind (AWS-owned documents; "Session document schema", Systems Manager User Guide).
CREATE OR REPLACE MACRO kind_of(document, target) AS CASE
    WHEN document IS NULL OR last_part(document) = 'SSM-SessionManagerRunShell'
        THEN CASE WHEN starts_with(target, 'ecs:') THEN 'container' ELSE 'shell' END
    WHEN last_part(document) IN ('AWS-StartInteractiveCommand', 'AWS-StartNonInteractiveCommand') THEN 'command'
    WHEN last_part(document) = 'AWS-StartPortForwardingSession' THEN 'port-forward'
    WHEN last_part(document) = 'AWS-StartPortForwardingSessionToRemoteHost' THEN 'remote-port-forward'
    WHEN last_part(document) = 'AWS-StartSSHSession' THEN 'ssh'
    ELSE 'other' END;

CREATE OR REPLACE MACRO destination_of(kind, host, port) AS CASE kind
    WHEN 'port-forward' THEN 'localhost:' || port
    WHEN 'ssh' THEN 'localhost:' || coalesce(port, '22')
    WHEN 'remote-port-forward' THEN concat_ws(':', host, port)
    WHEN 'other' THEN concat_ws(':', coalesce(host, CASE WHEN port IS NOT NULL THEN 'localhost' END), port)
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

-- Who an identity is by itself, without the call that issued its keys: {person, how}, person NULL when it names no person.
-- `name` is `name_in`, `machine_names` the pattern of role session names that machines make up.
CREATE OR REPLACE MACRO named_by(kind, name, username, invoked_by, role, source_identity, behalf, machine_names) AS
CASE
    WHEN kind = 'AssumedRole' AND starts_with(role, 'AWSReservedSSO_')
        THEN {'person': name, 'how': 'Identity Center session name'}
    WHEN kind = 'AssumedRole' AND NOT regexp_matches(name, machine_names) THEN {'person': name, 'how': 'role session name'}
    WHEN kind = 'AssumedRole' THEN {'person': source_identity, 'how': 'source identity'}
    WHEN kind = 'IAMUser' THEN {'person': coalesce(username, name), 'how': 'user name'}
    WHEN kind = 'Root' THEN {'person': 'root', 'how': 'root of the account'}
    WHEN kind = 'FederatedUser' THEN {'person': name, 'how': 'federated user name'}
    WHEN kind = 'IdentityCenterUser' THEN {'person': coalesce(behalf, username), 'how': 'Identity Center user'}
    WHEN kind = 'AWSService' OR kind IS NULL THEN {'person': coalesce(invoked_by, username), 'how': 'service'}
    ELSE {'person': username, 'how': 'user name'}
END;

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
