"""Names of machines from AWS: `--names`, and what `ssmtrail names` kept before."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

import ssmtrail
from ssmtrail.queries.config import Settings
from ssmtrail.queries.sources.history.names import KeptNames, Sighting
from ssmtrail.queries.store.folders import purge_cache
from ssmtrail.tui.cli.main import run
from ssmtrail.tui.launch import known_accounts
from tests.aws_server import HUB
from tests.queries.history.conftest import NOW, a_node, a_session, ago, an_instance, history
from tests.records import start

if TYPE_CHECKING:
    from pathlib import Path

    from tests.aws_server import AwsServer

CELL = HUB, "eu-central-1"


def folder_of(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir(exist_ok=True)
    sessions = [
        start(ago(hours=hours), f"jane-{hours}", target) for hours, target in enumerate(("i-1", "mi-2", "i-3"), 1)
    ]
    (folder / "records.json").write_text(json.dumps({"Records": sessions}))
    return folder


def names_of(trail: ssmtrail.Trail) -> dict[str | None, tuple[str | None, str, str | None]]:
    return {each.target: (each.target_name, each.name_source, each.environment) for each in trail.sessions()}


def test_names_are_asked_for_kept_and_used_without_asking(aws: AwsServer, tmp_path: Path) -> None:
    aws.instances[CELL] = [
        an_instance("i-1", name="web-1", Stage="dev", env="prod"), an_instance("i-9"),
        an_instance("i-3", state="terminated", Name="gone-3"),
        *(an_instance(f"i-more-{number}", Name=str(number)) for number in range(5)),
    ]  # fmt: skip
    aws.nodes[CELL] = [
        a_node("i-1", "EC2Instance", ComputerName="ip-10-0-0-1"), a_node("mi-2", ComputerName="db.example.com"),
        *(a_node(f"mi-{number}", Name=f"till-{number}", ComputerName="x") for number in range(5, 9)),
    ]  # fmt: skip
    found = {"i-1": ("web-1", "later", "prod"), "mi-2": ("db.example.com", "later", None), "i-3": (None, "none", None)}
    folder, cache = folder_of(tmp_path), tmp_path / "cache"
    with ssmtrail.open_logs(folder, cache=cache, names=True) as trail:
        trail.refresh()
        assert names_of(trail) == found
        (words,) = trail.coverage(ssmtrail.Window()).settings
        assert words.startswith("names ")
    asked = aws.calls["DescribeInstances"]
    assert asked == 3 + 1  # pages of three machines, and the other region
    kept = KeptNames(cache / "names").of(CELL)
    assert len(kept) == 7 + 5
    assert kept["mi-5"][0].name == "till-5"
    with ssmtrail.open_logs(folder, cache=cache) as trail:
        trail.refresh()
        assert names_of(trail) == found
        assert trail.coverage(ssmtrail.Window()).settings == (words,)
    assert aws.calls["DescribeInstances"] == asked


def test_a_machine_that_is_gone_is_still_named(aws: AwsServer, tmp_path: Path) -> None:
    """As it was seen before the session, and, of an earlier session, later."""
    kept = KeptNames(tmp_path / "cache" / "names")
    before, between = (NOW - timedelta(hours=hours) for hours in (9, 1.5))
    for at, name in ((before, "web-1"), (before + timedelta(hours=1), "web-1"), (between, "api-1")):
        kept.add(CELL, [Sighting(target, f"{at:%Y-%m-%dT%H:%M:%SZ}", name, "") for target in ("i-1", "i-3")])
    assert [each.name for each in kept.of(CELL)["i-1"]] == ["web-1", "api-1"]
    aws.record([start(ago(hours=1), "late", "i-1"), start(ago(hours=3), "early", "i-3")])
    with history(tmp_path, regions=["eu-central-1"], names=True) as trail:
        trail.refresh()
        assert names_of(trail) == {"i-1": ("api-1", "snapshot", None), "i-3": ("web-1", "snapshot", None)}
        (gone,) = trail.sessions("name:api-1 session:early")
        assert gone.target_name == "web-1"
    assert aws.calls["DescribeInstances"] == 1


def test_a_refresh_renews_what_was_counted_by_names(aws: AwsServer, tmp_path: Path) -> None:
    with ssmtrail.open_logs(folder_of(tmp_path), cache=tmp_path / "cache", names=True) as trail:
        trail.refresh()
        assert len(list(trail.machines("name:web-1"))) == 0
        aws.instances[CELL] = [an_instance("i-1", Name="web-1")]
        trail.refresh()
        assert [each.target for each in trail.machines("name:web-1")] == ["i-1"]


def test_a_screen_gets_rows_first_and_names_when_they_are_known(aws: AwsServer, tmp_path: Path) -> None:
    """And a region that is slow, or refuses, does not keep local rows back."""
    aws.instances[CELL] = [an_instance("i-1", Name="web-1")]
    seen: dict[str, list[str | None]] = {}
    with ssmtrail.open_logs(folder_of(tmp_path), cache=tmp_path / "cache", names=True) as trail:
        aws.before_answer = lambda operation: seen.update({operation: [each.target for each in trail.sessions()]})
        progress: list[ssmtrail.Progress] = []
        last = trail.fetch(progress.append, Event())
        assert names_of(trail)["i-1"][0] == "web-1"
        assert len(seen["DescribeRegions"]) == len(seen["DescribeInstances"]) == 3
        assert [each.state for each in progress].count("done") == 1
        assert progress[-1] == last
        assert last.snapshot > max(each.snapshot for each in progress[:-1])
        again = trail.fetch(progress.append, Event())
        assert (again.state, again.snapshot) == ("done", last.snapshot)


def test_ends_and_names_together_look_up_the_regions_once(aws: AwsServer, tmp_path: Path) -> None:
    aws.instances[CELL] = [an_instance("i-1", Name="web-1")]
    aws.sessions[CELL] = [a_session("jane-1", hours=1, ended=0.5, Target="i-1")]
    with ssmtrail.open_logs(folder_of(tmp_path), cache=tmp_path / "cache", ends=True, names=True) as trail:
        progress: list[ssmtrail.Progress] = []
        trail.fetch(progress.append, Event())
        assert [each.state for each in progress].count("done") == 1
        (row,) = trail.sessions("session:jane-1")
        assert (row.target_name, row.end_evidence) == ("web-1", "reported")
    assert aws.calls["DescribeRegions"] == 1


def test_new_names_do_not_make_what_is_purged_look_empty(aws: AwsServer, tmp_path: Path) -> None:
    with ssmtrail.open_logs(folder_of(tmp_path), cache=tmp_path / "cache", names=True) as trail:
        trail.refresh()
        assert len(names_of(trail)) == 3
        purge_cache(tmp_path / "cache", datetime.now(UTC))
        aws.instances[CELL] = [an_instance("i-1", Name="web-1")]
        with pytest.raises(ssmtrail.StoreError):
            trail.refresh()
        assert names_of(trail)["i-1"][0] == "web-1"
        assert len(names_of(trail)) == 3


def test_a_region_that_refuses_is_named_and_the_others_are_read(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.instances[CELL] = [an_instance("i-1", Name="web-1")]
    aws.refused[HUB, "us-east-1"] = "UnauthorizedOperation"
    folder = folder_of(tmp_path)
    with ssmtrail.open_logs(folder, cache=tmp_path / "cache", names=True) as trail:
        trail.refresh()
        assert names_of(trail)["i-1"] == ("web-1", "later", None)
        (note,) = trail.coverage(ssmtrail.Window()).notes
    assert note.file == f"{HUB}/us-east-1"
    assert note.text.startswith("not all names of machines are read: ")
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "other"))
    assert run(["names"]) == 4
    out, err = capsys.readouterr()
    assert out == f"{HUB}/eu-central-1: 1 machine kept, 1 with a name\n"
    assert f"not all is read: {HUB}/us-east-1" in err
    assert run(["names", "--region", "us-east-1"]) == 3
    assert run(["names", "--region", "eu-central-1", "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_who_may_list_one_kind_of_machines_gets_their_names(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.instances[CELL] = [an_instance("i-1", Name="web-1")]
    aws.nodes[CELL] = [a_node("mi-1", ComputerName="paris-7")]
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    for denied, known in (("DescribeInstanceInformation", {"i-1"}), ("DescribeInstances", {"i-1", "mi-1"})):
        aws.denied = {denied}
        assert run(["names", "--region", CELL[1]]) == 3
        assert {each.target for each in KeptNames(tmp_path / "cache" / "names").all()} == known
        out, err = capsys.readouterr()
        assert f"{HUB}/{CELL[1]}: {len(known)} machine" in out
        assert f"not all is read: {HUB}/{CELL[1]}: AWS denies {denied}." in err


def test_names_of_accounts_are_kept_where_the_organisation_gives_them(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {HUB: "audit", "444455556666": "prod", "777788889999": "lab"}
    aws.members = [{"Id": each, "Arn": "arn", "Name": name, "State": "ACTIVE"} for each, name in names.items()]
    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
    aws.denied = {"ListAccounts"}
    assert run(["names"]) == 0
    assert known_accounts(Settings(accounts={HUB: "main"})) == {HUB: "main"}
    aws.denied = set()
    assert run(["names"]) == 0
    assert known_accounts(Settings(accounts={HUB: "main"})) == {**names, HUB: "main"}
    (tmp_path / "cache" / "names" / "accounts").write_text("[]")
    assert known_accounts(Settings()) == {}


def test_throttled_requests_are_asked_again(aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssmtrail.queries.sources.history.aws._FIRST_WAIT", 0.0)
    aws.instances[CELL] = [an_instance("i-1", Name="web-1")]
    aws.faults["DescribeInstances"] = ["RequestLimitExceeded"] * 3
    with ssmtrail.open_logs(folder_of(tmp_path), cache=tmp_path / "cache", names=True) as trail:
        trail.refresh()
        assert names_of(trail)["i-1"][0] == "web-1"


def test_a_damaged_file_of_names_names_nothing(tmp_path: Path) -> None:
    kept = KeptNames(tmp_path / "names")
    kept.add(CELL, [Sighting("i-1", "2026-11-20T10:00:00Z", "web-1", "")])
    (path,) = (tmp_path / "names").glob("[!.]*")
    for text in ('{"i-1":[["yesterday","web-1",""]]}', '{"i-1":[["x"]]}', "[1]", '{"i-1":', '{"i-1":7}'):
        path.write_text(text)
        assert kept.all() == []


def test_what_says_nothing_new_is_not_written_again(tmp_path: Path) -> None:
    kept, folder = KeptNames(tmp_path / "names"), tmp_path / "names"
    kept.add(CELL, [Sighting("i-1", "2026-11-20T10:00:00Z", "web-1", "")])
    kept.add_accounts({HUB: "audit"})
    for path in folder.glob("[!.]*"):
        os.utime(path, (0, 0))
    kept.add(CELL, [Sighting("i-1", "2026-11-21T10:00:00Z", "web-1", "")])
    kept.add_accounts({HUB: "audit"})
    kept.add((HUB, "us-east-1"), [])
    assert [path.stat().st_mtime for path in folder.glob("[!.]*")] == [0, 0]
    kept.add(CELL, [Sighting("i-1", "2026-11-21T10:00:00Z", "web-2", "")])
    assert [each.name for each in kept.all()] == ["web-1", "web-2"]


def test_half_characters_in_names_do_not_stop_an_answer(aws: AwsServer, tmp_path: Path) -> None:
    """JSON can contain them as escapes, and the engine refuses them."""
    half = "\ud800"
    aws.nodes[CELL] = [a_node("mi-2", Name=f"db{half}")]
    kept = KeptNames(tmp_path / "cache" / "names")
    (tmp_path / "cache" / "names").mkdir(parents=True)
    (tmp_path / "cache" / "names" / f"{HUB}-us-east-1.json").write_text(
        json.dumps({"i-1": [["2026-11-20T10:00:00Z", f"{half}web", f"prod{half}"]], half: []})
    )
    with ssmtrail.open_logs(folder_of(tmp_path), cache=tmp_path / "cache", names=True) as trail:
        for _ in range(2):
            trail.refresh()
            assert {name for name, *_ in names_of(trail).values()} == {"db\ufffd", "\ufffdweb", None}
    assert len(kept.of(CELL)["mi-2"]) == 1
    kept.add_accounts({HUB: f"a{half}"})
    assert kept.accounts == {HUB: "a\ufffd"}
