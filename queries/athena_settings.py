"""The `[athena]` section of the configuration file: the table that is meant, and the way to it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from queries.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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
    return AthenaSettings(**{name: _value(name, value, path) for name, value in content.items()})


def _value(name: str, value: Any, path: Path) -> Any:
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


_RIGHT: Final = {
    "table": 'a table, such as "audit.cloudtrail"',
    "profile": "the name of an AWS profile",
    "region": 'an AWS region, such as "eu-central-1"',
    "workgroup": "the name of a workgroup",
    "results": 'a place for results, such as "s3://BUCKET/PREFIX/"',
    "catalog": "the name of a data catalog",
}
