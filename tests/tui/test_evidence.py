"""Evidence packs: what is in one, that the same answer has the same bytes, and that no change of one is overlooked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import zipfile
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.errors import SourceError
from ssmtrail.tui.cli.main import run
from ssmtrail.tui.evidence.archive import SUMS, member_sha256, write_archive
from ssmtrail.tui.evidence.verify import faults
from tests.hostile import hostile_folder, hostile_inventory
from tests.records import call, denied, iam_user, resume, start, terminate, write_file
from tests.signed_logs import DAY, Chain, keys_document, write_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Change = Callable[[Path], None]

WINDOW = ("--from", "2026-11-20", "--to", "2026-11-21")
WEB = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0b0b"


def signed_folder(root: Path) -> Chain:
    """A day of digests with four files of records: those of two people, and one without any."""
    chain = Chain(root)
    day = DAY - timedelta(days=3)
    files = {
        10: [start("10:00:00", "jane-1"), resume("10:30:00", "jane-1")],
        11: [terminate("11:00:00", "jane-1")],
        14: [start("13:00:00", "eve-1", who=iam_user("eve")), denied("StartSession", "13:10:00", WEB, iam_user("eve"))],
        16: [call("SendCommand", "15:00:00", requestParameters={"instanceIds": ["i-0b0b"]})],
    }
    for number in range(26):
        records = files.get(number)
        content = json.dumps({"Records": records}).encode()
        chain.hour(day + timedelta(hours=number, minutes=17), {"x": content} if records else None)
    return chain


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("evidence")
    chain = signed_folder(home / "logs")
    head = chain.digests[-1]
    write_keys(home / "keys.json", keys_document(chain.signer, signatures={head: chain.signatures[head]}))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSMTRAIL_CACHE", str(home / "cache"))
        patched.setenv("XDG_CONFIG_HOME", str(home / "config"))
        logs, keys = str(home / "logs"), str(home / "keys.json")
        assert run(["evidence", "--logs", logs, *WINDOW, "--keys", keys, "--out", str(home / "pack.zip")]) == 0
    return home


@pytest.fixture
def pack(home: Path, tmp_path: Path) -> Path:
    """A copy of the pack, far from the store and from the file that was written beside it."""
    shutil.copy(home / "pack.zip", tmp_path / "pack.zip")
    return tmp_path / "pack.zip"


def members(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest(pack: Path) -> Any:
    return json.loads(members(pack)["MANIFEST.json"])


def lines(pack: Path, name: str) -> list[Any]:
    return [json.loads(line) for line in members(pack)[name].splitlines()]


def test_it_has_the_answers_and_every_record_that_they_name(pack: Path) -> None:
    said = manifest(pack)
    rows = {each["question"]: each["rows"] for each in said["answers"]}
    assert rows == {"sessions": 3, "calls": 5, "doors": 1, "findings": len(lines(pack, "answers/findings.jsonl"))}
    named = {each for row in lines(pack, "answers/sessions.jsonl") for each in row["event_ids"]}
    named |= {row["event_id"] for row in lines(pack, "answers/doors.jsonl")}
    records = lines(pack, "records/records.jsonl")
    assert {each["eventID"] for each in records} == named
    assert said["records"] == {"rows": 6, "record_source": {"file": 6}, "redacted": {}, "without_record": 0}
    assert said["question"] == {
        "from": "2026-11-20T00:00:00Z",
        "to": "2026-11-21T00:00:00Z",
        "where": "",
        "zone": "UTC",
    }
    assert {each["integrity"] for each in lines(pack, "records/index.jsonl")} == {"proved"}
    (day,) = csv.DictReader(io.StringIO(members(pack)["integrity.csv"].decode()))
    assert (day["integrity"], day["hours"]) == ("proved", "24")
    assert b"jane" in members(pack)["report.html"]


def test_an_earlier_check_counts_without_keys(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of the files that are the same: the day before it was not looked at, and is counted as not checked."""
    monkeypatch.setenv("SSMTRAIL_CACHE", str(home / "cache"))
    out, window = tmp_path / "again.zip", ("--from", "2026-11-19", "--to", "2026-11-21")
    assert run(["evidence", "--logs", str(home / "logs"), *window, "--out", str(out)]) == 0
    assert "integrity: as ssmtrail integrity found it before" in capfd.readouterr().err
    assert {row["integrity"] for row in lines(out, "answers/sessions.jsonl")} == {"proved"}
    assert {each["integrity"] for each in lines(out, "records/index.jsonl")} == {"proved"}
    assert manifest(out)["integrity"] == {"days": {"proved": 1}, "files": {"proved": 4}}
    assert "keys.json" not in members(out)
    assert b"1 of 1 days are whole" in members(out)["report.html"]
    assert b"whose files have changed since: 1." in members(out)["report.html"]
    days = csv.DictReader(io.StringIO(members(out)["coverage.csv"].decode()))
    assert [(day["day"], day["integrity"]) for day in days] == [("2026-11-19", ""), ("2026-11-20", "proved")]


