"""The statements of `queries/sources/athena/sql`, which have names for small steps where Trino has no macros."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME: Final = re.compile(r"\{([a-z_]+)(\(|\})")


def filled(template: str, **parts: str) -> str:
    """The text of `sql/TEMPLATE.sql`, `{name}` replaced by a part, `{macro(sql)}` by what a macro below makes."""
    return _filled(_text(template), parts)


def known(sql: str) -> str:
    """'' says no more than NULL does."""
    return f"nullif({sql}, '')"


def last_part(sql: str) -> str:
    """The part after the last '/': a role session name, an instance id, a document's name."""
    return known(f"element_at(split({sql}, '/'), -1)")


def machine_of(sql: str) -> str:
    """The id of a machine in the ARN of an instance, a managed node or a task; NULL for any other ARN."""
    node = known(rf"regexp_extract({sql}, '^arn:[^:]*:(?:ec2|ssm):[^:]*:[^:]*:(?:instance|managed-instance)/(.+)$', 1)")
    cluster = known(f"regexp_extract({sql}, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/([^/]+)/.+$', 1)")
    task = known(f"regexp_extract({sql}, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/[^/]+/(.+)$', 1)")
    return f"coalesce({node}, 'ecs:' || {cluster} || '_' || {task})"


def kind_of(document: str, target: str) -> str:
    """The kind of session; the document decides ("Session document schema", Systems Manager User Guide)."""
    name = last_part(document)
    return (
        f"CASE WHEN {document} IS NULL OR {name} = 'SSM-SessionManagerRunShell'"
        f" THEN IF(starts_with({target}, 'ecs:'), 'container', 'shell')"
        f" WHEN {name} IN ('AWS-StartInteractiveCommand', 'AWS-StartNonInteractiveCommand') THEN 'command'"
        f" WHEN {name} = 'AWS-StartPortForwardingSession' THEN 'port-forward'"
        f" WHEN {name} = 'AWS-StartPortForwardingSessionToRemoteHost' THEN 'remote-port-forward'"
        f" WHEN {name} = 'AWS-StartSSHSession' THEN 'ssh' ELSE 'other' END"
    )


def destination_of(kind: str, host: str, port: str) -> str:
    """Where a tunnel leads: `host:port`."""
    remote = f"concat_ws(':', {host}, {port})"
    other = f"concat_ws(':', coalesce({host}, IF({port} IS NOT NULL, 'localhost')), {port})"
    return known(
        f"CASE {kind} WHEN 'port-forward' THEN 'localhost:' || {port}"
        f" WHEN 'ssh' THEN 'localhost:' || coalesce({port}, '22')"
        f" WHEN 'remote-port-forward' THEN {remote} WHEN 'other' THEN {other} END"
    )


def target_kind_of(target: str) -> str:
    """The kind of machine, by its id."""
    return (
        f"CASE WHEN regexp_like({target}, '(?i)^i-[0-9a-z]+$') THEN 'ec2'"
        f" WHEN regexp_like({target}, '(?i)^mi-[0-9a-z]+$') THEN 'managed'"
        f" WHEN starts_with({target}, 'ecs:') THEN 'ecs' ELSE 'unknown' END"
    )


def second(sql: str) -> str:
    """A time as records write it."""
    return f"date_format({sql}, '%Y-%m-%dT%H:%i:%sZ')"


_MACROS: Final[dict[str, Callable[..., str]]] = {
    macro.__name__: macro for macro in (known, last_part, machine_of, kind_of, destination_of, second)
}


@cache
def _text(template: str) -> str:
    return (Path(__file__).parent / "sql" / f"{template}.sql").read_text(encoding="utf-8").strip()


def _filled(text: str, parts: dict[str, str]) -> str:
    """What is filled in is not looked at again: it may hold values."""
    made, at = [], 0
    while found := _NAME.search(text, at):
        made.append(text[at : found.start()])
        if found[2] == "}":
            made.append(parts[found[1]])
            at = found.end()
        else:
            end = _closing(text, found.end())
            made.append(_MACROS[found[1]](*(_filled(each, parts) for each in _arguments(text[found.end() : end]))))
            at = end + 2
    return "".join((*made, text[at:]))


def _closing(text: str, at: int) -> int:
    """Where the macro's `)}` stands."""
    return text.index(")}", at)


def _arguments(text: str) -> list[str]:
    """Arguments that stand between commas, of which none may lie inside parentheses, save that of one argument."""
    return [text] if "(" in text else [each.strip() for each in text.split(",")]
