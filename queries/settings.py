"""The configuration file: what a user decided once."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from platformdirs import user_cache_dir, user_config_dir

from queries.athena_settings import AthenaSettings, read_athena_settings
from queries.errors import UsageError
from queries.zones import zone_name

if TYPE_CHECKING:
    from collections.abc import Mapping

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