def test_who_made_it_stands_beside_it_alone(home: Path) -> None:
    made = json.loads((home / "pack.zip.made.json").read_text())
    assert made["sha256"] == hashlib.sha256((home / "pack.zip").read_bytes()).hexdigest()
    assert made["source"] == str(home / "logs")
    inside = b"".join(members(home / "pack.zip").values())
    assert str(home).encode() not in inside
    assert made["made_at"].encode() not in inside
    assert (home / "pack.zip").stat().st_mode & 0o077 == 0


def test_the_file_beside_it_names_the_source_as_it_was_given(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder by its path, without the signs that an identity has for a blank; the demo as what it is."""
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "100% of a trail"
    shutil.copytree(home / "logs", folder)
    assert run(["evidence", "--logs", str(folder), *WINDOW, "--out", str(tmp_path / "a.zip")]) == 0
    assert json.loads((tmp_path / "a.zip.made.json").read_text())["source"] == str(folder)
    of_demo = ["--demo", "--demo-end", "2026-11-23", "--from", "2026-11-22", "--where", "person:zoe*"]
    assert run(["evidence", *of_demo, "--out", str(tmp_path / "b.zip")]) == 0
    assert json.loads((tmp_path / "b.zip.made.json").read_text())["source"] == "demo"


def test_the_same_records_elsewhere_give_the_same_bytes(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    shutil.copytree(home / "logs", tmp_path / "moved")
    words = ["evidence", "--logs", str(tmp_path / "moved"), *WINDOW, "--keys", str(home / "keys.json")]
    assert run([*words, "--out", str(tmp_path / "again.zip")]) == 0
    assert (tmp_path / "again.zip").read_bytes() == (home / "pack.zip").read_bytes()


def test_a_copy_verifies_without_the_store(pack: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "verify", str(pack)]) == 0
    err = capfd.readouterr().err
    assert "pack.zip: whole: all members have their hashes, all events their records" in err
    assert "compare it with the one that was printed" in err


def test_sha256sum_can_check_it(pack: Path, tmp_path: Path) -> None:
    sums = dict(line.split("  ")[::-1] for line in members(pack)[SUMS].decode().splitlines())
    found = {name: hashlib.sha256(data).hexdigest() for name, data in members(pack).items() if name != SUMS}
    assert sums == found


# --- tampering ---


def rewritten(pack: Path, change: Callable[[dict[str, bytes]], None], *, sums: bool = False) -> None:
    """Write the pack again after a change of its members; with `sums`, all hashes in it are made right again."""
    found = members(pack)
    change(found)
    if sums:
        said = json.loads(found["MANIFEST.json"])
        for name in [name for name in found if name not in {SUMS, "MANIFEST.json"}]:
            said["members"][name] = {"bytes": len(found[name]), "sha256": hashlib.sha256(found[name]).hexdigest()}
        found["MANIFEST.json"] = json.dumps(said).encode()
        found[SUMS] = "".join(
            f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(found.items()) if name != SUMS
        ).encode()
    folder = pack.parent / "members"
    for name, data in found.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    with pack.open("wb") as out:
        write_archive({name: folder / name for name in found}, out)


def one_byte_of_a_member(pack: Path) -> None:
    def change(found: dict[str, bytes]) -> None:
        found["answers/sessions.csv"] = found["answers/sessions.csv"].replace(b"jane", b"jAne", 1)

    rewritten(pack, change)


def one_member_removed(pack: Path) -> None:
    def change(found: dict[str, bytes]) -> None:
        del found["coverage.csv"]

    rewritten(pack, change)


def one_member_added(pack: Path) -> None:
    rewritten(pack, lambda found: found.update({"answers/extra.csv": b"a,b\n"}))


def one_byte_of_the_packed_bytes(pack: Path) -> None:
    data = bytearray(pack.read_bytes())
    data[200] ^= 1
    pack.write_bytes(bytes(data))


def bytes_behind_it(pack: Path) -> None:
    pack.write_bytes(pack.read_bytes() + b"more")


def bytes_before_it(pack: Path) -> None:
    pack.write_bytes(b"more" + pack.read_bytes())


def a_comment(pack: Path) -> None:
    with zipfile.ZipFile(pack, "a") as archive:
        archive.comment = b"hello"


def a_member_twice(pack: Path) -> None:
    with zipfile.ZipFile(pack, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("answers/calls.csv", b"forged")


def a_path_out_of_the_folder(pack: Path) -> None:
    with zipfile.ZipFile(pack, "a") as archive:
        archive.writestr("../../evil", b"forged")


def a_member_and_its_hash(pack: Path) -> None:
    """In SHA256SUMS, but not in the manifest."""

    def change(found: dict[str, bytes]) -> None:
        former, found["limits.txt"] = found["limits.txt"], b"* none\n"
        before, after = (hashlib.sha256(data).hexdigest().encode() for data in (former, found["limits.txt"]))
        found[SUMS] = found[SUMS].replace(before, after)

    rewritten(pack, change)


def a_record_removed(pack: Path) -> None:
    def change(found: dict[str, bytes]) -> None:
        found["records/records.jsonl"] = b"\n".join(found["records/records.jsonl"].split(b"\n")[1:])

    rewritten(pack, change, sums=True)


def a_record_exchanged(pack: Path) -> None:
    def change(found: dict[str, bytes]) -> None:
        found["records/records.jsonl"] = re.sub(
            rb'"eventID": "event-', b'"eventID": "EVENT-', found["records/records.jsonl"], count=1
        )

    rewritten(pack, change, sums=True)


def a_row_removed(pack: Path) -> None:
    def change(found: dict[str, bytes]) -> None:
        found["answers/calls.jsonl"] = b"\n".join(found["answers/calls.jsonl"].split(b"\n")[1:])

    rewritten(pack, change, sums=True)


def the_manifest(pack: Path) -> None:
    rewritten(pack, lambda found: found.update({"MANIFEST.json": found["MANIFEST.json"].replace(b'""', b'"all"', 1)}))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (one_byte_of_a_member, "answers/sessions.csv is changed: its hash is not that of SHA256SUMS"),
        (one_member_removed, "coverage.csv is missing"),
        (one_member_added, "answers/extra.csv was added: SHA256SUMS does not name it"),
        (one_byte_of_the_packed_bytes, "MANIFEST.json is "),
        (bytes_behind_it, "there are bytes that belong to no member"),
        (bytes_before_it, "there are bytes that belong to no member"),
        (a_comment, "there are bytes that belong to no member"),
        (a_member_twice, "answers/calls.csv is there more than once"),
        (a_path_out_of_the_folder, "../../evil is no name of a member"),
        (a_member_and_its_hash, "MANIFEST.json and SHA256SUMS do not have the same hashes"),
        (a_record_removed, "records/index.jsonl does not name line 1 of records/records.jsonl"),
        (a_record_exchanged, "records/index.jsonl does not name line 1 of records/records.jsonl"),
        (a_row_removed, "answers/calls has not the 5 rows that MANIFEST.json says"),
        (the_manifest, "MANIFEST.json is changed: its hash is not that of SHA256SUMS"),
    ],
    ids=lambda each: each.__name__ if callable(each) else None,
)  # fmt: skip
def test_tampering_is_named(pack: Path, change: Change, sentence: str, capfd: pytest.CaptureFixture[str]) -> None:
    change(pack)
    assert run(["evidence", "verify", str(pack)]) == 5
    said = capfd.readouterr().err
    assert sentence in said
    # Nothing else is blamed.
    assert len({line for line in said.splitlines() if ": answers/" in line or ": records/" in line}) <= 2


def test_a_forged_pack_that_fits_together_has_another_hash(home: Path, pack: Path) -> None:
    def change(found: dict[str, bytes]) -> None:
        for name in ("answers/sessions.csv", "answers/sessions.jsonl"):
            found[name] = found[name].replace(b"i-0ab1c2d3", b"i-0ab1c2d4")

    whole = hashlib.sha256(pack.read_bytes()).hexdigest()
    rewritten(pack, change, sums=True)
    assert faults(pack) == []  # as nobody could tell from the pack alone
    assert faults(pack, whole) == ["its SHA-256 is not the one that was given"]
    shutil.copy(home / "pack.zip.made.json", pack.with_name("pack.zip.made.json"))
    assert faults(pack) == ["its SHA-256 is not that of pack.zip.made.json"]


def test_no_flipped_byte_passes(pack: Path) -> None:
    data = pack.read_bytes()
    with zipfile.ZipFile(pack) as archive:
        # The last byte of a packed member may have bits that mean nothing.
        ends = {each.header_offset + 30 + len(each.filename) + each.compress_size - 1 for each in archive.infolist()}
    for at in sorted({*range(0, len(data), len(data) // 150), *(end - 1 for end in ends)} - ends):
        pack.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
        try:
            assert faults(pack), at
        except SourceError:
            assert at > len(data) - 2_500, at  # the directory at the end


@pytest.mark.parametrize("data", [b"", b"PK\5\6" + b"\0" * 18, b"hello", b"PK\3\4" * 100])
def test_another_file_is_no_pack(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "other.zip").write_bytes(data)
    assert run(["evidence", "verify", str(tmp_path / "other.zip")]) in {3, 5}
    assert run(["evidence", "verify", str(tmp_path / "absent.zip")]) == 3


# --- hostile text ---


MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>&amp;'


class _Page(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("hostile-evidence")
    folder = hostile_folder(home)
    # Often enough to stand in the report.
    markup = [
        start(f"12:0{number}:00", f"m-{number}", 'i-0<script>"', iam_user(MARKUP), eventID=f"{MARKUP}{number}")
        for number in range(9)
    ]
    write_file(folder / "a&b <img src=x onerror=1>.json", markup)
    (folder / "torn & <b>.json").write_text('{"Records":[{"eventVersion":"1.08"')
    inventory = hostile_inventory(home / "machines.json")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSMTRAIL_CACHE", str(home / "cache"))
        words = ["evidence", "--logs", str(folder), "--inventory", str(inventory), "--out", str(home / "pack.zip")]
        assert run(words) == 4  # a file cannot be read
        assert run([*words, "--allow-incomplete"]) == 0
    return home / "pack.zip"


def test_the_report_of_hostile_text_runs_nothing_and_loads_nothing(hostile: Path) -> None:
    text = members(hostile)["report.html"].decode()
    page = _Page()
    page.feed(text)
    assert "&lt;script&gt;alert(1)" in text
    assert "torn &amp; &lt;b&gt;.json" in text
    assert page.tags <= {
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td",
        "svg", "rect", "text", "ul", "li",
    }  # fmt: skip
    assert not page.attributes & {"src", "href", "style", "srcset", "action", "data"}
    assert not any(name.startswith("on") for name in page.attributes)
    assert "default-src 'none'" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\u2066]", text)


def test_hostile_names_are_shown_in_csv_and_exact_in_json(hostile: Path) -> None:
    found = members(hostile)
    for name in ("skipped.csv", "inputs.csv", "answers/sessions.csv", "coverage.csv"):
        text = found[name].decode()
        assert "\x1b" not in text
        assert not any(cell.startswith(("=", "+", "@")) for row in csv.reader(io.StringIO(text)) for cell in row)
    reasons = [json.loads(line)["reason"] or "" for line in found["answers/sessions.jsonl"].splitlines()]
    assert any("\x1b" in reason for reason in reasons)
    skipped = list(csv.DictReader(io.StringIO(found["skipped.csv"].decode())))
    assert any(row["kind"] == "unreadable" for row in skipped)


def test_a_hostile_pack_verifies(hostile: Path) -> None:
    assert faults(hostile) == []


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser_draws_the_report_and_prints_it(hostile: Path, tmp_path: Path) -> None:
    import subprocess

    page, printed = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_bytes(members(hostile)["report.html"])
    command = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={printed}", page.as_uri())
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    assert printed.read_bytes().startswith(b"%PDF")
    assert b"Refused" not in done.stderr


# --- usage ---


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--demo",), "Name the pack: --out pack.zip."),
        (("--demo", "--out", "x.zip", "--keys", "keys.json"), "--keys is for --logs only"),
        (("--logs", "logs", "--out", "x.zip", "--keys", "absent.json"), "absent.json cannot be read"),
        (("--logs", "logs", "--out", "x.zip", "--where", "nokey:x"), "nokey"),
        (("--logs", "logs", "--out", "no/such/folder/x.zip"), "cannot be written"),
    ],
)
def test_bad_usage(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("SSMTRAIL_CACHE", str(home / "cache"))
    assert run(["evidence", *words]) in {2, 3}
    assert sentence in capfd.readouterr().err
    assert not (home / "x.zip").exists()


def test_a_filter_that_calls_cannot_have_leaves_their_answer_out(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(home / "cache"))
    out = tmp_path / "some.zip"
    words = ["evidence", "--logs", str(home / "logs"), *WINDOW, "--where", "resumes:>0", "--out", str(out)]
    assert run(words) == 0
    said = manifest(out)
    assert [each["question"] for each in said["answers"]] == ["sessions"]
    assert set(said["answers_left_out"]) == {"calls", "doors", "findings"}
    assert said["records"]["rows"] == 3
    assert faults(out) == []


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (2 << 20) + 300])
def test_members_of_any_length_are_hashed_whole(tmp_path: Path, size: int) -> None:
    data = (b"abcdefg" * 64 + b"\n") * (size // 449 + 1)
    (tmp_path / "member").write_bytes(data[:size])
    with (tmp_path / "x.zip").open("wb") as out:
        write_archive({"member": tmp_path / "member"}, out)
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert member_sha256(archive, "member") == hashlib.sha256(data[:size]).hexdigest()
