"""The configuration file, and the state file that remembers what was opened last."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from platformdirs import user_cache_dir, user_config_dir, user_state_dir

from ssmtrail.queries.errors import StoreError, UsageError
from ssmtrail.queries.times import zone_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_DOLLARS: Final = 1e9
#: Seven days. Source: "Reuse query results", Athena User Guide.
MOST_REUSE_MINUTES: Final = 10_080
#: Settings that are whole numbers, with the largest that makes sense.
_WHOLE: Final = {"reuse_minutes": MOST_REUSE_MINUTES, "open_minutes": 24 * 60, "recheck_days": 366}


@dataclass(frozen=True, slots=True)
class AthenaSettings:
    """What the command line and the environment need not say; None is left to AWS's own configuration."""

    table: str | None = None
    """`DATABASE.TABLE`."""
    profile: str | None = None
    region: str | None = None
    workgroup: str | None = None
    results: str | None = None
    """`s3://BUCKET/PREFIX/`, where the workgroup has no output location."""
    catalog: str | None = None
    price_per_tb: float = 5.0
    """Dollars a terabyte; differs by region."""
    max_price: float = 1.0
    """Dollars that a fetch may cost before somebody is asked."""
    reuse_minutes: int = 0
    """How old a result of closed days may be that Athena gives again for nothing; 0 for never."""

    open_minutes: int = 15
    """How old the copy of a day that is not over may be before the next fetch reads it again."""
    recheck_days: int = 0
    """So many of the last days are read, and paid, again in every run although they are kept."""

    def beneath(self, environment: Mapping[str, str]) -> dict[str, str]:
        """An environment in which this section says what no variable says."""
        said = {
            "AWS_PROFILE": self.profile, "AWS_DEFAULT_REGION": self.region, "AWS_ATHENA_WORK_GROUP": self.workgroup,
            "AWS_ATHENA_S3_STAGING_DIR": self.results,
        }  # fmt: skip
        own = {name: value for name, value in said.items() if value}
        return own | {name: value for name, value in environment.items() if value}


def read_athena_settings(content: Mapping[str, Any], path: Path) -> AthenaSettings:
    """Read the section. Raises UsageError that names the file and what would be right in it."""
    return AthenaSettings(**{name: _athena_value(name, value, path) for name, value in content.items()})


def _athena_value(name: str, value: Any, path: Path) -> Any:
    names = [each.name for each in fields(AthenaSettings)]
    if name not in names:
        near = get_close_matches(name, names, 1)
        advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}."
        raise UsageError(f"{path} has an unknown setting {name!r} in [athena]; {advice}")
    if name in {"price_per_tb", "max_price"}:
        # TOML's true would count as a number; its nan is in no range.
        if type(value) not in {int, float} or not 0 <= value < _MOST_DOLLARS:
            raise UsageError(f"{path}: {name} in [athena] is to be a number of dollars.")
        return float(value)
    if name in _WHOLE:
        if type(value) is not int or not 0 <= value <= _WHOLE[name]:
            raise UsageError(f"{path}: {name} in [athena] is to be a whole number from 0 to {_WHOLE[name]:,}.")
        return value
    if not isinstance(value, str) or not value:
        raise UsageError(f"{path}: {name} in [athena] is to be {_RIGHT[name]}.")
    return value


_ATHENA_RIGHT: Final = {
    "table": 'a table, such as "audit.cloudtrail"',
    "profile": "the name of an AWS profile",
    "region": 'an AWS region, such as "eu-central-1"',
    "workgroup": "the name of a workgroup",
    "results": 'a place for results, such as "s3://BUCKET/PREFIX/"',
    "catalog": "the name of a data catalog",
}


_MOST_LOOK_AROUND_DAYS: Final = 30
_MOST_POSSIBLE_HOURS: Final = 24 * 30
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, each with the value that it has when nothing is said."""

    accounts: Mapping[str, str] = field(default_factory=lambda: _NONE, hash=False)
    """Names by account id, from `[accounts]`."""
    zone: str = "UTC"
    """IANA name of the zone in which screens show times."""
    look_around_days: int = 1
    """Days before and after a window whose calls are used to join its sessions."""
    possible_hours: int = 24
    """For so long after its start, or its last proof of life, a session without a known end is possibly open."""
    theme: str | None = None
    """Name of the theme; None lets the terminal decide."""
    ascii: bool | None = None
    """Whether to draw with ASCII only; None lets the locale decide."""
    mouse: bool = True
    inventory: Path | None = None
    """Inventory file to use when the command line names none."""
    athena: AthenaSettings = field(default_factory=AthenaSettings)
    """From `[athena]`."""

    @classmethod
    def load(cls, path: Path | None = None) -> Settings:
        """Read the configuration file; one that does not exist says nothing.

        Raises UsageError that names the file and what would be right in it.
        """
        path = path or config_path()
        try:
            content = _toml(path.read_bytes().decode("utf-8-sig"))
        except FileNotFoundError:
            # A file that somebody named has to be there; the usual one need not be.
            if os.environ.get("SSMTRAIL_CONFIG") and path == config_path():
                raise UsageError(f"There is no file {path}, which SSMTRAIL_CONFIG names.") from None
            return cls()
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
        except ValueError as error:  # of TOML as of UTF-8
            raise UsageError(f"{path} is no TOML: {error}.") from error
        return cls(**{name: _value(name, value, path) for name, value in content.items()})


def _toml(text: str) -> dict[str, Any]:
    import tomllib  # not where there is no such file

    return tomllib.loads(text)


def config_path() -> Path:
    """Where the configuration is: `SSMTRAIL_CONFIG`, else `config.toml` in the user's configuration folder."""
    named = os.environ.get("SSMTRAIL_CONFIG")
    return Path(named) if named else Path(user_config_dir("ssmtrail", appauthor=False)) / "config.toml"


