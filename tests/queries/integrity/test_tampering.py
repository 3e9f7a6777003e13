"""Each way to tamper with logs is named, none passes, and no other file is blamed."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from random import Random
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.integrity.digests import name_of
from ssmtrail.queries.integrity.folder import Folder
from ssmtrail.queries.integrity.keys import Keys, read_keys
from ssmtrail.queries.integrity.verify import verified
from ssmtrail.queries.times import Window
from tests.signed_logs import DAY, SIGNERS, Chain, keys_document, put, record, stamp, write_keys
from tests.thorough import times

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ssmtrail.queries.integrity.verify import Report

WINDOW = Window(DAY, DAY + timedelta(days=1))
#: Files, digests of the day, all proved.
WHOLE = (48, 25)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    chain = Chain(tmp_path_factory.mktemp("signed") / "bucket")
    chain.day()
    return chain


@pytest.fixture
def copied(signed: Chain, tmp_path: Path) -> Chain:
    """The same files in a folder of their own, to be tampered with."""
    shutil.copytree(signed.root, tmp_path / "bucket")
    return Chain(tmp_path / "bucket", signatures=signed.signatures, digests=signed.digests, logs=signed.logs)


def keys_of(chain: Chain, tmp_path: Path, **given: tuple[str, ...]) -> Keys:
    head = chain.digests[-1]
    document = keys_document(chain.signer, signatures={head: chain.signatures[head]}, **given)
    return read_keys(write_keys(tmp_path / "keys.json", document))


def report_of(chain: Chain, keys: Keys, window: Window = WINDOW) -> Report:
    return verified(Folder(chain.root), lambda _: keys, window, Event(), lambda *_: None)


def named(report: Report) -> set[tuple[str, str, str]]:
    """What is not proved: verdict, reason, file name."""
    return {(item.integrity, item.why, name_of(item.file)) for item in report.items if item.integrity != "proved"}


def name(key: str) -> str:
    return name_of(key)


def unpacked(chain: Chain, key: str) -> bytes:
    return gzip.decompress((chain.root / key).read_bytes())


def test_a_whole_day_is_proved_by_one_signature(signed: Chain, tmp_path: Path) -> None:
    report = report_of(signed, keys_of(signed, tmp_path))
    (day,) = report.days
    assert (day.integrity, day.hours, day.why, day.uncovered) == ("proved", 24, (), None)
    assert (day.files, day.proved, day.digests) == (48, 48, 25)
    assert report.proved
    assert not report.failed


def test_without_the_newest_signature_its_hour_alone_is_unproved(signed: Chain, tmp_path: Path) -> None:
    report = report_of(signed, read_keys(write_keys(tmp_path / "keys.json", keys_document(signed.signer))))
    (day,) = report.days
    assert (day.integrity, day.hours, day.uncovered) == ("unproved", 23, "23:17-24:00")
    assert not report.failed
    # The 2 logs of 23:47 and the digest of 00:17.
    assert Counter(item.why for item in report.items if item.integrity != "proved") == {"no-signature": 3}


def one_byte_of_a_log(chain: Chain) -> set[tuple[str, str, str]]:
    key = chain.logs[20]
    put(chain.root, key, gzip.compress(unpacked(chain, key).replace(b"StartSession", b"StartSessioN")))
    return {("changed", "file-changed", name(key))}


def one_bit_of_the_packed_bytes(chain: Chain) -> set[tuple[str, str, str]]:
    key = chain.logs[20]
    data = bytearray((chain.root / key).read_bytes())
    data[30] ^= 1
    put(chain.root, key, bytes(data))
    return {("changed", "file-changed", name(key))}


def one_log_removed(chain: Chain) -> set[tuple[str, str, str]]:
    (chain.root / chain.logs[20]).unlink()
    return {("missing", "file-missing", name(chain.logs[20]))}


def one_log_added(chain: Chain) -> set[tuple[str, str, str]]:
    key = chain.write_log(DAY + timedelta(hours=10, minutes=5), "forged", record("forged"))
    return {("unsigned", "file-unsigned", name(key))}


def a_second_member(chain: Chain) -> set[tuple[str, str, str]]:
    key = chain.logs[20]
    put(chain.root, key, (chain.root / key).read_bytes() + gzip.compress(record("hidden")))
    return {("changed", "file-changed", name(key))}


def an_empty_second_member(chain: Chain) -> set[tuple[str, str, str]]:
    key = chain.logs[20]
    put(chain.root, key, (chain.root / key).read_bytes() + gzip.compress(b""))
    return {("changed", "file-changed", name(key))}


def contents_swapped_with_their_digest(chain: Chain) -> set[tuple[str, str, str]]:
    """A log is changed, and the digest that has its hash too."""
    key, digest = chain.logs[20], chain.digests[10]
    former = unpacked(chain, key)
    forged = record("forged")
    put(chain.root, key, gzip.compress(forged))
    raw = unpacked(chain, digest).replace(sha256(former).hexdigest().encode(), sha256(forged).hexdigest().encode())
    put(chain.root, digest, gzip.compress(raw))
    return {
        ("changed", "digest-changed", name(digest)),
        ("unproved", "digest-changed", name(key)),
        ("unproved", "digest-changed", name(chain.logs[21])),
    }


def one_byte_of_a_digest(chain: Chain) -> set[tuple[str, str, str]]:
    digest = chain.digests[10]
    put(chain.root, digest, gzip.compress(unpacked(chain, digest) + b" "))
    return {
        ("changed", "digest-changed", name(digest)),
        *(("unproved", "digest-changed", name(key)) for key in chain.logs[20:22]),
    }


def a_digest_with_a_second_member(chain: Chain) -> set[tuple[str, str, str]]:
    digest = chain.digests[10]
    put(chain.root, digest, (chain.root / digest).read_bytes() + gzip.compress(b""))
    return {
        ("changed", "digest-changed", name(digest)),
        *(("unproved", "digest-changed", name(key)) for key in chain.logs[20:22]),
    }


def a_clock_an_hour_off(chain: Chain) -> set[tuple[str, str, str]]:
    """The digest claims another hour: then nothing that it says counts."""
    digest = chain.digests[10]
    end = DAY + timedelta(hours=10, minutes=17)
    raw = unpacked(chain, digest)
    for moment in (end, end - timedelta(hours=1)):
        raw = raw.replace(stamp(moment).encode(), stamp(moment + timedelta(hours=1)).encode(), 1)
    put(chain.root, digest, gzip.compress(raw))
    return {
        ("changed", "digest-changed", name(digest)),
        *(("unproved", "digest-changed", name(key)) for key in chain.logs[20:22]),
    }


def the_digest_before_in_its_place(chain: Chain) -> set[tuple[str, str, str]]:
    digest = chain.digests[10]
    put(chain.root, digest, (chain.root / chain.digests[9]).read_bytes())
    # The signature of the ninth was in the tenth, so that the ninth's hour is not proved either.
    return {
        ("changed", "digest-changed", name(digest)),
        ("unproved", "no-signature", name(chain.digests[9])),
        *(("unproved", "no-signature", name(key)) for key in chain.logs[18:20]),
        *(("unproved", "not-covered", name(key)) for key in chain.logs[20:22]),
    }


def one_digest_removed(chain: Chain) -> set[tuple[str, str, str]]:
    (chain.root / chain.digests[10]).unlink()
    return {
        ("missing", "digest-missing", name(chain.digests[10])),
        ("unproved", "no-signature", name(chain.digests[9])),
        *(("unproved", "no-signature", name(key)) for key in chain.logs[18:20]),
        *(("unproved", "not-covered", name(key)) for key in chain.logs[20:22]),
    }


def two_digests_in_a_row_removed(chain: Chain) -> set[tuple[str, str, str]]:
    for digest in chain.digests[10:12]:
        (chain.root / digest).unlink()
    return {
        ("missing", "digest-missing", name(chain.digests[11])),
        ("unproved", "no-signature", name(chain.digests[9])),
        *(("unproved", "no-signature", name(key)) for key in chain.logs[18:20]),
        *(("unproved", "not-covered", name(key)) for key in chain.logs[20:24]),
    }


CASES: list[tuple[Callable[[Chain], set[tuple[str, str, str]]], str, int]] = [
    # What is done, the day's verdict, its complete hours of 24.
    (one_byte_of_a_log, "changed", 23),
    (one_bit_of_the_packed_bytes, "changed", 23),
    (one_log_removed, "missing", 23),
    (one_log_added, "unsigned", 23),
    (a_second_member, "changed", 23),
    (an_empty_second_member, "changed", 23),
    (contents_swapped_with_their_digest, "changed", 22),
    (one_byte_of_a_digest, "changed", 22),
    (a_digest_with_a_second_member, "changed", 22),
    (a_clock_an_hour_off, "changed", 22),
    (the_digest_before_in_its_place, "changed", 21),
    (one_digest_removed, "missing", 21),
    (two_digests_in_a_row_removed, "missing", 20),
]


@pytest.mark.parametrize(("tamper", "verdict", "hours"), CASES, ids=[case[0].__name__ for case in CASES])
def test_tampering(
    copied: Chain, tmp_path: Path, tamper: Callable[[Chain], set[tuple[str, str, str]]], verdict: str, hours: int
) -> None:
    expected = tamper(copied)
    report = report_of(copied, keys_of(copied, tmp_path))
    assert named(report) == expected
    (day,) = report.days
    assert (day.integrity, day.hours) == (verdict, hours)
    assert report.failed
    assert not report.proved


def test_two_removed_digests_leave_their_hours_named(copied: Chain, tmp_path: Path) -> None:
    two_digests_in_a_row_removed(copied)
    (day,) = report_of(copied, keys_of(copied, tmp_path)).days
    # Two hours without a digest, and the one whose signature was in the first of them.
    assert day.uncovered == "08:17-11:17"
    assert day.why == ("digest-missing", "no-signature", "not-covered", "gap")


@pytest.mark.parametrize("seed", range(times(6, 200)))
def test_whatever_is_removed_no_file_that_stays_is_blamed(copied: Chain, tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    removed = set(rng.sample([*copied.logs[2:], *copied.digests[1:-1]], rng.randrange(1, 12)))
    for key in removed:
        (copied.root / key).unlink()
    report = report_of(copied, keys_of(copied, tmp_path))
    assert not report.proved
    for item in report.items:
        assert item.integrity in ({"missing"} if item.file in removed else {"proved", "unproved"}), item
    found = {item.file: item.integrity for item in report.items}
    # What a proved digest names is missing by name, the rest by the time that is not covered.
    named = {key for key in removed if found.get(key) == "missing"}
    (day,) = report.days
    assert named or day.uncovered


def test_a_swapped_key_blames_no_file(signed: Chain, tmp_path: Path) -> None:
    document = keys_document(SIGNERS[1], fingerprints=(SIGNERS[0].fingerprint,), signatures=signed.signatures)
    report = report_of(signed, read_keys(write_keys(tmp_path / "keys.json", document)))
    assert {(item.integrity, item.why) for item in report.items} == {("unproved", "key-mismatch")}
    assert not report.failed
    (day,) = report.days
    assert (day.integrity, day.hours, day.uncovered) == ("unproved", 0, "00:00-24:00")


def test_an_unknown_key_proves_nothing(signed: Chain, tmp_path: Path) -> None:
    document = keys_document(SIGNERS[1], signatures=signed.signatures)
    report = report_of(signed, read_keys(write_keys(tmp_path / "keys.json", document)))
    assert {(item.integrity, item.why) for item in report.items} == {("unproved", "key-unknown")}


def test_a_forger_with_a_key_of_his_own_passes_nothing(tmp_path: Path) -> None:
    """The forger signs all digests anew, with the true fingerprint in them."""
    forged = Chain(tmp_path / "bucket", signer=SIGNERS[1])
    forged.day(hours=4)
    for key in forged.digests:
        raw = unpacked(forged, key).replace(SIGNERS[1].fingerprint.encode(), SIGNERS[0].fingerprint.encode())
        put(forged.root, key, gzip.compress(raw))
    keys = read_keys(write_keys(tmp_path / "keys.json", keys_document(SIGNERS[0], signatures=forged.signatures)))
    assert not any(item.integrity == "proved" for item in report_of(forged, keys).items)


def test_the_signature_field_of_the_newest_digest_blames_neither_of_two(copied: Chain, tmp_path: Path) -> None:
    head, before = copied.digests[-1], copied.digests[-2]
    raw = json.loads(unpacked(copied, head))
    raw["previousDigestSignature"] = "00" * 256
    put(copied.root, head, gzip.compress(json.dumps(raw).encode()))
    keys = read_keys(write_keys(tmp_path / "keys.json", keys_document(copied.signer)))  # no signature of the head
    report = report_of(copied, keys)
    found = {(name_of(item.file), item.why, item.detail) for item in report.items if item.kind == "digest"}
    assert (name(before), "signature-wrong", f"either it or {name(head)} is changed") in found
    assert not any(item.integrity == "changed" for item in report.items)
    assert report.failed is False
    assert report.days[0].integrity == "unproved"


def test_a_moved_file_and_one_unpacked_in_place_are_still_proved(copied: Chain, tmp_path: Path) -> None:
    moved = copied.root / copied.logs[4]
    moved.rename(copied.root / "evidence-4.json.gz")
    plain = copied.root / copied.logs[6]
    plain.with_suffix("").write_bytes(gzip.decompress(plain.read_bytes()))
    plain.unlink()
    report = report_of(copied, keys_of(copied, tmp_path))
    assert named(report) == set()


def test_the_folder_may_begin_anywhere(copied: Chain, tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    for key in (*copied.logs, *copied.digests):
        shutil.copy(copied.root / key, flat / name(key))
    keys = keys_of(copied, tmp_path)
    copied.root = flat
    assert report_of(copied, keys).proved


def test_times_of_files_and_of_this_machine_do_not_matter(copied: Chain, tmp_path: Path) -> None:
    for key in copied.logs:
        os.utime(copied.root / key, (0, 0))
    assert report_of(copied, keys_of(copied, tmp_path)).proved


def test_a_file_in_no_digest_is_blamed_only_where_its_hour_is_covered(copied: Chain, tmp_path: Path) -> None:
    keys = keys_of(copied, tmp_path)
    key = copied.write_log(DAY + timedelta(hours=23, minutes=40), "late", record("late"))
    assert named(report_of(copied, keys)) == {("unproved", "not-covered", name(key))}


def test_records_under_a_name_of_nobody_are_unproved(copied: Chain, tmp_path: Path) -> None:
    put(copied.root, "notes/export.json", record("anything"))
    put(copied.root, "notes/readme.txt", b"hello")
    os.mkfifo(copied.root / "notes/pipe")
    report = report_of(copied, keys_of(copied, tmp_path))
    assert named(report) == {("unproved", "no-name", "export.json")}
    assert (report.days[0].day, report.days[0].integrity) == (None, "unproved")


def test_validation_switched_off_for_a_while_is_a_gap(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "bucket")
    chain.day(hours=10)
    chain.restart()
    for number in range(15, 25):
        chain.hour(DAY + timedelta(hours=number, minutes=17))
    last = chain.digests[9]
    document = keys_document(
        chain.signer, signatures={key: chain.signatures[key] for key in (last, chain.digests[-1])}
    )  # fmt: skip
    report = report_of(chain, read_keys(write_keys(tmp_path / "keys.json", document)))
    (day,) = report.days
    assert (day.integrity, day.hours, day.why, day.uncovered) == ("unproved", 18, ("gap",), "09:17-14:17")
    assert not report.failed


def test_late_files_are_proved_by_backfill_digests(copied: Chain, tmp_path: Path) -> None:
    backfill = Chain(copied.root, suffix="_backfill")
    end = DAY + timedelta(hours=20, minutes=44)
    key = backfill.hour(end, late={"late": record("late")})
    document = keys_document(
        SIGNERS[0], signatures={copied.digests[-1]: copied.signatures[copied.digests[-1]], **backfill.signatures}
    )
    keys = read_keys(write_keys(tmp_path / "keys.json", document))
    assert report_of(copied, keys).proved
    (copied.root / key).unlink()
    (late,) = named(report_of(copied, keys))
    assert late == ("unsigned", "file-unsigned", name(backfill.logs[0]))


def test_backfill_digests_cover_no_time(tmp_path: Path) -> None:
    """They list late files alone: that an hour has one does not prove that nothing else was delivered in it."""
    chain = Chain(tmp_path / "bucket", suffix="_backfill")
    chain.day()
    report = report_of(chain, keys_of(chain, tmp_path))
    (day,) = report.days
    assert (day.integrity, day.hours, day.proved, day.uncovered) == ("unproved", 0, 48, "00:00-24:00")


def test_a_copy_of_another_digest_is_changed_also_where_its_signature_is_known(copied: Chain, tmp_path: Path) -> None:
    head, before = copied.digests[-1], copied.digests[-2]
    put(copied.root, head, (copied.root / before).read_bytes())
    signatures = {key: copied.signatures[key] for key in (head, before)}
    keys = read_keys(write_keys(tmp_path / "keys.json", keys_document(copied.signer, signatures=signatures)))
    report = report_of(copied, keys, Window(DAY, DAY + timedelta(days=2)))
    found = {name(item.file): (item.integrity, item.detail) for item in report.items if item.kind == "digest"}
    assert found[name(head)] == ("changed", f"its content is that of {name(before)}")
    assert found[name(before)] == ("proved", "")


def test_places_are_judged_apart(copied: Chain, tmp_path: Path) -> None:
    other = Chain(copied.root, account="444455556666", region="us-east-1", minute=40)
    other.day(files=1)
    third = Chain(copied.root, account="777788889999")
    third.write_log(DAY + timedelta(hours=3), "alone", record("alone"))
    (copied.root / other.logs[8]).unlink()
    document = keys_document(
        SIGNERS[0],
        signatures={chain.digests[-1]: chain.signatures[chain.digests[-1]] for chain in (copied, other)},
    )
    report = report_of(copied, read_keys(write_keys(tmp_path / "keys.json", document)))
    assert [(row.account, row.region, row.integrity, row.why) for row in report.days] == [
        ("111122223333", "eu-central-1", "proved", ()),
        ("444455556666", "us-east-1", "missing", ("file-missing",)),
        ("777788889999", "eu-central-1", "unproved", ("no-digests",)),
    ]


def test_empty_hours_prove_that_nothing_was_delivered(tmp_path: Path) -> None:
    chain = Chain(tmp_path / "bucket")
    chain.day(files=0)
    report = report_of(chain, keys_of(chain, tmp_path))
    (day,) = report.days
    assert (day.integrity, day.hours, day.files) == ("proved", 24, 0)


def test_an_earlier_digest_is_missing_only_where_something_is_from_its_time(copied: Chain, tmp_path: Path) -> None:
    for digest in copied.digests[:5]:
        (copied.root / digest).unlink()
    keys = keys_of(copied, tmp_path)
    whole = report_of(copied, keys, Window())
    assert ("missing", "digest-missing", name(copied.digests[4])) in named(whole)
    for key in copied.logs[:10]:
        (copied.root / key).unlink()
    begins_later = report_of(copied, keys, Window(None, WINDOW.end))
    assert named(begins_later) == set()
    assert begins_later.days[0].why == ("not-covered",)
    # Who asks for the whole day is told what its first digest names.
    assert ("missing", "digest-missing", name(copied.digests[4])) in named(report_of(copied, keys))
