"""The options of the command line that lead to a table in Athena."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Final

from queries.athena_settings import MOST_REUSE_MINUTES
from queries.errors import UsageError
from queries.state import State

if TYPE_CHECKING:
    from argparse import Namespace

    from queries.athena_settings import AthenaSettings
    from queries.sources.athena.address import Address


#: Options that lead nowhere without Athena.
_OF_ATHENA: Final = (
    "profile", "region", "workgroup", "catalog", "results", "partition", "max_price", "reuse_minutes", "recheck", "yes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AthenaChoice:
    """A table, and what may be paid for it."""

    address: Address
    partitions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Values of partition columns to keep to."""
    most: float = 1.0
    """Dollars that a fetch may cost before somebody is asked."""
    agreed: bool = False
    """Whether any price is agreed to."""
    price: float = 5.0
    """Dollars a terabyte."""
    reuse_minutes: int = 0
    """How old a result of closed days may be that Athena gives again for nothing; 0 for never."""
    open_minutes: int = 15
    """How old the copy of an open day may be."""
    recheck_days: int = 0
    """So many of the last days are read again, once a run."""


def athena_named(table: str, last: AthenaChoice | None) -> AthenaChoice:
    """A table named on a screen; the one that was open before keeps its options. Raises UsageError."""
    from queries.sources.athena.address import address_of  # not for words about other sources, as below

    found = AthenaChoice(address_of(table, environment=os.environ))
    return last if last is not None and last.address.shown_table == found.address.shown_table else found


def remembered(choice: AthenaChoice) -> State:
    """What is remembered of it: the table and the way there; what may be paid is asked anew."""
    way = {name: text for name, text in asdict(choice.address).items() if text is not None}
    return State("athena", None, way, dict(choice.partitions))


def recalled(state: State, settings: AthenaSettings) -> AthenaChoice | None:
    """The table that was opened last, on the configuration's terms, where what is remembered still makes sense."""
    from queries.sources.athena.address import Address

    names = {each.name for each in fields(Address)}
    way = {name: text for name, text in state.table.items() if name in names}
    if not (way.get("database") and way.get("table")):
        return None
    partitions = tuple((name, tuple(values)) for name, values in state.partitions.items())
    return AthenaChoice(
        Address(**way), partitions, settings.max_price, price=settings.price_per_tb,
        reuse_minutes=settings.reuse_minutes, open_minutes=settings.open_minutes, recheck_days=settings.recheck_days,
    )  # fmt: skip


def add_athena_options(parser: argparse.ArgumentParser, *, table: bool = False, pays: bool = True) -> None:
    """Give a command the way to Athena, with the bounds on what it costs; `table` as its argument, too."""
    if table:
        told = "the table; CATALOG.DB.TABLE for another catalog (default: that of the configuration)"
        parser.add_argument("table", metavar="DB.TABLE", nargs="?", help=told)
    athena = parser.add_argument_group("athena")
    athena.add_argument("--profile", metavar="NAME", help="AWS profile (or AWS_PROFILE)")
    athena.add_argument("--region", metavar="REGION", help="AWS region (or AWS_REGION)")
    athena.add_argument("--workgroup", metavar="NAME", help="workgroup (or AWS_ATHENA_WORK_GROUP; default: primary)")
    athena.add_argument("--catalog", metavar="NAME", help="data catalog (default: AwsDataCatalog)")
    told = "s3://BUCKET/PREFIX/ for results, where the workgroup has none (or AWS_ATHENA_S3_STAGING_DIR)"
    athena.add_argument("--results", metavar="S3", help=told)
    athena.add_argument(
        "--partition", metavar="COLUMN=VALUE[,VALUE]", action="append", type=_partition, default=[],
        help="keep to these values of a partition column, such as accounts",
    )  # fmt: skip
    if not pays:
        return
    athena.add_argument("--max-price", metavar="DOLLARS", type=_dollars, help="ask before more is paid (default: 1)")
    told = (
        f"take results of closed days again that are no older, for nothing (default: 0, at most {MOST_REUSE_MINUTES})"
    )
    athena.add_argument("--reuse-minutes", metavar="N", type=_minutes, help=told)
    told = "read the last DAYS again although they are kept: for what is delivered late (default: 0)"
    athena.add_argument("--recheck", metavar="DAYS", type=_days, help=told)
    athena.add_argument("--yes", action="store_true", help="agree to whatever a fetch costs")


def athena_choice(arguments: Namespace, settings: AthenaSettings) -> AthenaChoice:
    """What the options mean, before the environment, before the configuration. Raises UsageError."""
    table = getattr(arguments, "table", None) or getattr(arguments, "athena", None) or settings.table
    if table is None:
        raise UsageError("Name a table, DATABASE.TABLE, here or in the section [athena] of the configuration.")
    from queries.sources.athena.address import address_of

    address = address_of(
        table, catalog=arguments.catalog or settings.catalog, profile=arguments.profile, region=arguments.region,
        workgroup=arguments.workgroup, output=arguments.results, environment=settings.beneath(os.environ),
    )  # fmt: skip
    most: float | None = getattr(arguments, "max_price", None)
    reuse: int | None = getattr(arguments, "reuse_minutes", None)
    recheck: int | None = getattr(arguments, "recheck", None)
    return AthenaChoice(
        address, tuple(arguments.partition), settings.max_price if most is None else most,
        getattr(arguments, "yes", False), settings.price_per_tb, settings.reuse_minutes if reuse is None else reuse,
        settings.open_minutes, settings.recheck_days if recheck is None else recheck,
    )  # fmt: skip


def refuse_athena_options(arguments: Namespace) -> None:
    """Raise UsageError where an option is given that leads nowhere without Athena."""
    for name in _OF_ATHENA:
        if getattr(arguments, name, None) not in (None, False, []):
            raise UsageError(f"--{name.replace('_', '-')} is for --athena only.")


def _partition(text: str) -> tuple[str, tuple[str, ...]]:
    column, sign, values = text.partition("=")
    found = tuple(value.strip() for value in values.split(",") if value.strip())
    if not sign or not column or not found:
        raise argparse.ArgumentTypeError(f"{text!r} names no values; write it like account=111122223333,444455556666")
    return column, found


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 366:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 0 to 366")
    return int(text)


def _dollars(text: str) -> float:
    try:
        found = float(text.removeprefix("$"))
    except ValueError:
        found = -1.0
    if not 0 <= found < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no price; write it like 2.50")
    return found


def _minutes(text: str) -> int:
    if not text.isdecimal() or int(text) > MOST_REUSE_MINUTES:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of minutes up to {MOST_REUSE_MINUTES} (seven days)")
    return int(text)
