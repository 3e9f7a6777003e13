"""A store that ssmtrail 0.1.0 wrote: its paid days are kept, marked, answered from, and never paid again unasked.

`store_0_1_0.tar.gz` was written by 0.1.0 (commit 68c18c7) over the table of `organisation.fill`: the whole table was
fetched for 10 to 14 November, the account 444455556666 for 14 to 17 November, and a query of 16 and 17 November was
running when the process was killed. Derived files and leases were taken out.
"""

from __future__ import annotations

import errno
import os
import tarfile
import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from ssmtrail.queries.engine import connect
from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.model import Budgets
from ssmtrail.queries.raw_calls import EXTRACTION_SET, RAW_COLUMNS
from ssmtrail.queries.sources.athena.address import AthenaTerms
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.store.folders import cache_entries, folder_name, purge_cache
from ssmtrail.queries.store.kept_days import kept_days
from ssmtrail.queries.store.spending import Spending
from ssmtrail.tui.cli.main import run
from tests.athena_emulator import Emulator
from tests.queries.athena.conftest import serving
from tests.queries.athena.organisation import ACCOUNTS, fill
from tests.queries.athena.stage import fetched, opened, planned, sessions, states, window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ARCHIVE = Path(__file__).with_name("store_0_1_0.tar.gz")
IDENTITY = "athena:111122223333:eu-central-1:AwsDataCatalog.audit.org"
WHOLE = [date(2026, 11, 10) + timedelta(days=number) for number in range(5)]
OTHER = {"account": (ACCOUNTS[1],)}
#: Its look-around is kept as a whole.
DAYS = window(date(2026, 11, 11), date(2026, 11, 12))
NEVER = threading.Event()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def organisation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    yield from serving(monkeypatch, fill)


def named(*days: int, accounts: tuple[str, ...] = ACCOUNTS) -> list[str]:
    return sorted(f"{account[:4]}-{region}-{day}" for account in accounts for region in ("eu", "us") for day in days)


def converted(store: Path, given: Mapping[str, tuple[str, ...]] | None = None) -> Dataset:
    """The dataset with everything taken over."""
    dataset = Dataset.of(store, IDENTITY, "athena audit.org", given=given)
    scratch = store / "scratch" / "test"
    scratch.mkdir(parents=True, exist_ok=True)
    connection = connect(scratch, store=store)
    try:
        dataset.convert_former(lambda: connection, NEVER)
    finally:
        connection.close()
    return dataset


def test_kept_days_are_answered_and_not_paid_again(organisation: Emulator, store: Path) -> None:
    with opened(store, table="audit.org") as service:
        assert states(service, DAYS) == dict.fromkeys(WHOLE[1:3], "kept")
        plan = planned(service, DAYS)
        assert (plan.days, plan.kept, list(plan.older)) == ((), 5, WHOLE)
        assert plan.older_price == pytest.approx(0.00005)
        assert not plan.ask_first
        fetched(service, DAYS)
        assert sessions(service, DAYS) == named(11, 12)
        assert {day.extraction for day in service.coverage(DAYS).days} == {1}
    with opened(store, table="audit.org") as service:
        assert sessions(service, DAYS) == named(11, 12)
    assert organisation.queries == []


def test_older_days_have_no_price_on_reserved_capacity(organisation: Emulator, store: Path) -> None:
    organisation.reservations = {"nightly": ("primary",)}
    with opened(store, table="audit.org") as service:
        plan = planned(service, DAYS)
        assert (plan.days, list(plan.older), plan.older_price) == ((), WHOLE, None)


