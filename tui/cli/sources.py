"""Which source the options name, and which of them mean something for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal, TypedDict

from ssmtrail.queries.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.queries.sources.s3.address import S3Address
    from ssmtrail.tui.choice import S3Choice, SourceChoice
    from ssmtrail.tui.cli.options import Options

Kind = Literal["demo", "logs", "athena", "history", "s3"]

#: The sources for which an option means something.
_FOR: Final[dict[str, tuple[Kind, ...]]] = {
    **dict.fromkeys(("follow_links", "keep_secrets"), ("logs",)),
    "reread": ("logs", "s3"),
    "demo_end": ("demo",),
    **dict.fromkeys(("ends", "names"), ("logs", "athena", "history", "s3")),
    **dict.fromkeys(("profile", "region"), ("athena", "history", "s3")),
    **dict.fromkeys(
        ("workgroup", "catalog", "results", "partition", "expected_bucket_owner", "encrypt_results"), ("athena",)
    ),
    **dict.fromkeys(("reuse_minutes", "recheck", "renew", "accept_unproven", "delete_results"), ("athena",)),
    **dict.fromkeys(("max_price", "yes"), ("athena", "s3")),
    "role_arn": ("athena", "history", "s3"),
    "external_id": ("athena",),
    **dict.fromkeys(("organisation_role", "run_command"), ("history",)),
    **dict.fromkeys(("account", "request_payer"), ("s3",)),
}
#: Options that mean something for every source with `--ends` or `--names`.
_WITH_ENDS: Final = ("profile", "region", "role_arn", "organisation_role")
_NAMES: Final = {"demo": "the demo"}


def names_source(options: Options) -> bool:
    """Whether the command line names a source."""
    named = (options.logs, options.s3, options.trail, options.athena)
    return options.demo or options.history or any(each is not None for each in named)


def source_of(options: Options, settings: Settings) -> SourceChoice:
    """The source that the options name, or several as one. Raises UsageError."""
    from ssmtrail.tui.choice import SourceChoice, together
    from ssmtrail.tui.cli.options import athena_choice

    if options.others:
        return together(tuple(source_of(each, settings) for each in _each(options, settings)))
    kind = _kind(options, settings)
    _refuse_others(options, (kind,))
    if kind == "history":
        address = history_address(options)
        return SourceChoice("history", history=address, names=address if options.names else None)
    if kind == "athena":
        table = athena_choice(options, settings)
        whose = replace(options, region=None, role_arn=table.address.role_arn)
        return SourceChoice("athena", athena=table, **_asked(whose, table.address.profile))
    if kind == "s3":
        whose = replace(options, region=None)
        return SourceChoice(
            "s3", s3=s3_choice(options, settings), reread=options.reread, **_asked(whose, options.profile)
        )
    if kind == "demo":
        return SourceChoice("demo", None, options.demo_end)
    asked = _asked(options, options.profile)
    return SourceChoice(
        "logs", options.logs, follow_links=options.follow_links, reread=options.reread,
        keep_secrets=options.keep_secrets, **asked,
    )  # fmt: skip


def _each(options: Options, settings: Settings) -> Iterator[Options]:
    """The options of each source: those that mean something for it. Raises UsageError for what means nothing to any."""
    first = _kind(options, settings)
    value = {"history": True}.get(first) or getattr(options, first)
    named: list[tuple[Kind, object]] = [(first, value), *options.others]  # type: ignore[list-item]
    _refuse_others(options, tuple(kind for kind, _ in named))
    nothing = type(options)(command=None)
    none = {"logs": None, "s3": None, "athena": None, "history": False, "others": (), "command": None}
    for kind, value in named:
        others = {name: getattr(nothing, name) for name in _FOR if not _is_for(options, name, (kind,))}
        trail = options.trail if kind == "s3" else None
        yield replace(options, **{**none, **others, "trail": trail, kind: value})


def _kind(options: Options, settings: Settings) -> Kind:
    """The kind of source; the configuration's table where a question names none. Raises UsageError."""
    if options.command in ("demo", "logs", "athena", "history", "s3"):
        return options.command  # type: ignore[return-value]
    if options.demo:
        return "demo"
    if options.history:
        return "history"
    if options.s3 is not None or options.trail is not None:
        return "s3"
    if options.logs is not None:
        return "logs"
    if options.athena is None and settings.athena.table is None:
        raise UsageError("Name a source: --logs DIR, --history, --s3 URL, --athena DB.TABLE, or --demo.")
    return "athena"


def _is_for(options: Options, name: str, kinds: tuple[Kind, ...]) -> bool:
    """Whether an option means something for one of these sources."""
    asks = (options.ends or options.names) and name in _WITH_ENDS
    return asks or not set(kinds).isdisjoint(_FOR[name])


def _refuse_others(options: Options, given: tuple[Kind, ...]) -> None:
    """Raises UsageError where an option is given that means something for another source only."""
    for name, kinds in _FOR.items():
        is_given = getattr(options, name) not in (None, False, (), "")
        if is_given and not _is_for(options, name, given):
            *others, last = [_NAMES.get(each, f"--{each}") for each in kinds]
            which = f"{', '.join(others)} and {last}" if others else last
            raise UsageError(f"--{name.replace('_', '-')} is for {which} only.")


class _Asked(TypedDict):
    """Whom AWS is asked about beside the records; None where it is not."""

    ends: HistoryAddress | None
    names: HistoryAddress | None


def _asked(options: Options, profile: str | None) -> _Asked:
    """Whose ends and names are asked for. Raises UsageError."""
    if not (options.ends or options.names):
        return {"ends": None, "names": None}
    whose = history_address(replace(options, profile=profile))
    return {"ends": whose if options.ends else None, "names": whose if options.names else None}


def history_address(options: Options) -> HistoryAddress:
    """Whose event history the options name. Raises UsageError."""
    from ssmtrail.queries.sources.history.address import HistoryAddress

    return HistoryAddress(
        _words(options.profile), _regions(options), options.role_arn, options.organisation_role, options.run_command
    ).checked()


def s3_choice(options: Options, settings: Settings) -> S3Choice:
    """The bucket that the options name, with what it may cost. Raises UsageError."""
    from ssmtrail.tui.choice import bounded_bucket

    found = bounded_bucket(s3_address(options), settings.athena)
    return replace(found, max_price=options.max_price, agreed=options.yes)


def s3_address(options: Options) -> S3Address:
    """The bucket that the options name. Raises UsageError."""
    from ssmtrail.queries.sources.s3.address import S3Address

    address = S3Address.of(options.s3) if options.s3 else S3Address()
    return replace(
        address, trail=options.trail, accounts=_words(options.account), profile=options.profile,
        regions=_regions(options), role_arn=options.role_arn, request_payer=options.request_payer,
    ).checked()  # fmt: skip


def _regions(options: Options) -> tuple[str, ...]:
    """The regions that are named; none for all."""
    named = _words(options.region)
    return () if named == ("all",) else named


def _words(text: str | None) -> tuple[str, ...]:
    """The words between commas."""
    return tuple(each.strip() for each in (text or "").split(",") if each.strip())
