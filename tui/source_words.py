"""Sources in words that a file can hold: the options of the command line, by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.paths import home_path
from ssmtrail.tui.choice import together
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.tui.choice import AthenaChoice, S3Choice, SourceChoice

Words: TypeAlias = "Mapping[str, str | bool | int | tuple[str, ...] | tuple[Words, ...]]"

KINDS: Final = ("logs", "athena", "history", "s3", "demo")
#: What a file may say of a source; it can neither agree to a price nor name a file to write.
_TEXTS: Final = frozenset({
    "logs", "athena", "catalog", "workgroup", "results", "history", "profile", "region", "role_arn",
    "organisation_role", "s3", "trail", "account", "demo_end", "external_id",
})  # fmt: skip
_SWITCHES: Final = frozenset(
    {"demo", "history", "run_command", "request_payer", "ends", "names", "follow_links", "reread", "keep_secrets"}
)
_KINDS_IN_WORDS: Final = {str: "a text in quotes", bool: "true or false", list: "a list of texts"}
#: How a source is read; the source is the same without them.
_MANNERS: Final = ("ends", "names", "follow_links", "reread")


#: Holds the words of each of several sources.
TOGETHER: Final = "together"


def words_of(choice: SourceChoice) -> Words:
    """The words of a source; what may be spent is no part of them."""
    if choice.members:
        return {TOGETHER: tuple(words_of(each) for each in choice.members)}
    found: dict[str, Any] = {}
    if choice.athena is not None:
        found = _athena(choice.athena)
    elif choice.history is not None:
        found = {"history": True, **_history(choice.history)}
    elif choice.s3 is not None:
        found = _s3(choice.s3) | {"reread": choice.reread}
    elif choice.kind == "logs":
        found = {"logs": str((choice.path or Path()).absolute())}
        found |= {name: getattr(choice, name) for name in ("follow_links", "reread", "keep_secrets")}
    elif choice.kind == "demo":
        found = {"demo": True, "demo_end": choice.demo_end.isoformat() if choice.demo_end else None}
    for word, asked in (("ends", choice.ends), ("names", choice.names)):
        if asked is not None:
            found |= {word: True, **{name: text for name, text in _history(asked).items() if name not in found}}
    return {name: value for name, value in found.items() if value not in (None, False, (), "")}


def _athena(choice: AthenaChoice) -> dict[str, Any]:
    from ssmtrail.queries.sources.athena.address import table_text  # only for Athena

    address = choice.address
    return {
        "athena": table_text(address.database, address.table), "catalog": address.catalog, "profile": address.profile,
        "region": address.region, "workgroup": address.workgroup, "results": address.output,
        "role_arn": address.role_arn, "external_id": address.external_id,
        "partition": tuple(f"{column}={','.join(values)}" for column, values in choice.partitions),
    }  # fmt: skip


def _history(address: HistoryAddress) -> dict[str, Any]:
    return {
        "profile": ",".join(address.profiles), "region": ",".join(address.regions), "role_arn": address.role_arn,
        "organisation_role": address.organisation_role, "run_command": address.run_command,
    }  # fmt: skip


def _s3(choice: S3Choice) -> dict[str, Any]:
    address = choice.address
    return {
        "s3": f"s3://{address.bucket}/{address.prefix}".rstrip("/") if address.bucket else "", "trail": address.trail,
        "account": ",".join(address.accounts), "region": ",".join(address.regions), "profile": address.profile,
        "role_arn": address.role_arn, "request_payer": address.request_payer,
    }  # fmt: skip


def same_source(one: Words, other: Words) -> bool:
    """Whether both are words of one source, however it is read."""
    return _identity(one) == _identity(other)


def each_of(words: Words) -> tuple[Words, ...]:
    """The words of each source."""
    return words.get(TOGETHER, (words,))  # type: ignore[return-value]


def as_one(words: Sequence[Words]) -> Words:
    """The words of one source, or of several that are answered together."""
    return words[0] if len(words) == 1 else {TOGETHER: tuple(words)}


def source_text(words: Words) -> str:
    """`logs /evidence + athena audit.trail`: the sources of a view."""
    return " + ".join(map(_one_source, each_of(words)))


def _one_source(words: Words) -> str:
    kind = next((kind for kind in (*KINDS, "trail") if words.get(kind)), "")
    named = words.get("profile", "") if kind == "history" else words.get(kind, "")
    return safe(f"{kind} {named}" if isinstance(named, str) and named else kind)


def _identity(words: Words) -> object:
    if TOGETHER in words:
        return sorted((_identity(each) for each in each_of(words)), key=str)
    return {name: value for name, value in words.items() if name not in _MANNERS}


def choice_of(words: Words, settings: Settings, folder: Path) -> SourceChoice:
    """The source with these words; paths are relative to `folder`. Raises UsageError."""
    from ssmtrail.tui.cli.options import Options
    from ssmtrail.tui.cli.sources import source_of

    if TOGETHER in words:
        return together(tuple(choice_of(each, settings, folder) for each in each_of(words)))
    _check(words)
    given: dict[str, Any] = dict(words)
    if isinstance(given.get("history"), str):  # the short form: history = PROFILE
        given |= {"history": True, "profile": given["history"]}
    if "logs" in given:
        given["logs"] = folder / home_path(str(given["logs"]))
    try:
        if "demo_end" in given:
            given["demo_end"] = date.fromisoformat(str(given["demo_end"]))
    except ValueError as error:
        raise UsageError(f"A view's demo_end {given['demo_end']!r} is no date: write it like 2026-11-23.") from error
    if "partition" in given:
        given["partition"] = tuple(_partition(text) for text in given["partition"])
    options = replace(Options(command=None), **given)
    return source_of(options, settings)


def _check(words: Words) -> None:
    """Raises UsageError for words that name no source."""
    for name, value in words.items():
        kind = [str] * (name in _TEXTS) + [bool] * (name in _SWITCHES) + [list, tuple] * (name == "partition")
        if not kind:
            raise UsageError(f"A source of a view has an unknown setting {name!r}.")
        if not isinstance(value, tuple(kind)):
            raise UsageError(f"{name} of a view's source is to be {_KINDS_IN_WORDS[kind[0]]}.")
    named = [kind for kind in (*KINDS, "trail") if words.get(kind)]
    if len(named) != 1:
        said = " and ".join(named) or "none of them"
        raise UsageError(f"A source of a view is one of {', '.join(KINDS)}, not {said}.")


def _partition(text: str) -> tuple[str, tuple[str, ...]]:
    column, _, values = text.partition("=")
    return column, tuple(each.strip() for each in values.split(","))
