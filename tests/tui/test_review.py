"""`ssmtrail review`: what it writes, what it says of decisions, and whether it sees the revoked come back."""

from __future__ import annotations

import csv
import io
import json
import shutil
import stat
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.tui.cli.main import run
from ssmtrail.tui.review.rows import DECISION_FIELDS, ROW_FIELDS, UNJUDGED_FIELDS
from ssmtrail.tui.review.writing import UNUSED_FIELDS
from tests.hostile import hostile_folder, hostile_inventory
from tests.records import ACCOUNT, assumed_role, denied, iam_user, resume, sso, start, write_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str]]
    Row = dict[str, str]

QUARTER = ("--from", "2024-01-01", "--to", "2024-04-01")
WEB = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-0b0b"
POLICY = """version = 1
[[rule]]
id = "jane-dev"
who = ["jane"]
where = "env:dev"
owner = "lead@x.com"
[[rule]]
id = "admins"
who = ["role:Admin"]
where = "*"
[[rule]]
id = "idle"
who = ["kim"]
where = "*"
"""
ROSTER = f"""person,account,role,environment
jane,{ACCOUNT},,dev
kim,{ACCOUNT},Admin,
EVE@x.com,{ACCOUNT},AWSReservedSSO_Admin_0123456789abcdef,
lee,{ACCOUNT},ops,
jane,{ACCOUNT},,stage
"""


