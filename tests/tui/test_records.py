"""`ssmtrail query records`: the records behind an answer, as the source held them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.records import one_line
from ssmtrail.tui.cli.main import run
from tests.records import call, denied, iam_user, resume, start, terminate, write_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

WEB = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0b0b"
#: An Identity Center user and a hostile reason; keys in an unusual order; spaces that are kept.
ODD = (
    '{"eventVersion" : "1.08",  "requestParameters":{"reason":"=cmd()\\u001b[2J \\u00e9 \\ud800","target":"i-0odd"},%s}'
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("records")
    jane = [start("10:00:00"), resume("10:30:00"), terminate("11:00:00")]
    others = [
        start("12:00:00", "eve-1", who=iam_user("eve"))
        | {"responseElements": {"sessionId": "eve-1", "tokenValue": "secret"}},
        denied("StartSession", "13:00:00", WEB, iam_user("eve")),
        call("SendCommand", "14:00:00", requestParameters={"instanceIds": ["i-0b0b"]}),
        call("PutParameter", "15:00:00"),
    ]
    rest = dict(start("16:00:00", "odd-1", who=iam_user("odd")), eventID=None)
    del rest["eventVersion"], rest["requestParameters"], rest["eventID"]
    odd = ODD % json.dumps(rest)[1:-1]
    write_file(home / "logs" / "a.json", [*jane, *others])
    write_file(home / "logs" / "again.json", jane[:2])  # delivered twice
    (home / "logs" / "odd.json").write_text('{"Records":[\n' + odd.replace(",", ",\n", 1) + "\n]}")
    (home / "odd.txt").write_text(odd)
    (home / "jane.json").write_text(json.dumps(jane))
    return home


@pytest.fixture
def query(home: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(home / "cache"))

    def called(*words: str) -> tuple[int, str, str]:
        code = run(["query", "records", "--logs", str(home / "logs"), *words])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return called


def names(out: str) -> list[Any]:
    return [(each["eventName"], each["userIdentity"]["userName"]) for each in map(json.loads, out.splitlines())]


def test_the_records_of_a_session_are_those_of_its_calls_once(query: Run, home: Path) -> None:
    code, out, err = query("--of", "sessions", "--where", "person:jane")
    assert code == 0
    assert [json.loads(line) for line in out.splitlines()] == json.loads((home / "jane.json").read_text())
    assert err == "ssmtrail: 3 records of sessions\n"


def test_a_record_is_exact_also_without_an_event_id(query: Run, home: Path) -> None:
    _, out, _ = query("--of", "sessions", "--where", "person:odd")
    assert out == (home / "odd.txt").read_text().replace(",", ", ", 1) + "\n"


def test_calls_doors_and_refused_calls(query: Run) -> None:
    assert names(query("--of", "calls")[1]) == [
        ("StartSession", "jane"), ("ResumeSession", "jane"), ("TerminateSession", "jane"), ("StartSession", "eve"),
        ("StartSession", "eve"), ("StartSession", "odd"),
    ]  # fmt: skip
    assert names(query("--of", "doors")[1]) == [("SendCommand", "jane")]
    (refused,) = query("--of", "sessions", "--where", "status:denied")[1].splitlines()
    assert json.loads(refused)["errorCode"] == "AccessDeniedException"


def test_secrets_are_replaced_and_counted(query: Run) -> None:
    _, out, err = query("--of", "sessions", "--where", "person:eve -status:denied")
    assert json.loads(out)["responseElements"]["tokenValue"] == "redacted: 6 characters"
    assert "in 1 record secrets are replaced by their length" in err


def test_one_array_and_a_limit(query: Run) -> None:
    code, out, err = query("--of", "calls", "--format", "json", "--limit", "2")
    assert code == 0
    assert [each["eventName"] for each in json.loads(out)] == ["StartSession", "ResumeSession"]
    assert "2 of 6 records, as --limit asked." in err
    assert query("--of", "calls", "--where", "person:nobody", "--format", "json")[1] == "[]\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Name the question whose records are asked for: --of sessions, calls, doors, findings."),
        (("--of", "calls", "--format", "csv"), "Records are jsonl or json, not csv."),
        (("--of", "calls", "--sort", "at"), "Records are whole, in the order of time"),
        (("--of", "sessions", "--where", "policy:violation"), "need an access policy"),
        (("--of", "people"), "--of"),
    ],
)
def test_bad_usage(query: Run, words: tuple[str, ...], sentence: str) -> None:
    code, out, err = query(*words)
    assert (code, out) == (2, "")
    assert sentence in err


def test_of_is_for_records_only(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["query", "calls", "--demo", "--of", "calls"]) == 2
    assert "--of is for records only." in capfd.readouterr().err


@pytest.mark.parametrize(
    ("record", "line"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('{\r\n "a": "b\\nc"}', '{   "a": "b\\nc"}'),
        ('{"a": "b\nc"}', '{"a": "b\\nc"}'),
        ('{"a": "b\n', '{"a": "b '),
    ],
)
def test_one_line(record: str, line: str) -> None:
    assert one_line(record) == line
