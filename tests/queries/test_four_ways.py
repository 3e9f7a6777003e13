"""One trail four ways: every source gives the same answers, but for what it cannot know; the documents say that."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from ssmtrail.queries.sources.athena.address import AthenaTerms, address_of
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.queries.sources.athena.ddl import columns
from ssmtrail.queries.sources.athena.source import AthenaSource
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.sources.history import rate
from ssmtrail.queries.sources.history.address import HistoryAddress
from ssmtrail.queries.sources.history.aws import accounts_by_profile
from ssmtrail.queries.sources.history.reported import KeptReports
from ssmtrail.queries.sources.history.source import HistorySource
from ssmtrail.queries.sources.s3.address import S3Address, S3Terms
from ssmtrail.queries.sources.s3.source import S3Source
from ssmtrail.queries.trail import Trail
from tests.athena_emulator import Emulator
from tests.aws_server import AwsServer
from tests.four_ways import ACCOUNTS, NOW, PREFIX, REGIONS, WINDOW, answers, delivered, trail
from tests.queries.athena.organisation import org_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.four_ways import Record, Rows

DOCS: Final = Path(__file__).parents[2] / "docs"
#: What follows the start of a remote desktop connection.
REMOTE: Final = ("GetConnection", "CancelConnection")


@dataclass(frozen=True)
class Unknown:
    """What event history cannot know: which rows show it, and what they are without it."""

    says: str
    """Where and in which words a document says so."""
    shows: Callable[[dict[str, Any]], bool]
    instead: dict[str, Any] | None
    """Values of the fields; None where there is no such row."""


UNKNOWN: Final = (
    Unknown(
        "history.md: stops and terminations of machines as a bound of a session's end",
        lambda row: row.get("latest_end_by") == "machine-stop",
        {"latest_end": None, "latest_end_by": None},
    ),
    Unknown(
        "history.md: names of machines from their launches and tags",
        lambda row: row.get("target_name") is not None,
        {
            "target_name": None, "name_source": "none", "environment": None, "environment_source": "none",
            "target_names": None,
        },
    ),
    Unknown(
        "history.md: changes of trails and documents",
        lambda row: row.get("rule") == "trail" or (row.get("door") == "control" and row["event_name"] not in REMOTE),
        None,
    ),
    Unknown("history.md: the ends of remote desktop connections", lambda row: row.get("event_name") in REMOTE, None),
)  # fmt: skip


def without(unknown: Unknown, rows: Rows) -> Rows:
    """The rows as a source has them that does not know this."""
    known: Rows = []
    for row in rows:
        if not unknown.shows(row):
            known.append(row)
        elif unknown.instead is not None:
            known.append(row | {name: value for name, value in unknown.instead.items() if name in row})
    return known


def same(found: dict[str, Rows], expected: dict[str, Rows]) -> None:
    """Compare rows one by one, so that a difference is short."""
    for name, rows in expected.items():
        for ours, theirs in zip(found[name], rows, strict=True):
            differ = {key: (ours[key], value) for key, value in theirs.items() if ours[key] != value}
            assert not differ, f"{name} {theirs.get('event_ids')}"


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """The trail, made once: its ids are counted."""
    return trail()


@pytest.fixture(scope="module")
def folder(records: list[Record], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trail's files."""
    folder = tmp_path_factory.mktemp("four-ways")
    for key, data in delivered(records).items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def files(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """The answers from the files."""
    return answers(FilesSource(folder), tmp_path_factory.mktemp("store"))


@pytest.fixture
def aws(records: list[Record], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    """An AWS whose organisation has the trail: in a bucket, and in the event history of its accounts."""
    monkeypatch.setattr(rate, "INTERVAL", 0.0)
    with AwsServer(regions=REGIONS) as aws:
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        aws.members = [{"Id": each, "Status": "ACTIVE", "Name": each} for each in ACCOUNTS]
        aws.record(records)
        for path in folder.rglob("*.gz"):
            aws.s3.put("trail", path.relative_to(folder).as_posix(), path.read_bytes())
        yield aws


@pytest.mark.usefixtures("aws")
def test_a_bucket(files: dict[str, Rows], tmp_path: Path) -> None:
    (account,) = accounts_by_profile(HistoryAddress())
    same(answers(S3Source(S3Address.of("s3://trail"), account, S3Terms()), tmp_path), files)


@pytest.mark.usefixtures("aws")
def test_event_history(files: dict[str, Rows], tmp_path: Path) -> None:
    address = HistoryAddress(organisation_role="Audit", run_command=True)
    reports, accounts = KeptReports(tmp_path / "reports"), accounts_by_profile(address)
    found = answers(HistorySource(address, accounts, tmp_path / "rates", reports, lambda: NOW), tmp_path)
    known = files
    for unknown in UNKNOWN:
        before, known = known, {name: without(unknown, rows) for name, rows in known.items()}
        assert known != before, f"the trail does not show it: {unknown.says}"
        document, words = unknown.says.split(": ")
        assert words in " ".join((DOCS / document).read_text("utf-8").split())
    same(found, known)


def test_a_table_of_athena(
    folder: Path, files: dict[str, Rows], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator() as emulator:
        for name, value in emulator.environment.items():
            monkeypatch.setenv(name, value)
        emulator.now = NOW.timestamp()
        table = emulator.add_table(org_table(PREFIX, ACCOUNTS, REGIONS, dict(columns())))
        for path in folder.rglob("*.gz"):
            emulator.buckets.put(table.bucket, path.relative_to(folder).as_posix(), path.read_bytes())
        source = AthenaSource(connected(address_of("audit.org")), AthenaTerms(), {}, now=lambda: NOW)
        same(answers(source, tmp_path), files)


def test_rules_that_event_history_is_not_searched_for_say_so(tmp_path: Path) -> None:
    source = HistorySource(HistoryAddress(), (), tmp_path / "rates", KeptReports(tmp_path / "reports"))
    with Trail(source, tmp_path) as opened:
        silent = {each.rule: each.why for each in opened.silent_rules(WINDOW, threading.Event())}
    assert silent["trail"] == "event history is not searched for such calls"
