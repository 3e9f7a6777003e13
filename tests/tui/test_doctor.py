"""`ssmtrail doctor`: what is right and wrong of the configuration, terminal, store, and each kind of source."""

from __future__ import annotations

import errno
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from ssmtrail.queries.config import Settings
from ssmtrail.queries.sources.checks import Check
from ssmtrail.queries.sources.history import rate
from ssmtrail.tui import launch
from ssmtrail.tui.cli.doctor import store_checks, terminal_checks
from ssmtrail.tui.cli.main import run
from tests.athena_emulator import Emulator
from tests.aws_server import HUB, AwsServer
from tests.queries.athena.conftest import fill
from tests.records import start, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    Said = pytest.CaptureFixture[str]

DIGEST: Final = '{"awsAccountId": "111122223333", "digestStartTime": "2026-11-20T10:00:00Z", "digestS3Bucket": "trail"}'


def ago(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


@pytest.fixture(autouse=True)
def _places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(rate, "INTERVAL", 0.0)


@pytest.fixture(scope="module")
def server() -> Iterator[AwsServer]:
    with AwsServer() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture
def aws(server: AwsServer) -> AwsServer:
    """The server, at which all is well."""
    server.denied.clear()
    server.refused.clear()
    server.s3.refused.clear()
    server.s3.objects.clear()
    server.s3.clear("trail")
    server.calls.clear()
    return server


def said(capsys: Said, status: int, *words: str) -> dict[str, tuple[str, str]]:
    """State and text of each check by its name, of a name the last one."""
    assert run(["doctor", *words]) == status
    out = capsys.readouterr().out
    lines = [line.split(maxsplit=2) for line in out.splitlines()]
    assert {state for state, _, _ in lines} <= {"ok", "failed", "skipped"}
    return {name: (state, text) for state, name, text in lines}


class TestHere:
    def test_without_a_source(self, capsys: Said) -> None:
        found = said(capsys, 0)
        assert list(found) == ["config", "terminal", "store", "disk", "source"]
        assert found["terminal"][0] == "skipped"
        assert found["source"] == ("skipped", "none is named: --logs DIR, --history, --s3 URL or --athena DB.TABLE")

    def test_a_faulty_configuration_does_not_stop_it(
        self, capsys: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (path := tmp_path / "config.toml").write_text('zoned = "UTC"\n')
        monkeypatch.setenv("SSMTRAIL_CONFIG", str(path))
        found = said(capsys, 3, "--demo")
        assert found["config"] == ("failed", f"{path} has an unknown setting 'zoned'; did you mean zone?")
        assert found["source"][0] == "ok"

    def test_a_file_that_the_configuration_names(
        self, capsys: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (path := tmp_path / "config.toml").write_text('inventory = "none.csv"\n')
        monkeypatch.setenv("SSMTRAIL_CONFIG", str(path))
        assert said(capsys, 3)["config"][0] == "failed"

    def test_options_of_another_source_are_bad_usage(self, capsys: Said) -> None:
        assert run(["doctor", "--demo", "--profile", "audit"]) == 2
        assert "--profile is for" in capsys.readouterr().err

    def test_each_of_several_sources_is_looked_at(self, capsys: Said, tmp_path: Path) -> None:
        write_file(tmp_path / "one" / "a.json", [start("2026-11-20T09:00:00Z", "jane-1")])
        assert run(["doctor", "--logs", str(tmp_path / "one"), "--logs", str(tmp_path / "none")]) == 3
        lines = [line for line in capsys.readouterr().out.splitlines() if str(tmp_path) in line]
        assert any(line.startswith("ok ") and f"logs {tmp_path / 'one'}" in line for line in lines)
        assert any(line.startswith("failed ") and "none" in line for line in lines)


class TestTerminal:
    @pytest.mark.parametrize(
        ("settings", "environment", "colours", "unicode"),
        [
            (Settings(), {"TERM": "xterm-256color", "LANG": "C.UTF-8"}, "theme dark", "the locale is UTF-8"),
            (Settings(theme="light"), {"TERM": "xterm-256color", "LANG": "C"}, "theme light", "ASCII alone"),
            (Settings(ascii=True), {"TERM": "screen", "LANG": "C.UTF-8"}, "own 16", "ascii = true"),
            (Settings(), {"TERM": "xterm-256color", "NO_COLOR": "1"}, "NO_COLOR", "ASCII alone"),
            (Settings(theme="terminal"), {"TERM": "xterm-256color"}, "theme terminal", "ASCII alone"),
        ],
    )
    def test_what_it_shows(
        self, monkeypatch: pytest.MonkeyPatch, settings: Settings, environment: dict[str, str], colours: str,
        unicode: str,
    ) -> None:  # fmt: skip
        monkeypatch.setattr(launch, "terminal_refusal", lambda: "")
        found = {check.name: check for check in terminal_checks(settings, environment)}
        assert {check.state for check in found.values()} == {"ok"}
        assert colours in found["colours"].text
        assert unicode in found["unicode"].text

    def test_a_small_one_in_tmux(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(launch, "terminal_refusal", lambda: "")
        monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((100, 20)))
        terminal = next(terminal_checks(Settings(), {"TERM": "tmux-256color", "TMUX": "/tmp/x"}))
        assert terminal.text.startswith("TERM=tmux-256color, 100x20; the screens are made for 80x24 and more; copying")


class TestStore:
    def test_what_others_can_write_to(self, tmp_path: Path) -> None:
        (root := tmp_path / "open").mkdir()
        root.chmod(0o777)
        [check] = store_checks(root)
        assert (check.name, check.state) == ("store", "failed")
        assert "chmod -R go-w" in check.text

    def test_what_cannot_be_written(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(**_: Any) -> None:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        monkeypatch.setattr("tempfile.TemporaryFile", refuse)
        [check] = store_checks(tmp_path / "new/store")
        assert check.state == "failed"
        assert "read-only file system. SSMTRAIL_CACHE names another folder." in check.text

    def test_a_full_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 4_000_000))
        store, disk = store_checks(tmp_path / "new/store")
        assert store.state == "ok"
        assert disk == Check("disk", "failed", f"4.0 MB free at {tmp_path}: SSMTRAIL_CACHE names another folder.")
        assert not (tmp_path / "new").exists()


class TestFolder:
    def test_all_is_well(self, capsys: Said, tmp_path: Path) -> None:
        write_file(tmp_path / "logs/a.json.gz", [start(f"{ago(1)}T10:00:00Z")])
        write_file(tmp_path / "logs/b.json.gz", [start("2026-01-20T10:00:00Z")])
        (tmp_path / "logs/CloudTrail-Digest").mkdir()
        (tmp_path / "logs/CloudTrail-Digest/d.json").write_text(DIGEST)
        (tmp_path / "logs/readme.txt").write_text("hello")
        found = said(capsys, 0, "--logs", str(tmp_path / "logs"))
        assert list(found)[-4:] == ["folder", "records", "newest", "digests"]
        assert found["folder"][1].startswith("4 files, ")
        assert found["records"][1] == (
            "2 of 3 files hold CloudTrail records, 2 calls of Session Manager and other doors in them; without any: "
            "1 .txt"
        )
        assert found["newest"] == ("ok", f"{ago(1)}, yesterday (UTC)")
        assert found["digests"][1].startswith("1 digest beside the logs: `ssmtrail integrity`")
        assert not (tmp_path / "cache").exists()

    def test_a_single_file(self, capsys: Said, tmp_path: Path) -> None:
        file = write_file(tmp_path / "a.json.gz", [start("2026-01-20T10:00:00Z")])
        found = said(capsys, 0, "--logs", str(file))
        assert found["records"][1].startswith("1 of 1 files hold CloudTrail records, 1 call of")
        assert found["digests"][0] == "skipped"

    def test_what_is_no_folder_of_logs(self, capsys: Said, tmp_path: Path) -> None:
        assert said(capsys, 3, "--logs", str(tmp_path / "none"))["folder"][1] == f"There is no folder {tmp_path}/none."
        (tmp_path / "empty").mkdir()
        found = said(capsys, 3, "--logs", str(tmp_path / "empty"))
        assert found["folder"] == ("failed", f"There are no files in {tmp_path}/empty.")
        (tmp_path / "empty/picture.png").write_bytes(b"\x89PNG")
        found = said(capsys, 3, "--logs", str(tmp_path / "empty"))
        assert found["records"][0] == "failed"
        assert "hold CloudTrail records: 1 .png. Name the folder" in found["records"][1]
        assert found["newest"][0] == "skipped"

    def test_what_cannot_be_read(self, capsys: Said, tmp_path: Path) -> None:
        write_file(tmp_path / "a.json.gz", [start("2026-01-20T10:00:00Z")])
        whole = (tmp_path / "a.json.gz").read_bytes()
        (tmp_path / "b\x1b[2J.json.gz").write_bytes(whole[:-20])
        (tmp_path / "CloudTrail-Digest.txt").write_text("no digest")
        (tmp_path / "out").symlink_to("/usr")
        found = said(capsys, 3, "--logs", str(tmp_path))
        state, text = found["unreadable"]
        assert state == "failed"
        assert text.startswith("1 of 2 files cannot be read: b")
        assert "\x1b" not in text
        assert found["records"][0] == "ok"
        assert found["digests"][0] == "failed"
        assert found["links"] == ("skipped", "1 link out of the folder: --follow-links reads them")

    def test_a_folder_that_cannot_be_listed(
        self, capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_file(tmp_path / "a.json.gz", [start("2026-01-20T10:00:00Z")])
        (tmp_path / "locked").mkdir()
        real = os.open

        def refuse(path: Any, *args: Any, **more: Any) -> int:
            if str(path).endswith("/locked/"):
                raise PermissionError(errno.EACCES, "Permission denied")
            return real(path, *args, **more)

        monkeypatch.setattr(os, "open", refuse)
        found = said(capsys, 3, "--logs", str(tmp_path))
        assert found["folders"][0] == "failed"
        assert found["folders"][1].startswith("1 folder cannot be listed: locked/: ")

    def test_some_files_of_many_days_are_tried(
        self, capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ssmtrail.queries.sources.files.doctor._MOST_FILES", 3)
        for day in range(10, 20):
            (tmp_path / f"2026/01/{day}").mkdir(parents=True)
            write_file(tmp_path / f"2026/01/{day}/a.json", [start(f"2026-01-{day}T10:00:00Z")])
        found = said(capsys, 0, "--logs", str(tmp_path))
        assert found["records"][1].startswith("3 of 3 files tried (of 10) hold CloudTrail records")
        assert found["newest"][1].startswith("2026-01-19, ")

    def test_large_files_are_not_tried(self, capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ssmtrail.queries.sources.files.doctor._MOST_BYTES", 10)
        write_file(tmp_path / "a.json", [start("2026-01-20T10:00:00Z")])
        assert said(capsys, 0, "--logs", str(tmp_path))["records"] == ("skipped", "1 file too large to be tried here")


class TestHistory:
    def test_all_is_well(self, aws: AwsServer, capsys: Said) -> None:
        found = said(capsys, 0, "--history", "--names")
        assert list(found)[4:] == ["identity", "regions", "history", "sessions", "machines"]
        assert found["identity"] == ("ok", f"arn:aws:iam::{HUB}:user/auditor")
        assert found["regions"] == ("ok", "2 regions: eu-central-1, us-east-1")
        assert found["history"] == ("ok", "cloudtrail:LookupEvents: allowed in 2 regions")
        assert (aws.calls["LookupEvents"], aws.calls["DescribeSessions"], aws.calls["DescribeInstances"]) == (2, 2, 2)

    def test_one_region_is_refused(self, aws: AwsServer, capsys: Said) -> None:
        aws.refused[HUB, "us-east-1"] = "AccessDeniedException"
        found = said(capsys, 3, "--history")
        assert found["history"][0] == "failed"
        assert found["history"][1].startswith("refused in us-east-1: ")

    def test_true_ends_may_be_refused(self, aws: AwsServer, capsys: Said) -> None:
        aws.denied.add("DescribeSessions")
        state, text = said(capsys, 0, "--history")["sessions"]
        assert state == "skipped"
        assert "ssm:DescribeSessions" in text
        assert text.endswith("Without it the true ends of sessions stay unknown there.")

    def test_true_ends_of_a_folder_may_not(self, aws: AwsServer, capsys: Said, tmp_path: Path) -> None:
        aws.denied.add("DescribeSessions")
        file = write_file(tmp_path / "a.json.gz", [start("2026-01-20T10:00:00Z")])
        found = said(capsys, 3, "--logs", str(file), "--ends")
        assert (found["records"][0], found["sessions"][0]) == ("ok", "failed")
        assert aws.calls["LookupEvents"] == 0

    def test_an_organisation(self, aws: AwsServer, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(aws, "members", [
            {"Id": HUB, "State": "ACTIVE"}, {"Id": "222233334444", "State": "ACTIVE"},
            {"Id": "333344445555", "State": "SUSPENDED"},
        ])  # fmt: skip
        monkeypatch.setattr(aws, "closed", {"222233334444"})
        words = ("--history", "--organisation-role", "SecurityAudit", "--region", "eu-central-1")
        found = said(capsys, 3, *words)
        assert found["accounts"] == ("skipped", "The account 333344445555 is suspended: it is not read.")
        assert found["regions"] == ("ok", "1 region of 2 accounts: eu-central-1")
        assert found["history"][0] == "failed"
        assert found["history"][1].startswith("refused in 222233334444/eu-central-1: ")
        monkeypatch.setattr(aws, "closed", set())
        assert said(capsys, 0, *words)["history"][1].endswith(": allowed in 2 regions of 2 accounts")

    def test_no_credentials(self, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        found = said(capsys, 3, "--history")
        assert found["identity"][0] == "failed"
        assert "regions" not in found


class TestBucket:
    def test_all_is_well(self, aws: AwsServer, capsys: Said) -> None:
        times = f"{ago(1)}T10:00:00Z", f"{ago(1)}T11:00:00Z", f"{ago(0)}T00:00:00Z"
        aws.s3.put_records("trail", map(start, times))
        found = said(capsys, 0, "--s3", "s3://trail")
        assert list(found)[4:] == ["identity", "bucket", "accounts", "newest", "object", "price"]
        assert found["bucket"] == ("ok", "s3://trail, region eu-central-1")
        assert found["accounts"] == ("ok", "1 account (111122223333), 1 region (eu-central-1)")
        assert found["object"][1].startswith("one can be read, ")
        assert found["price"][1].startswith("2 objects of yesterday, 0.0 MB; 30 days like it cost about $0.00 for")
        assert len(aws.s3.read) == 1

    def test_an_archive(self, aws: AwsServer, capsys: Said) -> None:
        aws.s3.put_records("trail", [start("2025-01-20T10:00:00Z")])
        found = said(capsys, 0, "--s3", "s3://trail")
        assert (found["newest"][0], found["object"][0], found["price"][0]) == ("skipped", "ok", "skipped")

    @pytest.mark.parametrize(
        ("refused", "name", "text"),
        [
            ("GetObject", "object", "denied: s3:GetObject on the objects, and kms:Decrypt"),
            ("ListObjectsV2", "accounts", "the identity needs s3:ListBucket"),
        ],
    )
    def test_what_is_refused(self, aws: AwsServer, capsys: Said, refused: str, name: str, text: str) -> None:
        aws.s3.put_records("trail", [start(f"{ago(1)}T10:00:00Z")])
        aws.s3.refused[refused] = "AccessDenied"
        state, found = said(capsys, 3, "--s3", "s3://trail")[name]
        assert state == "failed"
        assert text in found

    def test_nothing_of_cloudtrail(self, aws: AwsServer, capsys: Said) -> None:
        aws.s3.put("trail", "picture.png", b"")
        state, text = said(capsys, 3, "--s3", "s3://trail")["accounts"]
        assert state == "failed"
        assert text.startswith("There are no CloudTrail files in s3://trail: name the prefix")
        assert said(capsys, 3, "--s3", "s3://other-bucket")["bucket"] == ("failed", "There is no bucket other-bucket.")


def test_a_table_is_checked_as_by_its_own_doctor(capsys: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (path := tmp_path / "config.toml").write_text('[athena]\ntable = "audit.trail"\n')
    monkeypatch.setenv("SSMTRAIL_CONFIG", str(path))
    with Emulator() as emulated:
        for name, value in emulated.environment.items():
            monkeypatch.setenv(name, value)
        fill(emulated)
        status = run(["athena", "doctor"])
        own = capsys.readouterr().out
        assert run(["doctor"]) == status
    out = capsys.readouterr().out
    assert out.endswith(own)
    assert out.startswith(f"ok      config      {path}: is right\n")
