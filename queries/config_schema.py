"""The settings of the configuration file: their types, their bounds, and the words for what each is to be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, cast, get_args, get_type_hints

from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError, convert, to_builtins

from ssmtrail.queries.advice import advice
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.times import WEEK_MINUTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def _whole(most: int) -> Meta:
    return Meta(ge=0, le=most, description=f"a whole number from 0 to {most:,}")


def _text(description: str) -> Meta:
    return Meta(min_length=1, description=description)


_DOLLARS: Final = Meta(ge=0, lt=1e9, description="a number of dollars")
_SWITCH: Final = Meta(description="true or false")


#: How a table is reached: settings of `[athena]` and of each of its tables.
_Profile: TypeAlias = Annotated[str, _text("the name of an AWS profile")] | UnsetType
_Region: TypeAlias = Annotated[str, _text('an AWS region, such as "eu-central-1"')] | UnsetType
_Workgroup: TypeAlias = Annotated[str, _text("the name of a workgroup")] | UnsetType
_Catalog: TypeAlias = Annotated[str, _text("the name of a data catalog")] | UnsetType


class _Table(Struct, forbid_unknown_fields=True):
    """An entry of `[[athena.tables]]`."""

    name: Annotated[str, _text("a name of your own for a table")]
    table: Annotated[str, _text('a table, such as "audit.cloudtrail"')]
    profile: _Profile = UNSET
    region: _Region = UNSET
    workgroup: _Workgroup = UNSET
    catalog: _Catalog = UNSET
    role_arn: Annotated[str, _text('a role, such as "arn:aws:iam::111122223333:role/Audit"')] | UnsetType = UNSET
    external_id: Annotated[str, _text("what the role's owner asks for")] | UnsetType = UNSET


class _Athena(Struct, forbid_unknown_fields=True):
    """The section `[athena]`."""

    table: Annotated[str, _text('a table, such as "audit.cloudtrail"')] | UnsetType = UNSET
    profile: _Profile = UNSET
    region: _Region = UNSET
    workgroup: _Workgroup = UNSET
    results: Annotated[str, _text('a place for results, such as "s3://BUCKET/PREFIX/"')] | UnsetType = UNSET
    catalog: _Catalog = UNSET
    price_per_tb: Annotated[float, _DOLLARS] | UnsetType = UNSET
    ask_above: Annotated[float, _DOLLARS] | UnsetType = UNSET
    #: What 0.1.0 called `ask_above`.
    max_price: Annotated[float, _DOLLARS] | UnsetType = UNSET
    #: Source of the bound: "Reuse query results", Athena User Guide.
    reuse_minutes: Annotated[int, _whole(WEEK_MINUTES)] | UnsetType = UNSET
    open_minutes: Annotated[int, _whole(24 * 60)] | UnsetType = UNSET
    recheck_days: Annotated[int, _whole(366)] | UnsetType = UNSET
    day_budget: Annotated[float, _DOLLARS] | UnsetType = UNSET
    month_budget: Annotated[float, _DOLLARS] | UnsetType = UNSET
    expected_bucket_owner: (
        Annotated[str, Meta(pattern="^[0-9]{12}$", description='an account, such as "111122223333"')] | UnsetType
    ) = UNSET
    encrypt_results: Annotated[str, _text('"SSE_S3", or the id or ARN of a KMS key')] | UnsetType = UNSET
    delete_results: Annotated[bool, _SWITCH] | UnsetType = UNSET
    tables: Annotated[tuple[_Table, ...], Meta(description="a list of tables: [[athena.tables]]")] | UnsetType = UNSET


_SHARE: Final = Meta(gt=0, lt=1, description="a share between 0 and 1")
_NUMBER: Final = Meta(ge=1, le=100_000, description="a whole number from 1")
_DAYS: Final = Meta(ge=1, le=90, description="a number of days from 1 to 90")


class _Findings(Struct, forbid_unknown_fields=True):
    """The section `[findings]`."""

    off: Annotated[tuple[str, ...], Meta(description="a list of rules, see docs/findings.md")] | UnsetType = UNSET
    networks: Annotated[tuple[str, ...], Meta(description="a list of addresses or CIDR blocks")] | UnsetType = UNSET
    baseline_days: Annotated[int, _DAYS] | UnsetType = UNSET
    repeat_days: Annotated[int, _DAYS] | UnsetType = UNSET
    denied_starts: Annotated[int, _NUMBER] | UnsetType = UNSET
    denied_minutes: Annotated[int, _NUMBER] | UnsetType = UNSET
    denied_machines: Annotated[int, _NUMBER] | UnsetType = UNSET
    spread_machines: Annotated[int, _NUMBER] | UnsetType = UNSET
    spread_factor: Annotated[int, _NUMBER] | UnsetType = UNSET
    place_days: Annotated[int, _DAYS] | UnsetType = UNSET
    place_sessions: Annotated[int, _NUMBER] | UnsetType = UNSET
    place_networks: Annotated[int, _NUMBER] | UnsetType = UNSET
    two_places_minutes: Annotated[int, _NUMBER] | UnsetType = UNSET
    hours_days: Annotated[int, _DAYS] | UnsetType = UNSET
    hours_sessions: Annotated[int, _NUMBER] | UnsetType = UNSET
    hours_share: Annotated[float, _SHARE] | UnsetType = UNSET
    reason_share: Annotated[float, _SHARE] | UnsetType = UNSET
    reason_sessions: Annotated[int, _NUMBER] | UnsetType = UNSET
    jit_sessions: Annotated[int, _NUMBER] | UnsetType = UNSET
    long_hours: Annotated[int, _NUMBER] | UnsetType = UNSET
    control_hours: Annotated[int, _NUMBER] | UnsetType = UNSET
    dup_key_minutes: Annotated[int, _NUMBER] | UnsetType = UNSET
    dup_key_machines: Annotated[int, _NUMBER] | UnsetType = UNSET


_NAMES: Final = Meta(description="a list of names")


class _Trust(Struct, forbid_unknown_fields=True):
    """The section `[trust]`."""

    session_names: Annotated[tuple[str, ...], _NAMES] | UnsetType = UNSET
    source_identity_from: Annotated[tuple[str, ...], Meta(description="a list of ARNs")] | UnsetType = UNSET


_WORDS: Final = Meta(description="a text in quotes")


class _Place(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A section `[transcripts.places.ACCOUNT]`."""

    bucket: Annotated[str, _WORDS] | None = None
    prefix: Annotated[str, _WORDS] = ""
    log_group: Annotated[str, _WORDS] | None = None
    account: Annotated[str, _WORDS] | None = None
    region: Annotated[str, _WORDS] | None = None