def cache_root() -> Path:
    """The folder of what was read: `SSMTRAIL_CACHE`, else the user's cache folder."""
    named = os.environ.get("SSMTRAIL_CACHE")
    return Path(named) if named else Path(user_cache_dir("ssmtrail", appauthor=False))


def _value(name: str, value: Any, path: Path) -> Any:
    names = [each.name for each in fields(Settings)]
    if name not in names:
        near = get_close_matches(name, names, 1)
        advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}."
        raise UsageError(f"{path} has an unknown setting {name!r}; {advice}")
    right = _RIGHT[name]
    if not _is_right(name, value):
        raise UsageError(f"{path}: {name} is to be {right}.")
    return _read(name, value, path)


def _is_right(name: str, value: object) -> bool:
    match name:
        case "accounts":
            return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
        case "athena":
            return isinstance(value, dict)
        case "look_around_days":
            # TOML's true would count as a number.
            return type(value) is int and 0 <= value <= _MOST_LOOK_AROUND_DAYS
        case "possible_hours":
            return type(value) is int and 0 <= value <= _MOST_POSSIBLE_HOURS
        case "ascii" | "mouse":
            return isinstance(value, bool)
        case _:
            return isinstance(value, str) and bool(value)


def _read(name: str, value: Any, path: Path) -> Any:
    match name:
        case "accounts":
            return MappingProxyType(value)
        case "athena":
            return read_athena_settings(value, path)
        case "zone":
            try:
                return zone_name(value)
            except UsageError as error:
                raise UsageError(f"{path}: {error}") from error
        case "inventory":
            # Relative to the file that says it: the working folder is another one each time.
            return path.parent / Path(value).expanduser()
        case _:
            return value


_RIGHT: Final[dict[str, str]] = {
    "accounts": 'a table of names, such as 111122223333 = "prod"',
    "zone": 'the name of a time zone, such as "Europe/Berlin" or "local"',
    "look_around_days": f"a number of days from 0 to {_MOST_LOOK_AROUND_DAYS}",
    "possible_hours": f"a number of hours from 0 to {_MOST_POSSIBLE_HOURS}",
    "theme": "the name of a theme",
    "ascii": "true or false",
    "mouse": "true or false",
    "inventory": "the path of a file",
    "athena": "a section of its own: [athena]",
}


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered; nothing in it is needed to work."""

    source_kind: str | None = None
    """`demo`, `logs` or `athena`: the source that was opened last."""
    source_path: str | None = None
    """Its folder, for `logs`."""
    table: Mapping[str, str] = field(default_factory=dict)
    """The way to it, for `athena`: names of `athena.address.Address`; no secret is among them."""
    partitions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Values of partition columns that it is kept to."""

    @classmethod
    def load(cls, path: Path | None = None) -> State:
        """Read the state; one that is missing or damaged is forgotten."""
        try:
            content = json.loads((path or state_path()).read_bytes())
        except (OSError, ValueError, RecursionError):
            return cls()
        if not isinstance(content, dict):
            return cls()
        kind, folder = content.get("source_kind"), content.get("source_path")
        if kind == "demo":
            return cls("demo")
        if kind == "athena":
            return cls("athena", None, _texts(content.get("table")), _lists(content.get("partitions")))
        return cls("logs", folder) if kind == "logs" and isinstance(folder, str) and folder else cls()

    def save(self, path: Path | None = None) -> None:
        """Write it whole or not at all, for the user alone. Raises StoreError."""
        path = path or state_path()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkstemp makes files that only their owner can read.
            handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
            try:
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    json.dump(asdict(self), file)
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from error


def _texts(content: object) -> dict[str, str]:
    if not isinstance(content, dict):
        return {}
    return {name: text for name, text in content.items() if isinstance(text, str)}


def _lists(content: object) -> dict[str, Sequence[str]]:
    if not isinstance(content, dict):
        return {}
    return {name: tuple(map(str, texts)) for name, texts in content.items() if isinstance(texts, list)}


def state_path() -> Path:
    """Where the state is: `SSMTRAIL_STATE`, else `state.json` in the user's state folder."""
    named = os.environ.get("SSMTRAIL_STATE")
    return Path(named) if named else Path(user_state_dir("ssmtrail", appauthor=False)) / "state.json"
