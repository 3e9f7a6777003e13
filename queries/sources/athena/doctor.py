"""Checks of everything that a table in Athena needs, each with the next step if it fails; nothing is scanned."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.sources.athena.answers import pruning
from ssmtrail.queries.sources.athena.catalog import read_catalog
from ssmtrail.queries.sources.athena.client import (
    LEAST_ENGINE,
    connected,
    described_workgroup,
    engine_of,
    reservation_of,
    why_not_sql,
)
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.tables import KIND_NAMES
from ssmtrail.queries.sources.checks import Check

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping

    from ssmtrail.queries.sources.athena.address import Address
    from ssmtrail.queries.sources.athena.catalog import Catalog
    from ssmtrail.queries.sources.athena.client import Aws

_DAY: Final = timedelta(days=1)
#: Most prefixes of a day that are searched for a readable file.
_MOST_PLACES: Final = 100


def checks(
    address: Address,
    given: Mapping[str, tuple[str, ...]],
    cancelled: threading.Event,
    today: datetime | None = None,
    *,
    deletes: bool = False,
) -> Iterator[Check]:
    """Check the access to a table step by step; checks that need a failed one are skipped. Raises Cancelled.

    `deletes` deletes the files of the result that EXPLAIN writes.
    """
    try:
        aws = connected(address)
    except AthenaError as error:
        yield Check("identity", "failed", str(error))
        return
    account = f"account {aws.account}" if aws.account else "an unknown account (STS does not answer)"
    yield Check("identity", "ok", f"{account}, region {aws.address.region}")
    yield from _workgroup(aws, cancelled)
    try:
        catalog = read_catalog(aws, given, cancelled)
    except (SourceError, UsageError) as error:
        yield Check("table", "failed", str(error))
        return
    yield from _table(catalog)
    day = (today or datetime.now(UTC)) - _DAY
    yield _partitions(catalog, day, cancelled)
    yield _files(aws, catalog, day, cancelled)
    yield _query(aws, catalog, day, cancelled, deletes=deletes)


def _workgroup(aws: Aws, cancelled: threading.Event) -> Iterator[Check]:
    name = aws.address.workgroup
    try:
        found = described_workgroup(aws, cancelled)
    except AthenaError as error:
        yield Check("workgroup", "failed", str(error))
        return
    settings: dict[str, Any] = found.get("Configuration", {})
    if found.get("State") == "DISABLED":
        yield Check("workgroup", "failed", f"The workgroup {name} is disabled: name another with --workgroup.")
    else:
        limit = settings.get("BytesScannedCutoffPerQuery")
        yield Check("workgroup", "ok", f"{name}, " + (f"at most {limit:,} bytes a query" if limit else "no byte limit"))
    if why := why_not_sql(settings, name or ""):
        yield Check("engine", "failed", why)
    else:
        yield _engine(*engine_of(settings), name or "")
    yield _capacity(aws, cancelled)
    yield from _output(aws, settings)


def _engine(version: str, number: int | None, workgroup: str) -> Check:
    if number is None:
        return Check("engine", "skipped", "the workgroup does not name its engine version")
    if number < LEAST_ENGINE:
        advice = f"set the workgroup {workgroup} to version {LEAST_ENGINE}."
        return Check("engine", "failed", f"{version} is too old: {advice}")
    return Check("engine", "ok", version)


def _capacity(aws: Aws, cancelled: threading.Event) -> Check:
    try:
        found = reservation_of(aws, cancelled)
    except AthenaError as error:
        return Check("capacity", "failed", str(error))
    if found is None:
        return Check(
            "capacity", "skipped", "whether queries run on reserved capacity may not be read "
            "(athena:ListCapacityReservations): prices are those by scan",
        )  # fmt: skip
    return Check(
        "capacity", "ok", f"reserved, {found}: scans have no price" if found else "none is reserved: paid by scan"
    )


def _output(aws: Aws, settings: Mapping[str, Any]) -> Iterator[Check]:
    """Where results go, and how their files end."""
    own = aws.address.output
    if settings.get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
        yield Check("output", "ok", f"managed by Athena{'; --results is ignored' if own else ''}")
        return
    of_group = settings.get("ResultConfiguration", {}).get("OutputLocation")
    is_enforced = of_group and settings.get("EnforceWorkGroupConfiguration")
    output = of_group if is_enforced else own or of_group
    if not output:
        yield Check(
            "output", "failed", "There is no output location: name one with --results s3://BUCKET/PREFIX/, or set one "
            f"in the workgroup {aws.address.workgroup}.",
        )  # fmt: skip
        return
    ignored = ": the workgroup enforces its own location, --results is ignored" if is_enforced and own else ""
    yield Check("output", "ok", f"{output}{ignored}")
    yield _results(output)


def lifecycle_rule(output: str) -> str:
    """A rule for S3 by which results end after a day, as JSON. `output` is `s3://BUCKET/PREFIX/`.

    Source: "PutBucketLifecycleConfiguration", Amazon S3 API Reference.
    """
    prefix = output.removeprefix("s3://").partition("/")[2]
    return json.dumps(
        {"ID": "ssmtrail-results", "Status": "Enabled", "Filter": {"Prefix": prefix and f"{prefix.rstrip('/')}/"},
         "Expiration": {"Days": 1}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}
    )  # fmt: skip


def _results(output: str) -> Check:
    rule = lifecycle_rule(output)
    if not output.removeprefix("s3://").partition("/")[2]:
        return Check("results", "ok", "result files hold records of the trail, and have no folder of their own: name "
                     "one, so that a lifecycle rule can remove them, or use --delete-results")  # fmt: skip
    return Check(
        "results", "ok", "result files hold records of the trail, and Athena never removes them: use --delete-results, "
        f"or add this lifecycle rule to those of the bucket: {rule}",
    )  # fmt: skip


def _table(catalog: Catalog) -> Iterator[Check]:
    table = catalog.table
    if table.needs:
        column = table.needs[0]
        yield Check("table", "failed", f"Every query must name values of {column}: give --partition {column}=VALUE.")
    else:
        place = f", {table.location}" if table.location else ""
        yield Check("table", "ok", f"{KIND_NAMES[table.kind]}{place}")
    for warning in table.warnings:
        yield Check("table", "failed" if table.days is None and "scans" in warning else "ok", warning)


def _partitions(catalog: Catalog, day: datetime, cancelled: threading.Event) -> Check:
    """Whether yesterday's partition exists."""
    table, wanted = catalog.table, day.date()
    if table.days is None:
        return Check("partitions", "skipped", "no partition column holds days")
    if catalog.listed is not None:
        try:
            if wanted in catalog.listed.places((wanted,), cancelled):
                return Check("partitions", "ok", f"listed in the catalog, {wanted} among them")
        except AthenaError as error:
            return Check("partitions", "failed", str(error))
        return Check("partitions", "failed", f"No partition of {wanted}: add it, or use partition projection.")
    first, last_day = table.reach(wanted + _DAY)
    shown = " to ".join(table.range) if table.range else "every day"
    if (first and wanted < first) or (last_day and wanted > last_day):
        text = f"{wanted} is outside the table's projection range ({shown}): change projection.…range."
        return Check("partitions", "failed", text)
    return Check("partitions", "ok", f"projected, {shown}")