_PLACES: Final = Meta(
    description="sections [transcripts.places.ACCOUNT] with bucket, prefix, log_group, account and region"
)


class _Transcripts(Struct, forbid_unknown_fields=True):
    """The section `[transcripts]`."""

    folder: Annotated[str, _text("the path of a folder")] | UnsetType = UNSET
    places: Annotated[dict[str, _Place], _PLACES] | UnsetType = UNSET


_SOURCES: Final = Meta(
    min_length=1, description='a list of sources, such as [{ logs = "/evidence" }] or [{ athena = "audit.cloudtrail" }]'
)


class _View(Struct, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """An entry `[[view]]`."""

    name: Annotated[str, _text("the name of the view")]
    sources: Annotated[tuple[dict[str, str | bool | int | tuple[str, ...]], ...], _SOURCES]
    screen: Annotated[str, _WORDS] = "sessions"
    start: Annotated[str, _WORDS] = ""
    end: Annotated[str, _WORDS] = ""
    where: Annotated[str, _WORDS] = ""
    sort: Annotated[str, _WORDS] = ""
    zone: Annotated[str, _WORDS] = ""
    measure: Annotated[Literal["sessions", "calls"], Meta(description='"sessions" or "calls"')] = "sessions"
    unit: Annotated[str, _WORDS] = ""
    parts: Annotated[str, _WORDS] = ""
    columns: Annotated[tuple[str, ...], Meta(description="a list of columns")] = ()


_VIEWS: Final = Meta(description="entries [[view]], each with a name and sources")


class _ViewsFile(Struct, forbid_unknown_fields=True):
    """A file of saved views."""

    view: Annotated[tuple[_View, ...], _VIEWS] = ()


class _File(Struct, forbid_unknown_fields=True):
    """The whole file."""

    accounts: (
        Annotated[dict[str, str], Meta(description='a table of names, such as 111122223333 = "prod"')] | UnsetType
    ) = UNSET
    zone: Annotated[str, _text('the name of a time zone, such as "Europe/Berlin" or "local"')] | UnsetType = UNSET
    look_around_days: Annotated[int, Meta(ge=0, le=30, description="a number of days from 0 to 30")] | UnsetType = UNSET
    as_of_days: Annotated[int, Meta(ge=1, le=366, description="a number of days from 1 to 366")] | UnsetType = UNSET
    possible_hours: (
        Annotated[int, Meta(ge=0, le=30 * 24, description="a number of hours from 0 to 720")] | UnsetType
    ) = UNSET
    theme: Annotated[str, _text("the name of a theme")] | UnsetType = UNSET
    ascii: Annotated[bool, _SWITCH] | UnsetType = UNSET
    mouse: Annotated[bool, _SWITCH] | UnsetType = UNSET
    bell: Annotated[bool, _SWITCH] | UnsetType = UNSET
    inventory: Annotated[str, _text("the path of a file")] | UnsetType = UNSET
    policy: Annotated[str, _text("the path of a file")] | UnsetType = UNSET
    approvals: Annotated[str, _text("the path of a file")] | UnsetType = UNSET
    athena: Annotated[_Athena, Meta(description="a section of its own: [athena]")] | UnsetType = UNSET
    trust: Annotated[_Trust, Meta(description="a section of its own: [trust]")] | UnsetType = UNSET
    findings: Annotated[_Findings, Meta(description="a section of its own: [findings]")] | UnsetType = UNSET
    transcripts: Annotated[_Transcripts, Meta(description="a section of its own: [transcripts]")] | UnsetType = UNSET
    view: Annotated[tuple[_View, ...], _VIEWS] | UnsetType = UNSET


_SECTIONS: Final[dict[str, type[Struct]]] = {
    "athena": _Athena, "trust": _Trust, "findings": _Findings, "transcripts": _Transcripts, "view": _View
}  # fmt: skip


#: The end of msgspec's message: the section or the setting, and a setting in the section.
_PLACE: Final = re.compile(r" - at `\$\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?[^`]*`$")
#: The same where a section of `[transcripts.places]` has the setting.
_IN_A_PLACE: Final = re.compile(r" - at `\$\.transcripts\.places\[\.\.\.\]\.(\w+)`$")
_ONE_PLACE: Final = "[transcripts.places.ACCOUNT]"
_MISSING: Final = re.compile(r"missing required field `(\w+)`")
_UNKNOWN: Final = re.compile(r"unknown field `(.*?)`(?: - at |$)", re.DOTALL)


def checked_settings(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """The settings that the file gives, each section as a dict of its own.

    Raises UsageError that names the file, the setting, and what it is to be.
    """
    try:
        return cast("dict[str, Any]", to_builtins(convert(content, _File)))  # without what is unset
    except ValidationError as error:
        raise UsageError(f"{path}{_fault(str(error), _File)}") from error


def settings_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration file."""
    from msgspec.json import schema

    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema(_File)}


def checked_views(content: Mapping[str, Any], path: Path) -> list[dict[str, Any]]:
    """The entries `[[view]]` of a file of saved views. Raises UsageError as `checked_settings` does."""
    try:
        return [to_builtins(each) for each in convert(content, _ViewsFile).view]
    except ValidationError as error:
        raise UsageError(f"{path}{_fault(str(error), _ViewsFile)}") from error


def _fault(message: str, whole: type[Struct]) -> str:
    """What is wrong in a file of this type, after the file's name."""
    place = _PLACE.search(message)
    name, inner = place.groups() if place else (None, None)
    if unknown := _UNKNOWN.search(message):
        section, where = (_SECTIONS[name], f" in [{name}]") if name in _SECTIONS else (whole, "")
        if inner == "places":
            section, where = _Place, f" in {_ONE_PLACE}"
        names = section.__struct_encode_fields__
        only = f"there is only {names[0]}." if len(names) == 1 else None
        return f" has an unknown setting {unknown[1]!r}{where}; {advice(unknown[1], names, only)}"
    if found := _IN_A_PLACE.search(message):
        return f": {found[1]} in {_ONE_PLACE} is to be {_description(_Place, found[1])}."
    if name in _SECTIONS and (missing := _MISSING.search(message)):
        return f": an entry [[{name}]] needs {missing[1]}, which is to be {_description(_SECTIONS[name], missing[1])}."
    if name in _SECTIONS and inner:
        return f": {inner} in [{name}] is to be {_description(_SECTIONS[name], inner)}."
    return f": {name} is to be {_description(whole, str(name))}."


def _description(section: type[Struct], name: str) -> str:
    fields = dict(zip(section.__struct_encode_fields__, section.__struct_fields__, strict=True))
    hint = get_type_hints(section, include_extras=True)[fields[name]]
    annotated = hint if hasattr(hint, "__metadata__") else get_args(hint)[0]  # without what says that it is not given
    return str(annotated.__metadata__[0].description)
