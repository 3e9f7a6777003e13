"""`ssmtrail transcript`, and hostile transcripts in a real terminal: nothing of them reaches it raw."""

from __future__ import annotations

import json
import stat
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ssmtrail.queries.config import Settings, openings_path
from ssmtrail.queries.sources.history.bounds import KeptBounds
from ssmtrail.tui.cli.main import run
from tests.aws_server import AwsServer
from tests.hostile import HOSTILE
from tests.pty_app import running
from tests.queries.transcripts.made import OLD_AGENT, an_event, by_script, streamed
from tests.queries.transcripts.test_preferences import document
from tests.records import call, start, terminate, write_file
from tests.terminal_bytes import faults, text_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

SESSION: Final = "jane-0a1b2c3d4e5f67890"
TUNNEL: Final = "jane-0000000000000000f"
#: Everything that a person under audit could print, in each form of bytes.
HOSTILE_BYTES: Final = (
    b"".join(
        text.encode("utf-8", "surrogatepass") + b"\r\n" + text.encode("latin-1", "replace") + b"\n"
        for text in HOSTILE.values()
    )
    + bytes(range(256))
    + b"\n\x1b]0;never ended\n\x1bPq\x1b[?1049h\x1b[2J\x1b[1;1Hdrawn\x1b]52;c;b3duZWQ=\x07\x1b[?1049l\n"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("transcripts")
    tunnel = start("12:00:00", TUNNEL, document="AWS-StartPortForwardingSession")
    write_file(home / "logs" / "a.json", [start("10:00:00", SESSION), terminate("11:00:00", SESSION), tunnel])
    (home / "copies").mkdir()
    return home


@pytest.fixture
def transcript(home: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(home / "cache"))

    def called(*words: str) -> tuple[int, str, str]:
        code = run(["transcript", *words])
        out, err = capfdbinary.readouterr()
        return code, out.decode("utf-8", "surrogateescape"), err.decode()

    return called


def test_a_local_copy_needs_no_records(transcript: Run, tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(OLD_AGENT)
    code, out, err = transcript(SESSION, "--transcripts", str(tmp_path))
    assert code == 0
    assert "sh-4.2$ whoami" in out
    assert "sh-4.2#" not in out
    assert "recorded: A copy is at" in err
    assert "that the agent wrote" in err
    assert json.loads(openings_path().read_text())["how"] == "ssmtrail transcript"


def test_the_session_is_looked_up_in_the_records(transcript: Run, home: Path) -> None:
    source = ("--logs", str(home / "logs"))
    copies = ("--transcripts", str(home / "copies"))
    assert transcript(TUNNEL, *source, *copies)[::2] == (
        4, "ssmtrail: not recordable: Session Manager records no port forwarding.\n",
    )  # fmt: skip
    code, out, err = transcript(SESSION, *source, *copies)
    assert (code, out) == (4, "")
    assert "ssmtrail: unknown: No copy is in" in err
    assert transcript("nobody", *source)[0] == 2
    assert transcript(SESSION)[0] == 2
    assert transcript(SESSION, *source, "--transcripts", str(home / "none"))[0] == 3


def test_raw_is_every_byte_in_a_file_of_ones_own(transcript: Run, tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(HOSTILE_BYTES)
    written = tmp_path / "raw.log"
    code, out, _ = transcript(SESSION, "--transcripts", str(tmp_path), "--raw", "--output", str(written))
    assert (code, out) == (0, "")
    assert written.read_bytes() == HOSTILE_BYTES
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert transcript(SESSION, "--transcripts", str(tmp_path), "--raw", "--screens")[0] == 2


@pytest.mark.parametrize("more", [(), ("--screens",)])
def test_nothing_hostile_is_printed(transcript: Run, tmp_path: Path, more: tuple[str, ...]) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(by_script(tmp_path, HOSTILE_BYTES))
    code, out, err = transcript(SESSION, "--transcripts", str(tmp_path), *more)
    assert code == 0
    assert [fault for line in (out + err).split("\n") for fault in text_faults(line)] == []
    assert "drawn" in out


def test_streamed_lines_have_their_times(transcript: Run, tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.jsonl").write_bytes(streamed(an_event(1, "id")) + b'{"sessionData": [}\n')
    code, out, err = transcript(SESSION, "--transcripts", str(tmp_path))
    assert code == 4
    assert out.splitlines()[0] == "2026-11-29T10:00:01Z  id"
    assert "1 streamed event could not be read" in err


def test_the_configuration_names_the_places(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[transcripts]\nfolder = "t"\n[transcripts.places.111122223333]\nbucket = "b"\nprefix = "p"\n')
    found = Settings.load(path).transcripts
    assert found.folder == tmp_path / "t"
    place = found.place_of("111122223333")
    assert place is not None
    assert (place.bucket, place.prefix, place.log_group) == ("b", "p", None)
    assert found.place_of("444455556666") is None
    path.write_text('[transcripts.places.111122223333]\nbuckets = "b"\n')
    with pytest.raises(Exception, match="buckets"):
        Settings.load(path)


@pytest.mark.parametrize("words", [("--cast",), ()], ids=["by option", "by name"])
def test_a_streamed_transcript_becomes_a_recording(transcript: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / f"{SESSION}.jsonl").write_bytes(
        streamed(an_event(1, "$ id", "\x1b]0;x\x07jane"), an_event(9, "$ exit"))
    )
    written = tmp_path / "night.cast"
    code, out, _ = transcript(SESSION, "--transcripts", str(tmp_path), *words, "--output", str(written))
    assert (code, out) == (0, "")
    header, *events = [json.loads(line) for line in written.read_text().splitlines()]
    assert header["title"] == f"session {SESSION}"
    assert events == [[0.0, "o", "$ id\r\n"], [0.0, "o", "jane\r\n"], [8.0, "o", "$ exit\r\n"]]
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    code, out, _ = transcript(SESSION, "--transcripts", str(tmp_path), "--cast")
    assert (code, json.loads(out.splitlines()[0])["version"]) == (0, 2)


def test_nothing_of_a_hostile_transcript_is_obeyed_by_what_plays_it(transcript: Run, tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.jsonl").write_bytes(streamed(an_event(1, *HOSTILE.values()), an_event(2, "end")))
    code, out, _ = transcript(SESSION, "--transcripts", str(tmp_path), "--cast")
    assert code == 0
    assert out.isascii()
    printed = [json.loads(line)[2] for line in out.splitlines()[1:]]
    assert len(printed) > len(HOSTILE)
    assert all(text.endswith("\r\n") and text_faults(text[:-2]) == [] for text in printed)


def test_what_a_recording_lacks_of_times_is_said(transcript: Run, tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.jsonl").write_bytes(streamed(an_event(5, "a"), an_event(1, "b"), an_event(6, "c")))
    code, _, err = transcript(SESSION, "--transcripts", str(tmp_path), "--cast")
    assert code == 0
    assert "1 line without a time, or with an earlier one" in err


def test_without_times_there_is_no_recording_and_why_is_said(transcript: Run, tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(by_script(tmp_path, b"id\n"))
    written = tmp_path / "night.cast"
    code, out, err = transcript(SESSION, "--transcripts", str(tmp_path), "--cast", "--output", str(written))
    assert (code, out, written.exists()) == (4, "", False)
    assert "No recording can be made: it needs the time of each line" in err
    assert "by `script`, after the session." in err
    (tmp_path / f"{SESSION}.log").write_bytes(streamed(an_event(1, "a", eventTime="soon")))
    code, _, err = transcript(SESSION, "--transcripts", str(tmp_path), "--cast")
    assert code == 4
    assert "The first events of this one have none." in err
    assert transcript(SESSION, "--transcripts", str(tmp_path), "--cast", "--raw")[0] == 2


def test_aws_is_asked_with_the_credentials_of_the_source(
    transcript: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("ssmtrail.queries.sources.history.rate.INTERVAL", 0.0)
    with AwsServer(regions=("eu-central-1",)) as aws:
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        preferences = "SSM-SessionManagerRunShell"
        aws.documents["111122223333", "eu-central-1", preferences] = document(s3BucketName="logs")
        aws.s3.put("logs", f"{SESSION}.log", b"from S3\n")
        begun = [start(_ago(50), SESSION), terminate(_ago(49), SESSION)]
        aws.record(begun)
        asked = (SESSION, "--history", "--from", "4d")
        code, out, err = transcript(*asked)
        assert (code, out) == (0, "from S3\n")
        assert "this bounds its end from the next reading on" in err
        (kept,) = KeptBounds(tmp_path / "cache" / "bounds").of(("111122223333", "eu-central-1")).values()
        assert (kept["SessionId"], set(kept)) == (SESSION, {"SessionId", "StartedAt", "EndedBefore"})
        assert transcript_bounds(capfdbinary) == (0, "111122223333/eu-central-1: 1 session kept, 0 alive, 1 over\n")
        aws.s3.clear("logs")
        code, out, err = transcript(*asked)
        assert (code, out) == (5, "")
        assert f"expected but not found: There is no object s3://logs/{SESSION}.log." in err
        # A change of the preferences after the start takes the proof away.
        changed = call("UpdateDocument", _ago(40), requestParameters={"name": preferences})
        write_file(tmp_path / "logs" / "a.json", [*begun, changed])
        code, _, err = transcript(SESSION, "--logs", str(tmp_path / "logs"), "--ends")
        assert code == 4
        assert f"The preferences were changed at {changed['eventTime']}" in err


def transcript_bounds(capture: pytest.CaptureFixture[bytes]) -> tuple[int, str]:
    code = run(["ends", "transcripts", "--history", "--from", "4d"])
    return code, capture.readouterr().out.decode()


def _ago(hours: int) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


_BELTLESS: Final = (
    "from ssmtrail.tui.terminal.control_characters import ControlCharacterFilter as Belt; "
    "Belt.apply = lambda self, segments, _: segments; "
    "import sys; from ssmtrail.tui.cli.main import main; sys.exit(main())"
)


def test_nothing_hostile_reaches_a_terminal(tmp_path: Path, home: Path) -> None:
    """Also without the filter that is there as a belt. Plain, raw and drawn, from top to bottom, and a search."""
    (tmp_path / f"{SESSION}.log").write_bytes(by_script(tmp_path, HOSTILE_BYTES))
    write_file(tmp_path / "logs" / "a.json", [start("10:00:00", SESSION)])
    command = (sys.executable, "-c", _BELTLESS, "logs", str(tmp_path / "logs"), "--transcripts", str(tmp_path))
    place = {name: str(tmp_path / name) for name in ("cache", "state", "config")}
    env = {f"SSMTRAIL_{name.upper()}": path for name, path in place.items() if name != "config"}
    env |= {"HOME": str(tmp_path), "TZ": "UTC", "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    with running(command, 100, 30, env) as app:
        app.wait_for("20 Nov 10:00:00", within=30)
        app.write(b"T")
        app.wait_for("transcript: recorded", within=30)
        for words in ("plain text: what moves", "raw: every control", "plain text, with the screens"):
            app.wait_for(words, within=30)
            app.write(b"/drawn\r")
            app.wait_for("drawn", within=30)
            for key in (b"g", *(b"\x1b[6~",) * 6, b"G"):
                app.write(key)
                app.settle(0.05)
            app.write(b"v")
        app.write(b"\x03")
        assert app.wait_closed() == 0
        assert faults(bytes(app.output)) == []
