"""Launches and tags of machines in event history: asked for by machine, with `--names`, once, and bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ssmtrail
from ssmtrail.queries.sources.history.names import KeptNames, Sighting
from tests.aws_server import HUB, AwsServer
from tests.queries.history.conftest import ago, history
from tests.queries.test_names_by_time import launch, tag
from tests.records import start

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CELL = HUB, "eu-central-1"
ONE, TWO = "i-0ab1c2d3e4f5a6b70", "i-0ab1c2d3e4f5a6b71"
REGIONS = ["eu-central-1"]


def machines_asked(aws: AwsServer) -> list[str]:
    found = [value for _, _, value in aws.asked if value.startswith("i-")]
    aws.asked.clear()
    return found


def names_of(trail: ssmtrail.Trail) -> dict[str | None, tuple[str | None, str]]:
    return {each.session_id: (each.target_name, each.name_source) for each in trail.sessions()}


def test_a_machine_has_the_name_of_the_time_and_is_asked_for_once(aws: AwsServer, tmp_path: Path) -> None:
    aws.record([
        launch(ago(hours=48), {"Name": "web-7"}, ONE), start(ago(hours=30), "first", ONE),
        tag(ago(hours=24), {"Name": "web-8"}, ONE), start(ago(hours=5), "second", ONE),
        tag(ago(hours=1), {"Name": "web-9"}, ONE),
    ])  # fmt: skip
    with history(tmp_path, regions=REGIONS) as trail:
        trail.refresh()
        assert names_of(trail) == {"first": (None, "none"), "second": (None, "none")}
    assert machines_asked(aws) == []
    with history(tmp_path, regions=REGIONS, names=True) as trail:
        for _ in range(2):
            trail.refresh()
            assert names_of(trail) == {"first": ("web-7", "record"), "second": ("web-8", "record")}
        assert ", 1 machine asked for, " in trail.coverage(ssmtrail.Window()).words
        assert machines_asked(aws) == [ONE]
        # A session since then may be after a change of the name.
        aws.record([start(ago(hours=0.5), "third", ONE)])
        trail.refresh()
        assert machines_asked(aws) == [ONE]
        assert names_of(trail)["third"] == ("web-9", "record")


def test_what_is_named_already_is_not_asked_for_and_a_reading_asks_for_so_many(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssmtrail.queries.ingest.history._MOST_MACHINES", 1)
    kept = KeptNames(tmp_path / "cache" / "names")
    kept.add(CELL, [Sighting("i-0ab1c2d3e4f5a6b72", ago(hours=50), "db-1", ""), Sighting(ONE, ago(hours=1), "web", "")])
    targets = (ONE, TWO, "i-0ab1c2d3e4f5a6b72", "mi-0ab1c2d3e4f5a6b70", "i-NOT", "ecs:a_b_c")
    aws.record([start(ago(hours=5 + number), f"s-{number}", target) for number, target in enumerate(targets)])
    with history(tmp_path, regions=REGIONS, names=True) as trail:
        trail.refresh()
        assert ", 1 machine asked for, 1 at the next reading" in trail.coverage(ssmtrail.Window()).words
        assert machines_asked(aws) == [TWO]  # of it no name is known at all
        trail.refresh()
        assert machines_asked(aws) == [ONE]
        trail.refresh()
        assert machines_asked(aws) == []
        assert "next reading" not in trail.coverage(ssmtrail.Window()).words


def test_a_machine_that_is_tagged_again_and_again_is_read_over_several_readings(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssmtrail.queries.sources.history.walks._MOST_PAGES", 1)
    tags: list[dict[str, Any]] = [tag(ago(hours=40, minutes=-number), {"Other": "x"}, ONE) for number in range(60)]
    aws.record([launch(ago(hours=48), {"Name": "web-7"}, ONE), *tags, start(ago(hours=30), "first", ONE)])
    with history(tmp_path, regions=REGIONS, names=True) as trail:
        trail.refresh()
        assert names_of(trail) == {"first": (None, "none")}
        trail.refresh()
        assert names_of(trail) == {"first": ("web-7", "record")}
        assert machines_asked(aws) == [ONE, ONE]
        trail.refresh()
        assert machines_asked(aws) == []