def test_the_price_of_older_days_is_held_against_no_budget(
    organisation: Emulator, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To ask what is spent reads the journals of all tables."""
    monkeypatch.setattr(Spending, "charges", lambda *_: pytest.fail("asks what is spent"))
    with opened(store, table="audit.org", terms=AthenaTerms(budgets=Budgets(day=0.0))) as service:
        assert planned(service, DAYS).older_price == pytest.approx(0.00005)


def test_days_are_answered_without_any_fetch(organisation: Emulator, store: Path) -> None:
    with opened(store, table="audit.org") as service:
        assert sessions(service, DAYS) == named(11, 12)
    assert organisation.queries == []


def test_older_days_are_fetched_again_when_asked(organisation: Emulator, store: Path) -> None:
    with opened(store, table="audit.org") as service:
        plan = planned(service, DAYS, renew=True)
        assert (list(plan.days), list(plan.again), plan.older) == (WHOLE, WHOLE, ())
        assert (list(plan.paid_before), plan.ask_first) == (WHOLE, True)
        assert service.plan_again(service.queries()[-1].key, NEVER) == plan
        service.fetch(lambda _: None, NEVER, plan)
        assert planned(service, DAYS).older == ()
        assert {day.extraction for day in service.coverage(DAYS).days} == {EXTRACTION_SET}
        assert sessions(service, DAYS) == named(11, 12)
    assert len(organisation.queries) == 1


def test_a_headless_query_uses_older_days_and_says_what_they_lack(
    organisation: Emulator, store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(store))
    words = ["query", "sessions", "--athena", "audit.org", "--from", "2026-11-11", "--to", "2026-11-13", "--format",
             "csv"]  # fmt: skip
    assert run([*words, "--quiet"]) == 0
    found = capsys.readouterr()
    assert len(found.out.splitlines()) == 9
    (line,) = (line for line in found.err.splitlines() if "extraction set" in line)
    assert line == (
        "ssmtrail: 5 days kept with extraction set 1: persons behind access keys, other doors and names of machines "
        "are not known of them; --renew fetches them again, for about $0.00."
    )
    assert run([*words, "--renew"]) == 2
    said = capsys.readouterr().err
    assert "5 days to be scanned" in said
    assert said.rstrip().endswith("agree with --yes, or ask for fewer days.")
    assert organisation.queries == []
    assert run([*words, "--renew", "--yes"]) == 0
    assert "extraction set 1" not in capsys.readouterr().err
    assert len(organisation.queries) == 1


def test_subsets_share_what_the_former_version_kept(organisation: Emulator, store: Path) -> None:
    with opened(store, table="audit.org", given=OTHER) as service:
        own = window(date(2026, 11, 15), date(2026, 11, 15))
        assert planned(service, own).days == ()
        fetched(service, own)
        assert sessions(service, own) == named(15, accounts=ACCOUNTS[1:])
        assert planned(service, DAYS).days == ()
        fetched(service, DAYS)
        assert sessions(service, DAYS) == named(11, 12, accounts=ACCOUNTS[1:])
        assert len(planned(service, DAYS).older) == 5
    assert organisation.queries == []


def test_a_query_whose_answer_was_never_kept_is_asked_for(organisation: Emulator, store: Path) -> None:
    lost = window(date(2026, 11, 17), date(2026, 11, 17))
    with opened(store, table="audit.org") as service:
        service.fetch(lambda _: None, NEVER)
        plan = planned(service, lost)
        assert plan.ask_first
        assert plan.paid_before == (date(2026, 11, 16), date(2026, 11, 17))
        assert "0.1.0 may have paid for 2026-11-16 to 2026-11-17" in plan.warnings[-1]
        assert [run.state for run in service.queries()] == ["failed", "done"]
        assert states(service, lost) == {date(2026, 11, 17): "failed"}
        assert organisation.queries == []
        service.fetch(lambda _: None, NEVER, plan)
        assert not planned(service, lost).ask_first
    assert len(organisation.queries) == 1


def test_rows_have_every_column_and_their_former_values(store: Path, tmp_path: Path) -> None:
    before = {kept.day: kept.copy for kept in kept_days(Dataset.of(store, IDENTITY, "")).values()}
    dataset = converted(store)
    assert {kept.day: kept.copy for kept in kept_days(dataset).values()} == before
    assert {segment.calls for segment in dataset.segments()} == {12}
    assert {(segment.extraction, segment.schema, segment.source) for segment in dataset.segments()} == {
        (1, 2, "athena")
    }
    (row,) = connect(tmp_path).execute(
        "SELECT eventid, eventtime, useridentity_accesskeyid, file, sharedeventid, position, redacted, partition"
        f" FROM read_parquet('{dataset.segment_folder}/*.parquet') WHERE eventid = 'start-1111-eu-12'"
    ).fetchall()  # fmt: skip
    path = "111122223333/CloudTrail/eu-central-1/2026/11/12/a.json.gz"
    assert row == ("start-1111-eu-12", "2026-11-12T09:00:00Z", "ASIA111112", path, None, None, None, None)


def test_secrets_in_former_rows_are_replaced(store: Path, tmp_path: Path) -> None:
    rows = connect(tmp_path).execute(
        "SELECT DISTINCT redacted, responseelements ->> '$.credentials.sessionToken'"
        f" FROM read_parquet('{converted(store).segment_folder}/*.parquet') WHERE eventname = 'AssumeRole'"
    ).fetchall()  # fmt: skip
    assert rows == [("sessionToken", "redacted: 120 characters")]


class Killed(BaseException):
    """As if the process were killed."""


@contextmanager
def killed_after(changes: int) -> Iterator[None]:
    """Kill at a change of the file system, after so many others."""
    left = [changes]

    def deadly(work: Callable[..., Any]) -> Callable[..., Any]:
        def change(*given: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return work(*given, **more)

        return change

    with pytest.MonkeyPatch.context() as patched:
        for name in ("unlink", "replace", "rename", "rmdir"):
            patched.setattr(Path, name, deadly(getattr(Path, name)))
            patched.setattr(os, name, deadly(getattr(os, name)))
        yield


def test_a_kill_at_any_moment_of_the_conversion_loses_nothing(store: Path) -> None:
    killed = 0
    while killed < 100:
        try:
            with killed_after(killed % 7):
                dataset = converted(store)
            break
        except Killed:
            killed += 1
        kept = kept_days(Dataset.of(store, IDENTITY, ""), sound=True)
        assert sorted(kept) == WHOLE, killed
        assert {each.segment.calls for each in kept.values()} == {12}
    assert killed > 10
    assert sorted(kept_days(dataset)) == WHOLE
    assert not any(former.folder.is_dir() for former in dataset.former)


def test_a_full_disk_leaves_the_former_copies(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("ssmtrail.queries.store.atomic.os.fsync", full)
        with pytest.raises(StoreError, match="no space left"):
            converted(store)
    assert sorted(kept_days(Dataset.of(store, IDENTITY, ""), sound=True)) == WHOLE
    assert len(converted(store).segments()) == 5


def test_two_processes_convert_at_once(store: Path) -> None:
    datasets: list[Dataset] = []
    threads = [threading.Thread(target=lambda: datasets.append(converted(store))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(dataset.segments()) for dataset in datasets] == [5, 5]


def test_a_damaged_day_is_missing_and_the_others_stay(store: Path) -> None:
    victim = min(Dataset.of(store, IDENTITY, "").former[0].segments(), key=lambda each: each.name)
    data = bytearray(victim.path.read_bytes())
    data[len(data) // 2] ^= 1
    victim.path.write_bytes(data)
    assert victim.copy is not None
    assert set(kept_days(converted(store))) == set(WHOLE) - {victim.copy.day}


def test_while_the_former_version_fetches_nothing_is_taken_from_it(store: Path) -> None:
    claims = Dataset.of(store, IDENTITY, "").former[0].folder / "claims"
    claims.mkdir()
    claim = {"host": "elsewhere", "process": 1, "token": "x"}
    (claims / "2026-11-16.json").write_bytes(msgspec.json.encode(claim))
    with pytest.raises(StoreError, match=r"0\.1\.0 is fetching"):
        converted(store)
    assert sorted(kept_days(Dataset.of(store, IDENTITY, ""))) == WHOLE


def test_the_former_version_is_refused_afterwards(store: Path) -> None:
    former = converted(store).former[0].folder
    assert "A newer version of ssmtrail keeps this source now" in former.read_text()
    with pytest.raises(FileExistsError):  # what 0.1.0 does first; it says: the store folder cannot be made
        former.mkdir(exist_ok=True)
    purge_cache(store, datetime.now(UTC))
    assert not former.exists()


def test_a_newer_format_is_refused_in_a_clear_sentence(store: Path) -> None:
    name = Dataset.of(store, IDENTITY, "").folder.name
    (store / "v3" / name).mkdir(parents=True)
    with pytest.raises(StoreError, match=r"newer version of ssmtrail keeps this source in .*v3.* \(store format 3;"):
        Dataset.of(store, IDENTITY, "")


def test_days_with_fewer_columns_get_them_as_null(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a later version adds a column: no other format of the store is needed."""
    dataset = converted(store)
    calls = {each.day: each.segment.calls for each in kept_days(dataset).values()}
    for module in ("dataset", "former", "segments"):
        monkeypatch.setattr(f"ssmtrail.queries.store.{module}.SCHEMA_VERSION", 3)
    monkeypatch.setattr("ssmtrail.queries.store.former.RAW_COLUMNS", (*RAW_COLUMNS, "new"))
    assert {each.segment.schema for each in kept_days(dataset).values()} == {2}
    kept = kept_days(converted(store))
    assert {day: each.segment.calls for day, each in kept.items()} == calls
    assert {each.segment.schema for each in kept.values()} == {3}
    rows = connect(tmp_path).execute(f"SELECT DISTINCT new FROM read_parquet('{dataset.segment_folder}/*.parquet')")
    assert rows.fetchall() == [(None,)]
    monkeypatch.undo()
    with pytest.raises(StoreError, match=r"A newer version of ssmtrail wrote"):
        kept_days(dataset)
    assert len(list(dataset.segment_folder.glob("*.json"))) == 5


def test_the_cache_command_tells_each_source_once(store: Path) -> None:
    assert [entry.source for entry in cache_entries(store)] == ["athena audit.org", "athena audit.org"]
    converted(store)
    converted(store, OTHER)
    (entry,) = cache_entries(store)
    assert (entry.source, entry.segments) == ("athena audit.org", 9)


@pytest.mark.parametrize("typed", [("a", "b", "c"), ("c", "a", "b")])
def test_a_subset_is_found_in_whatever_order_it_was_typed(tmp_path: Path, typed: tuple[str, ...]) -> None:
    name = folder_name(f"{IDENTITY} account={','.join(typed)}")
    (tmp_path / "v1.1" / name).mkdir(parents=True)
    found = Dataset.of(tmp_path, IDENTITY, "", given={"account": ("b", "c", "a")}).former[1]
    assert found.folder.name == name