def _files(aws: Aws, catalog: Catalog, day: datetime, cancelled: threading.Event) -> Check:
    """Whether yesterday's files can be listed and one of them read."""
    places = catalog.folders((day.date(),), cancelled).get(day.date())
    if not places:
        return Check("files", "skipped", "the table's description does not name the folder of a day's files")
    # Of an organisation, folders of any accounts and regions: the first account may have left it.
    looked = Random(0).sample(places, min(len(places), _MOST_PLACES))
    try:
        for number, place in enumerate(looked, 1):
            bucket, _, prefix = place.removeprefix("s3://").partition("/")
            found = aws.call("s3", "list_objects_v2", cancelled, Bucket=bucket, Prefix=prefix, MaxKeys=1)
            for each in found.get("Contents", ()):
                check = _readable(aws, bucket, each["Key"], day, cancelled)
                of = f", in {place} (looked at {number:,} of {len(places):,} folders)" if len(places) > 1 else ""
                return replace(check, text=f"{check.text}{of}") if check.state == "ok" else check
    except AthenaError as error:
        return Check("files", "failed", f"{error} Without it, the price of a scan is unknown beforehand.")
    where = f"{looked[0]}" + (f" and {len(looked) - 1:,} more of {len(places):,} folders" if len(places) > 1 else "")
    return Check(
        "files", "failed", f"No files of {day.date()} in {where}: check the location and the trail's delivery."
    )  # fmt: skip


def _readable(aws: Aws, bucket: str, key: str, day: datetime, cancelled: threading.Event) -> Check:
    try:
        aws.call("s3", "get_object", cancelled, Bucket=bucket, Key=key, Range="bytes=0-0")["Body"].close()
    except AthenaError as error:
        if not error.is_denied:
            return Check("files", "failed", str(error))
        return Check(
            "files", "failed", "The log files of the trail cannot be read: the identity needs s3:GetObject on the "
            f"trail's bucket {bucket}, and kms:Decrypt where a key protects them. With access through Lake Formation, "
            "neither is needed.",
        )  # fmt: skip
    return Check("files", "ok", f"those of {day.date()} can be listed and read")


def _query(aws: Aws, catalog: Catalog, day: datetime, cancelled: threading.Event, *, deletes: bool) -> Check:
    """Whether EXPLAIN succeeds, which starts a query, checks its types, and writes and reads a result."""
    if catalog.table.needs:
        return Check("query", "skipped", "the table needs values first")
    try:
        found = pruning(aws, catalog.table, day.date(), cancelled, deletes=deletes)
    except (SourceError, UsageError) as error:
        return Check("query", "failed", str(error))
    pruned = f"; it reads only {found.text}" if found.shown and not found.doubt else ""
    doubt = f". {found.doubt}" if found.doubt else ""
    return Check("query", "ok", f"EXPLAIN of one day's query passed, nothing was scanned{pruned}{doubt}")
