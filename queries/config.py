"""The configuration file, and the state file that remembers what was opened last."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping  # msgspec reads the types of State
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from platformdirs import user_cache_dir, user_config_dir, user_state_dir

from ssmtrail.queries.errors import StoreError, UsageError
from ssmtrail.queries.model import AS_OF_DAYS
from ssmtrail.queries.paths import home_path
from ssmtrail.queries.thresholds import DEFAULT_THRESHOLDS, RULE_IDS, Thresholds
from ssmtrail.queries.times import zone_name
from ssmtrail.queries.trust import DEFAULT_TRUST, Trust


@dataclass(frozen=True, slots=True)
class AthenaTable:
    """An entry of `[[athena.tables]]`: a table under a name of one's own; None is as in `[athena]`."""

    name: str
    """What `--athena` takes."""
    table: str
    """`DATABASE.TABLE`."""
    profile: str | None = None
    region: str | None = None
    workgroup: str | None = None
    catalog: str | None = None
    role_arn: str | None = None
    """A role that is assumed first."""
    external_id: str | None = None
    """What the role's owner asks for."""


@dataclass(frozen=True, slots=True)
class AthenaSettings:
    """The section `[athena]`: defaults for the command line and the environment; None is AWS's own default."""

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
    ask_above: float = 1.0
    """Dollars that a fetch may cost without a question."""
    reuse_minutes: int = 0
    """Age up to which Athena may reuse results of closed days at no cost; 0 for never."""
    open_minutes: int = 15
    """Age up to which the copy of an open day is used."""
    recheck_days: int = 0
    """Number of last days that every run reads, and pays for, again."""
    day_budget: float | None = None
    """Dollars that one caller may spend a UTC day, over all tables; None for no budget."""
    month_budget: float | None = None
    """Dollars a UTC month."""
    expected_bucket_owner: str | None = None
    """Account that has to own the bucket of the results."""
    encrypt_results: str | None = None
    """`SSE_S3`, or a KMS key."""
    delete_results: bool = False
    """Whether the files of results are deleted after they were read."""
    tables: tuple[AthenaTable, ...] = ()
    """Tables by names of one's own."""

    def named(self, name: str) -> AthenaTable | None:
        """The table of this name."""
        return next((table for table in self.tables if table.name == name), None)

    def beneath(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The environment, with this section's values for variables that are not set."""
        own = {
            "AWS_PROFILE": self.profile, "AWS_DEFAULT_REGION": self.region, "AWS_ATHENA_WORK_GROUP": self.workgroup,
            "AWS_ATHENA_S3_STAGING_DIR": self.results,
        }  # fmt: skip
        given = {name: value for name, value in own.items() if value}
        return given | {name: value for name, value in environment.items() if value}


@dataclass(frozen=True, slots=True)
class TranscriptPlace:
    """Where the transcripts of an account are, where the account's own preferences do not say it: an archive."""

    bucket: str | None = None
    prefix: str = ""
    log_group: str | None = None
    account: str | None = None
    """The account that holds them; None is that of the session."""
    region: str | None = None
    """The region of the log group; None is that of the session."""


_NO_PLACES: Final[Mapping[str, TranscriptPlace]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TranscriptSettings:
    """The section `[transcripts]`."""

    folder: Path | None = None
    """Local copies."""
    places: Mapping[str, TranscriptPlace] = field(default_factory=lambda: _NO_PLACES, hash=False)
    """By account id, from `[transcripts.places.111122223333]`; `*` is every other account."""

    def place_of(self, account: str | None) -> TranscriptPlace | None:
        """The place that the configuration names for an account."""
        return self.places.get(account or "") or self.places.get("*")


NO_TRANSCRIPT_SETTINGS: Final = TranscriptSettings()

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, with their defaults."""

    accounts: Mapping[str, str] = field(default_factory=lambda: _NONE, hash=False)
    """Names by account id, from `[accounts]`."""
    zone: str = "UTC"
    """IANA name of the zone in which screens show times."""
    look_around_days: int = 1
    """Days before and after a window whose calls are used to join its sessions."""
    as_of_days: int = AS_OF_DAYS
    """Days before a moment whose starts the question `as-of` looks at."""
    possible_hours: int = 24
    """Hours after its start or last sign of life for which a session without a known end counts as possibly open."""
    theme: str | None = None
    """Name of the theme; None lets the terminal decide."""
    ascii: bool | None = None
    """Whether to draw with ASCII only; None lets the locale decide."""
    mouse: bool = True
    bell: bool = False
    """Whether the terminal's bell rings at new rows while the source is followed."""
    inventory: Path | None = None
    """Inventory file, unless the command line names one."""
    policy: Path | None = None
    """Access policy, unless the command line names one."""
    approvals: Path | None = None
    """Approvals that rules of the policy ask for, unless the command line names them."""
    athena: AthenaSettings = field(default_factory=AthenaSettings)
    """From `[athena]`."""
    trust: Trust = DEFAULT_TRUST
    """From `[trust]`."""
    findings: Thresholds = DEFAULT_THRESHOLDS
    """From `[findings]`."""
    transcripts: TranscriptSettings = NO_TRANSCRIPT_SETTINGS
    """From `[transcripts]`, the folder unless the command line names one."""
    view: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    """Entries `[[view]]`, see `ssmtrail.tui.saved_views`."""
    notices: tuple[str, ...] = ()
    """What to say about the file: settings of former names."""

    @classmethod
    def load(cls, path: Path | None = None) -> Settings:
        """Read the configuration file; a missing file gives the defaults.

        Raises UsageError that names the file and the fault.
        """
        path = path or config_path()
        try:
            content = toml_of(path)
        except FileNotFoundError:
            # The default file may be missing, a file that the user names may not.
            if os.environ.get("SSMTRAIL_CONFIG") and path == config_path():
                raise UsageError(f"There is no file {path}, which SSMTRAIL_CONFIG names.") from None
            return cls()
        return _settings(content, path) if content else cls()


def _toml(text: str) -> dict[str, Any]:
    import tomllib  # only if there is such a file

    return tomllib.loads(text)


def _settings(content: Mapping[str, Any], path: Path) -> Settings:
    from ssmtrail.queries.config_schema import checked_settings  # imports msgspec

    values = checked_settings(content, path)
    if "accounts" in values:
        values["accounts"] = MappingProxyType(values["accounts"])
    if "zone" in values:
        try:
            values["zone"] = zone_name(values["zone"])
        except UsageError as error:
            raise UsageError(f"{path}: {error}") from error
    for name in {"inventory", "policy", "approvals"} & values.keys():
        # Relative to the file that names it, not to the working folder.
        values[name] = _beside(path, values[name])
    if "athena" in values:
        values |= _athena(values["athena"], path)
    if "trust" in values:
        values["trust"] = Trust(**values["trust"])
    if "findings" in values:
        values["findings"] = _thresholds(values["findings"], path)
    if "transcripts" in values:
        values["transcripts"] = _transcripts(values["transcripts"], path)
    values["view"] = tuple(values.get("view", ()))
    return Settings(**values)


def _thresholds(values: Mapping[str, Any], path: Path) -> Thresholds:
    from ipaddress import ip_network

    found = Thresholds(**values)
    for network in found.networks:
        try:
            ip_network(network, strict=False)
        except ValueError as error:
            raise UsageError(f"{path}: networks in [findings]: {network!r} is no address and no CIDR block.") from error
    if unknown := [rule for rule in found.off if rule not in RULE_IDS]:
        raise UsageError(
            f"{path}: off in [findings]: there is no rule {unknown[0]!r}; there are {', '.join(RULE_IDS)}."
        )
    return found


def _transcripts(given: Mapping[str, Any], path: Path) -> TranscriptSettings:
    places = {name: TranscriptPlace(**each) for name, each in given.get("places", {}).items()}
    folder = given.get("folder")
    return TranscriptSettings(_beside(path, folder) if folder else None, MappingProxyType(places))


def _beside(path: Path, text: str) -> Path:
    """A path that the configuration at `path` names. Raises UsageError for the home of nobody."""
    try:
        return path.parent / home_path(text)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def _athena(given: dict[str, Any], path: Path) -> dict[str, Any]:
    """The section `[athena]`; 0.1.0 called `ask_above` `max_price`."""
    given["tables"] = tuple(AthenaTable(**each) for each in given.get("tables", ()))
    former = given.pop("max_price", None)
    if former is None:
        return {"athena": AthenaSettings(**given)}
    notice = f"{path}: max_price in [athena] is called ask_above now; the cap of a run is --max-price."
    return {"athena": AthenaSettings(**{"ask_above": former, **given}), "notices": (notice,)}


def config_path() -> Path:
    """Where the configuration is: `SSMTRAIL_CONFIG`, else `config.toml` in the user's configuration folder."""
    named = os.environ.get("SSMTRAIL_CONFIG")
    return Path(named) if named else Path(user_config_dir("ssmtrail", appauthor=False)) / "config.toml"


def views_path() -> Path:
    """Where the app saves views: `views.toml` beside the configuration."""
    return config_path().with_name("views.toml")


def toml_of(path: Path) -> dict[str, Any]:
    """The content of a TOML file. Raises FileNotFoundError; UsageError that names the file and the fault."""
    try:
        return _toml(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except RecursionError as error:
        raise UsageError(f"{path} is no TOML that can be read: too many brackets inside each other.") from error
    except ValueError as error:  # of TOML as of UTF-8
        raise UsageError(f"{path} is no TOML: {error}.") from error


def cache_root() -> Path:
    """The cache folder: `SSMTRAIL_CACHE`, else `ssmtrail` in the user's cache folder."""
    named = os.environ.get("SSMTRAIL_CACHE")
    return Path(named) if named else Path(user_cache_dir("ssmtrail", appauthor=False))


@dataclass(frozen=True, slots=True)
class State:
    """What the app remembers between runs. It works without it."""

    source_kind: Literal["demo", "logs", "athena", "history", "s3", "together"] | None = None
    """The source that was opened last; several as one, `together`, are those of the view that was left last."""
    source_path: str | None = None
    """Its folder, for `logs`."""
    table: Mapping[str, str] = field(default_factory=dict)
    """Its address, for `athena`: the fields of `athena.address.Address`, none of them a secret."""
    partitions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of partition columns that are read."""
    history: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Whose event history, for `history`: the fields of `history.address.HistoryAddress`."""
    s3: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Which bucket, for `s3`: the fields of `s3.address.S3Address`."""

    @classmethod
    def load(cls, path: Path | None = None) -> State:
        """Read the state; a file that is missing or damaged gives the empty state."""
        try:
            content = (path or state_path()).read_bytes()
        except OSError:
            return cls()
        from msgspec import ValidationError, convert

        try:
            # The encoder of `save` writes file names that are not UTF-8 as lone surrogates, which msgspec refuses.
            found = convert(json.loads(content), cls)
        except (ValueError, RecursionError, ValidationError):
            return cls()
        return found if found.source_kind != "logs" or found.source_path else cls()

    def save(self, path: Path | None = None) -> None:
        """Replace the file in one step, where it says something else; only its owner can read it. Raises StoreError."""
        path, text = path or state_path(), json.dumps(asdict(self))
        try:
            if path.exists() and path.read_bytes() == text.encode("ascii"):
                return
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # mkstemp makes files that only their owner can read.
            handle, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
            try:
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    file.write(text)
                Path(name).replace(path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {error.strerror or error}.") from error


def openings_path() -> Path:
    """Where it is noted which transcripts were opened: beside the state."""
    return state_path().with_name("transcripts-opened.jsonl")


def state_path() -> Path:
    """Where the state is: `SSMTRAIL_STATE`, else `state.json` in the user's state folder."""
    named = os.environ.get("SSMTRAIL_STATE")
    return Path(named) if named else Path(user_state_dir("ssmtrail", appauthor=False)) / "state.json"