def records() -> list[dict[str, Any]]:
    return [
        start("2024-01-10T10:00:00Z", "jane-1", "i-0de0", reason="INC-1"),
        start("2024-02-10T10:00:00Z", "jane-2", "i-0de0"),
        start("2024-02-11T10:00:00Z", "jane-3", "i-0b0b"),
        start("2024-03-01T10:00:00Z", "eve-1", "i-0b0b", sso("Admin", "eve@x.com")),
        denied("StartSession", "2024-03-02T10:00:00Z", WEB, iam_user("mallory")),
        start("2024-03-03T10:00:00Z", "ops-1", "i-0b0b", assumed_role("ops", "botocore-session-1")),
        start("2024-03-04T10:00:00Z", "ops-2", "i-0b0b", assumed_role("ops", "lee")),
        resume("2024-03-05T10:00:00Z", "gone-0abcabcabcabcabca"),
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a review of a small quarter."""
    home = tmp_path_factory.mktemp("review")
    write_file(home / "logs" / "a.json", records())
    (home / "machines.csv").write_text("instance_id,name,environment\ni-0de0,w1,dev\ni-0b0b,w2,prod\n")
    (home / "access.toml").write_text(POLICY)
    (home / "roster.csv").write_text(ROSTER)
    (home / "config" / "ssmtrail").mkdir(parents=True)
    (home / "config" / "ssmtrail" / "config.toml").write_text(f'[accounts]\n"{ACCOUNT}" = "shop"\n')
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSMTRAIL_CACHE", str(home / "cache"))
        patched.setenv("XDG_CONFIG_HOME", str(home / "config"))
        words = ["--logs", str(home / "logs"), "--inventory", str(home / "machines.csv"), *QUARTER]
        more = ["--policy", str(home / "access.toml"), "--roster", str(home / "roster.csv")]
        assert run(["review", *words, *more, "--out", str(home / "q1")]) == 0
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of all of it."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    said = json.loads((tmp_path / "q1" / "MANIFEST.json").read_text())
    said["made"]["made_at"] = "2024-04-02T09:00:00Z"
    (tmp_path / "q1" / "MANIFEST.json").write_text(json.dumps(said))
    return tmp_path


@pytest.fixture
def review(home: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    def called(*words: str) -> tuple[int, str]:
        code = run(["review", *words])
        return code, capfd.readouterr().err

    return called


def rows(path: Path) -> list[Row]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def row_of(folder: Path, person: str, environment: str) -> Row:
    (found,) = [
        row
        for row in rows(folder / "review.csv")
        if (row["person"], row["environment"]) == (person, environment) and not row["policy_why"].startswith("start")
    ]
    return found


def decide(folder: Path, change: Callable[[list[Row]], object] = lambda _: None, **given: str) -> None:
    """Decide every row, each as given, else to keep it."""
    found = rows(folder / "review.csv")
    for row in found:
        row.update({"decision": "keep", "reviewer": "lead@x.com", "decided_at": "2024-04-03"} | given)
    change(found)
    write(folder, found)


def write(folder: Path, found: list[Row], delimiter: str = ",") -> None:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, (*ROW_FIELDS, *DECISION_FIELDS), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(found)
    (folder / "review.csv").write_text(out.getvalue(), newline="")


# --- what is written ---


def test_exactly_these_files_for_their_owner_alone(made: Path) -> None:
    assert {path.name for path in (made / "q1").iterdir()} == {
        "review.csv", "never-used.csv", "unjudged.csv", "coverage.csv", "MANIFEST.json", "report.html",
    }  # fmt: skip
    assert stat.S_IMODE((made / "q1").stat().st_mode) == 0o700
    assert not [path for path in made.iterdir() if path.name.startswith(".")]


def test_one_row_a_person_environment_and_role(made: Path) -> None:
    found = rows(made / "q1" / "review.csv")
    assert tuple(found[0]) == (*ROW_FIELDS, *DECISION_FIELDS)
    shown = ("person", "environment", "role", "sessions", "denied", "machines", "verdict", "rule", "violations")
    assert [tuple(row[name] for name in shown) for row in found] == [
        ("eve@x.com", "prod", "Admin", "1", "0", "1", "allowed", "admins", "0"),
        ("gone", "", "", "0", "0", "0", "unjudged", "", "0"),
        ("jane", "dev", "", "2", "0", "1", "allowed", "jane-dev", "0"),
        ("jane", "prod", "", "1", "0", "1", "violation", "", "1"),
        ("lee", "prod", "ops", "1", "0", "1", "unjudged", "idle", "0"),
        ("mallory", "prod", "", "0", "1", "0", "violation", "", "0"),
        ("", "prod", "ops", "1", "0", "1", "unjudged", "", "0"),
    ]
    jane = row_of(made / "q1", "jane", "dev")
    assert {name: jane[name] for name in ("first_used", "last_used", "days_since", "reason_share", "owner")} == {
        "first_used": "2024-01-10T10:00:00Z", "last_used": "2024-02-10T10:00:00Z", "days_since": "50",
        "reason_share": "50%", "owner": "lead@x.com",
    }  # fmt: skip
    assert (jane["account"], jane["account_name"], jane["examples"]) == (ACCOUNT, "shop", "jane-2 jane-1")
    assert not any(row[name] for row in found for name in DECISION_FIELDS)
    assert len({row["row"] for row in found}) == len(found)


def test_the_manifest_says_what_was_asked_and_what_it_found(made: Path) -> None:
    said = json.loads((made / "q1" / "MANIFEST.json").read_text())
    assert said["totals"] == {
        "rows": 7, "people": 5, "sessions": 6, "without_start": 1, "denied": 1, "failed": 0,
        "verdicts": {"allowed": 3, "unjudged": 3, "violation": 1},
    }  # fmt: skip
    assert said["question"] == {
        "from": "2024-01-01T00:00:00Z",
        "to": "2024-04-01T00:00:00Z",
        "where": "",
        "zone": "UTC",
    }
    assert (said["as_of"], said["complete"], said["source"]) == ("2024-04-01T00:00:00Z", True, "folder")
    assert said["policy"]["rules_that_allowed_nothing"] == ["idle"]
    assert said["made"]["source"] == str(made / "logs")
    assert set(said["members"]) == {"review.csv", "never-used.csv", "unjudged.csv", "coverage.csv", "report.html"}


def test_grants_without_a_proved_session(made: Path) -> None:
    found = rows(made / "q1" / "never-used.csv")
    assert tuple(found[0]) == UNUSED_FIELDS
    assert [tuple(row.values())[:1] + tuple(row.values())[2:] for row in found] == [
        ("kim", "Admin", "", "0", "0", "0"),
        # Somebody typed his name, and somebody unknown used the role.
        ("lee", "ops", "", "0", "1", "1"),
        # The session without a known environment is no session of hers.
        ("jane", "", "stage", "0", "0", "0"),
    ]


def test_what_cannot_be_judged_with_its_reason(made: Path) -> None:
    found = rows(made / "q1" / "unjudged.csv")
    assert tuple(found[0]) == UNJUDGED_FIELDS
    assert [(row["person"], row["role"], row["why"], row["examples"]) for row in found] == [
        ("gone", "", "start-unknown", "gone-0abcabcabcabcabca"),
        ("lee", "ops", "person-unconfirmed", "ops-2"),
        ("", "ops", "person-unknown", "ops-1"),
    ]


def test_without_a_policy_the_same_people_are_in_doubt(home: Path, review: Run) -> None:
    assert review("--logs", "logs", *QUARTER, "--out", "plain")[0] == 0
    assert [row["why"] for row in rows(home / "plain" / "unjudged.csv")] == [
        "start-unknown", "person-unconfirmed", "person-unknown",
    ]  # fmt: skip
    assert not any(row["verdict"] for row in rows(home / "plain" / "review.csv"))
    assert rows(home / "plain" / "never-used.csv") == []
    assert "no roster was given" in (home / "plain" / "report.html").read_text()


def test_what_could_not_be_read_is_said_everywhere(home: Path, review: Run) -> None:
    (home / "logs" / "torn.json").write_text('{"Records":[{"eventVersion":"1.08"')
    assert review("--logs", "logs", *QUARTER, "--out", "some")[0] == 4
    assert json.loads((home / "some" / "MANIFEST.json").read_text())["complete"] is False
    assert "NO: see what was read" in (home / "some" / "report.html").read_text()


def test_no_decision_is_overwritten(home: Path, review: Run) -> None:
    before = (home / "q1" / "review.csv").read_bytes()
    code, err = review("--logs", "logs", *QUARTER, "--out", "q1")
    assert (code, "q1 is not empty" in err) == (2, True)
    assert (home / "q1" / "review.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Name a new folder for the review"),
        (("--demo", "--out", "q1/review.csv"), "is not empty"),
        (("--demo", "--out", "new", "--sha256", "00"), "--sha256 is for --check only"),
        (("--demo", "--out", "new", "--roster", "access.toml"), "has no column person"),
        (("--demo", "--out", "new", "--roster", "absent.csv"), "cannot be read"),
        (("--demo", "--out", "new", "--where", "policy:violation"), "need an access policy"),
        (("--check", "q1", "--out", "new"), "--out does not go with --check"),
        (("--check", "q1", "--where", "env:dev"), "--where does not go with --check"),
    ],
)
def test_bad_usage(home: Path, review: Run, words: tuple[str, ...], sentence: str) -> None:
    code, err = review(*words)
    assert (code, sentence in err) == (2, True), err
    assert not (home / "new").exists()


# --- the review before ---


def test_the_next_review_knows_the_one_before(home: Path, review: Run) -> None:
    def revoked(found: list[Row]) -> None:
        for row in found:
            if row["person"] == "jane" and row["environment"] == "prod":
                row["decision"] = "revoke"

    decide(home / "q1", revoked)
    later = [
        start("2024-05-01T10:00:00Z", "jane-4", "i-0b0b"),
        start("2024-05-02T10:00:00Z", "jane-5", "i-0de0"),
        start("2024-05-03T10:00:00Z", "new-1", "i-0b0b", iam_user("new")),
    ]
    write_file(home / "logs" / "b.json", later)
    (home / "access.toml").write_text('version = 1\n[[rule]]\nid = "a"\nwho = ["new"]\nwhere = "*"\n')
    window = ("--from", "2024-04-01", "--to", "2024-07-01")
    more = ("--inventory", "machines.csv", "--policy", "access.toml", "--previous", "q1")
    assert review("--logs", "logs", *window, *more, "--out", "q2")[0] == 0
    shown = ("person", "environment", "previous_verdict", "verdict", "changed_since_last")
    assert [tuple(row[name] for name in shown) for row in rows(home / "q2" / "review.csv")] == [
        ("jane", "dev", "allowed", "violation", "verdict"),
        ("jane", "prod", "violation", "violation", "back after revoke"),
        ("new", "prod", "", "allowed", "new"),
    ]
    assert len(json.loads((home / "q2" / "MANIFEST.json").read_text())["previous"]["not_seen_since"]) == 5


# --- checking decisions ---


def test_a_review_that_was_decided_passes(home: Path, review: Run) -> None:
    decide(home / "q1")
    code, err = review("--check", "q1")
    assert (code, "7 rows, decided: 7 keep" in err, "all rows are decided" in err) == (0, True, True)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"decision": ""}, "no decision"),
        ({"decision": "maybe"}, "'maybe' is no decision: write keep, revoke, change"),
        ({"reviewer": " "}, "no reviewer"),
        ({"reviewer": "JANE@x.com"}, "JANE@x.com reviewed their own access"),
        ({"decided_at": ""}, "no decided_at"),
        ({"decided_at": "03/04/2024"}, "decided_at 03/04/2024 cannot be read"),
        ({"decided_at": "2024-04-01"}, "decided_at 2024-04-01 is before the review was written"),
        ({"decided_at": "9998-01-01"}, "decided_at 9998-01-01 is in the future"),
    ],
)
def test_what_is_wrong_with_a_decision_is_named(home: Path, review: Run, given: Row, sentence: str) -> None:
    def change(found: list[Row]) -> None:
        next(row for row in found if row["person"] == "jane" and row["environment"] == "dev").update(given)

    decide(home / "q1", change)
    code, err = review("--check", "q1")
    jane = row_of(home / "q1", "jane", "dev")["row"]
    assert (code, f"row {jane} (jane, dev): {sentence}" in err) == (5, True), err
    assert err.count(" row r-") == 1  # nobody else is blamed


def a_cell(found: list[Row]) -> None:
    found[2]["sessions"] = "1"


def a_row_less(found: list[Row]) -> None:
    del found[3]


def a_row_more(found: list[Row]) -> None:
    found.append(found[0] | {"row": "r-000000000000"})


def a_row_twice(found: list[Row]) -> None:
    found.append(found[0] | {"decision": "revoke"})


def another_account(found: list[Row]) -> None:
    found[0]["account"] = "111122223334"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (a_cell, "review.csv: sessions of row r-"),
        (a_row_less, "(jane, prod) any more"),
        (a_row_more, "review.csv has a row that was not written: r-000000000000"),
        (a_row_twice, "more than once"),
        (another_account, "review.csv: account of row r-"),
    ],
    ids=lambda each: each.__name__ if callable(each) else None,
)
def test_changed_rows_are_named(home: Path, review: Run, change: Callable[[list[Row]], None], sentence: str) -> None:
    decide(home / "q1", change)
    code, err = review("--check", "q1")
    assert (code, sentence in err) == (5, True), err
    assert len(err.splitlines()) == 2


@pytest.mark.parametrize("name", ["never-used.csv", "unjudged.csv", "coverage.csv", "report.html"])
def test_changed_and_missing_files_are_named(home: Path, review: Run, name: str) -> None:
    decide(home / "q1")
    (home / "q1" / name).write_bytes((home / "q1" / name).read_bytes() + b"x")
    assert f"{name} is changed" in review("--check", "q1")[1]
    (home / "q1" / name).unlink()
    code, err = review("--check", "q1")
    assert (code, f"{name} is missing" in err) == (5, True)


def test_a_forged_manifest_has_another_hash(home: Path, review: Run) -> None:
    from ssmtrail.tui.evidence.archive import file_sha256

    decide(home / "q1")
    known = file_sha256(home / "q1" / "MANIFEST.json")
    assert review("--check", "q1", "--sha256", known)[0] == 0
    assert review("--check", "q1", "--sha256", "0" * 64)[0] == 5


def test_another_folder_is_no_review(home: Path, review: Run) -> None:
    assert review("--check", "logs")[0] == 3
    (home / "logs" / "MANIFEST.json").write_text('{"format": 1}')
    assert review("--check", "logs")[0] == 3


def semicolons(folder: Path, found: list[Row]) -> None:
    write(folder, found, ";")


def windows(folder: Path, found: list[Row]) -> None:
    found[0]["remark"] = "geprüft"
    write(folder, found)
    (folder / "review.csv").write_bytes((folder / "review.csv").read_text().encode("cp1252"))


def a_mark_of_utf_8(folder: Path, found: list[Row]) -> None:
    write(folder, found)
    (folder / "review.csv").write_bytes(b"\xef\xbb\xbf" + (folder / "review.csv").read_bytes())


def numbers(folder: Path, found: list[Row]) -> None:
    """As a spreadsheet shows an account's id, and with another order of rows."""
    for row in found:
        row["account"] = "1.11122E+11"
    write(folder, found[::-1])


def unquoted_blank_lines(folder: Path, found: list[Row]) -> None:
    write(folder, found)
    with (folder / "review.csv").open("a") as out:
        out.write("," * 33 + "\r\n\r\n")


@pytest.mark.parametrize(
    "saved", [semicolons, windows, a_mark_of_utf_8, numbers, unquoted_blank_lines], ids=lambda each: each.__name__
)
def test_what_spreadsheets_do_to_a_table_is_no_change(
    home: Path, review: Run, saved: Callable[[Path, list[Row]], None]
) -> None:
    decide(home / "q1")
    saved(home / "q1", rows(home / "q1" / "review.csv"))
    code, err = review("--check", "q1")
    assert code == 0, err


# --- those who were revoked ---

SOURCE = ("--check", "q1", "--logs", "logs", "--inventory", "machines.csv")


def revoke(home: Path, person: str = "eve@x.com") -> None:
    def change(found: list[Row]) -> None:
        for row in found:
            if row["person"] == person and row["environment"] == "prod":
                row.update({"decision": "Revoke", "decided_at": "2024-04-03T12:00:00+02:00"})

    decide(home / "q1", change)


def test_whoever_stayed_away_passes(home: Path, review: Run) -> None:
    revoke(home)
    still = [
        start("2024-04-03T09:59:59Z", "eve-0", "i-0b0b", sso("Admin", "eve@x.com")),  # before it was decided
        start("2024-04-20T10:00:00Z", "jane-9", "i-0de0"),
        start("2024-04-20T10:00:00Z", "eve-8", "i-0de0", sso("Admin", "eve@x.com")),  # another environment
        denied("StartSession", "2024-04-21T10:00:00Z", WEB, sso("Admin", "eve@x.com")),
    ]
    write_file(home / "logs" / "b.json", still)
    code, err = review(*SOURCE)
    assert (code, "1 row revoked; looked for in the records up to 2024-04-21" in err) == (0, True), err
    assert "1 row to be revoked or changed without a ticket" in err


def test_whoever_came_back_is_named(home: Path, review: Run) -> None:
    revoke(home)
    doubtful = [
        start("2024-04-20T10:00:00Z", "a", "i-0fff", sso("Admin", "eve@x.com")),
        start("2024-04-20T10:00:00Z", "b", "i-0b0b", assumed_role("ops", "eve@x.com")),
        start("2024-04-20T10:00:00Z", "c", "i-0b0b", assumed_role("Admin", "botocore-session-2")),
    ]
    write_file(home / "logs" / "b.json", doubtful)
    code, err = review(*SOURCE)
    doubts = ("on a machine of no known environment", "a caller typed the name", "an unknown person used the role")
    assert (code, [each for each in doubts if each not in err]) == (4, []), err
    back = [
        start("2024-04-20T10:00:00Z", "back", "i-0b0b", sso("Admin", "eve@x.com")),
        start("2024-04-20T11:00:00Z", "too", "i-0b0b", sso("Other", "eve@x.com")),
    ]
    write_file(home / "logs" / "c.json", back)
    code, err = review(*SOURCE)
    assert code == 5, err
    assert "was used on 2024-04-20T10:00:00Z, session back" in err
    assert "back through Other on 2024-04-20T11:00:00Z, session too" in err
    assert all(each in err for each in doubts)


def test_what_the_records_do_not_reach_is_not_proved(home: Path, review: Run) -> None:
    revoke(home)
    code, err = review(*SOURCE)
    assert (code, "no records since 2024-04-03T10:00:00Z" in err) == (4, True), err
    code, err = review("--check", "q1")
    assert (code, "1 row revoked: name a source" in err) == (4, True), err
    code, err = review(*SOURCE, "--to", "2024-04-02")
    assert (code, "check again later" in err) == (4, True), err


def test_a_row_of_unknown_people_can_be_revoked(home: Path, review: Run) -> None:
    revoke(home, "")
    who = assumed_role("ops", "botocore-session-9")
    write_file(home / "logs" / "b.json", [start("2024-04-20T10:00:00Z", "back", "i-0b0b", who)])
    code, err = review(*SOURCE)
    assert (code, "was used on 2024-04-20T10:00:00Z" in err) == (5, True), err


def test_an_incomplete_look_wins(home: Path, review: Run) -> None:
    revoke(home)
    write_file(home / "logs" / "b.json", [start("2024-04-20T10:00:00Z", "x", "i-0b0b", sso("Admin", "eve@x.com"))])
    (home / "logs" / "torn.json").write_text('{"Records":[{"eventVersion":"1.08"')
    assert review(*SOURCE)[0] == 4
    assert review(*SOURCE, "--allow-incomplete")[0] == 5


# --- hostile text ---

MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>&amp;'


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("hostile-review")
    folder = hostile_folder(home)
    names = (MARKUP, "=cmd|' /C calc'!A0", "+1", "@x", "\x1b[31mred", "a\r\nb", "-2", "\ttab", "x\u202ey")
    write_file(folder / "n.json", [start(f"10:00:{n:02}", f"s-{n}", "i-1", iam_user(v)) for n, v in enumerate(names)])
    inventory = hostile_inventory(home / "machines.json")
    (home / "roster.csv").write_text(
        f'person,account,role\n=cmd(),{ACCOUNT},"{MARKUP.replace(chr(34), chr(34) * 2)}"\n'
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SSMTRAIL_CACHE", str(home / "cache"))
        patched.setenv("XDG_CONFIG_HOME", str(home / "config"))
        words = ["review", "--logs", str(folder), "--inventory", str(inventory), "--allow-incomplete"]
        assert run([*words, "--roster", str(home / "roster.csv"), "--out", str(home / "q")]) == 0
    return home / "q"


def test_no_cell_is_a_formula(hostile: Path) -> None:
    for name in ("review.csv", "never-used.csv", "unjudged.csv", "coverage.csv"):
        text = (hostile / name).read_bytes().decode()
        assert not any(control in text for control in ("\x1b", "\u202e")), name
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells), name
    assert any(row["person"] == "'=cmd()" for row in rows(hostile / "never-used.csv"))


def test_the_page_runs_nothing_and_loads_nothing(hostile: Path) -> None:
    from tests.tui.test_evidence import _Page

    text = (hostile / "report.html").read_text()
    page = _Page()
    page.feed(text)
    assert "&lt;script&gt;alert(1)" in text
    assert not page.tags & {"script", "img", "link", "iframe", "form", "a", "input"}
    assert not page.attributes & {"src", "href", "style", "srcset", "action", "data"}
    assert not any(name.startswith("on") for name in page.attributes)
    assert "default-src 'none'" in text
    assert "size: A4" in text


def test_a_hostile_review_is_checked_without_a_false_blame(hostile: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["review", "--check", str(hostile)]) == 5
    err = capfd.readouterr().err
    assert "changed" not in err
    assert "more than once" not in err
    assert "\x1b" not in err


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser_draws_the_page_and_prints_it(hostile: Path, tmp_path: Path) -> None:
    import subprocess

    page, printed = hostile / "report.html", tmp_path / "report.pdf"
    command = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={printed}", page.as_uri())
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    assert printed.read_bytes().startswith(b"%PDF")
    assert b"Refused" not in done.stderr
