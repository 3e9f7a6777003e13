"""Whose bucket results go to, how they are encrypted, and that they are deleted after they were read."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.sources.athena.address import AthenaTerms, address_of
from ssmtrail.queries.sources.athena.answers import Answers
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.queries.sources.athena.doctor import lifecycle_rule
from ssmtrail.queries.sources.athena.results import delete_result
from ssmtrail.queries.store.journal import Journal, Run
from tests.athena_emulator.faults import Fault
from tests.queries.athena.stage import fetched, opened, states
from tests.queries.athena.test_service import WEEK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator

NEVER = threading.Event()
DELETING = AthenaTerms(delete_results=True)


def left(emulator: Emulator) -> list[str]:
    return list(emulator.buckets.keys("results-bucket", ""))


def test_results_are_left_by_default_and_deleted_on_demand(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path / "a") as trail:
        fetched(trail, WEEK)
    assert left(emulator)
    emulator.buckets.objects["results-bucket"].clear()
    emulator.buckets.put("results-bucket", "other.csv", b"not ours")
    with opened(tmp_path / "b", terms=DELETING) as trail:
        fetched(trail, WEEK)
        assert set(states(trail, WEEK).values()) == {"kept"}
        assert {run.left for run in trail.queries()} == {""}
    assert left(emulator) == ["other.csv"]


def test_a_refusal_is_a_note_and_no_failure(emulator: Emulator, tmp_path: Path) -> None:
    emulator.faults.planned = [Fault("DeleteObject", "AccessDenied", "Access Denied", times=-1, status=403)]
    with opened(tmp_path, terms=DELETING) as trail:
        fetched(trail, WEEK)
        assert set(states(trail, WEEK).values()) == {"kept"}
        for run in trail.queries():
            assert (run.state, run.error) == ("done", "")
            assert run.left.startswith("The result file s3://results-bucket/")
            assert run.left.endswith("is left: the identity needs s3:DeleteObject on it.")


def test_what_this_query_did_not_write_is_not_touched(emulator: Emulator) -> None:
    aws = connected(address_of("audit.trail"))
    day = datetime(2026, 11, 20, tzinfo=UTC)
    run = Run("a", "SELECT 1", day.date(), day.date(), day, id="q-1", output="s3://results-bucket/out/q-1.csv")
    for each in (replace(run, reused=True), replace(run, output="s3://results-bucket/out/q-2.csv"),
                 replace(run, output=""), replace(run, id="")):  # fmt: skip
        assert delete_result(aws, each) == ""
    assert emulator.calls["DeleteObject"] == 0
    assert delete_result(aws, run) == ""
    assert emulator.calls["DeleteObject"] == 2


def test_results_of_checks_are_deleted_once_they_were_used(emulator: Emulator, tmp_path: Path) -> None:
    answers = Answers(connected(address_of("audit.trail")), Journal.of(tmp_path), deletes=True)
    answers.of("SELECT 1", date(2026, 11, 20), NEVER)
    assert left(emulator)
    answers.settle()
    assert (left(emulator), answers.left) == ([], [])
    emulator.faults.planned = [Fault("DeleteObject", "AccessDenied", "Access Denied", times=-1, status=403)]
    answers.of("SELECT 2", date(2026, 11, 20), NEVER)
    answers.settle()
    assert [run.left for run in answers.journal.runs() if run.left] == answers.left
    assert "needs s3:DeleteObject" in answers.left[0]


def test_the_bucket_of_another_account_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path, owner=emulator.account) as trail:
        fetched(trail, WEEK)
    assert emulator.queries[0].request["ResultConfiguration"]["ExpectedBucketOwner"] == emulator.account
    with opened(tmp_path / "b", owner="999988887777") as trail, pytest.raises(SourceError):
        fetched(trail, WEEK)


@pytest.mark.parametrize(
    ("encryption", "said"),
    [
        ("SSE_S3", {"EncryptionOption": "SSE_S3"}),
        ("alias/audit", {"EncryptionOption": "SSE_KMS", "KmsKey": "alias/audit"}),
    ],
)
def test_results_are_encrypted_as_said(
    emulator: Emulator, tmp_path: Path, encryption: str, said: dict[str, str]
) -> None:
    with opened(tmp_path, encryption=encryption) as trail:
        fetched(trail, WEEK)
    assert emulator.queries[0].request["ResultConfiguration"]["EncryptionConfiguration"] == said


def test_managed_results_take_neither(emulator: Emulator, tmp_path: Path) -> None:
    emulator.workgroup.managed = True
    with opened(tmp_path, owner="999988887777", encryption="SSE_S3", terms=DELETING) as trail:
        fetched(trail, WEEK)
        assert set(states(trail, WEEK).values()) == {"kept"}


def test_the_rule_to_paste_names_the_prefix() -> None:
    assert '"Filter": {"Prefix": "out/athena/"}' in lifecycle_rule("s3://bucket/out/athena")
