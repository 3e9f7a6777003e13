"""`O`: the row's pages in AWS's console, for every partition; nothing of a log gets into an address unchecked."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList

from ssmtrail.tui.frame.console_menu import ConsoleScreen
from ssmtrail.tui.frame.console_urls import console_pages, has_browser
from ssmtrail.tui.frame.related import Related
from tests.fakes import FakeTrail, a_session
from tests.tui.screens.stage import app_over, on_stage, press, said

EVENT = "f832760f-1111-2222-3333-0123456789ab"
WHOLE = Related(
    target="i-0ab1c2d3e4f5a6b7c", event=EVENT, region="eu-central-1", account="111122223333", session_id="jane-1"
)


def urls(related: Related) -> dict[str, str]:
    return {page.what: page.url for page in console_pages(related)[0]}


def test_a_session_has_three_pages() -> None:
    base = "https://eu-central-1.console.aws.amazon.com"
    assert urls(WHOLE) == {
        "instance": f"{base}/ec2/home?region=eu-central-1#InstanceDetails:instanceId=i-0ab1c2d3e4f5a6b7c",
        "session history": f"{base}/systems-manager/session-manager/sessions?region=eu-central-1",
        "event": f"{base}/cloudtrailv2/home?region=eu-central-1#/events/{EVENT}",
    }


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "us-east-1.console.aws.amazon.com"),
        ("ap-southeast-7", "ap-southeast-7.console.aws.amazon.com"),
        ("cn-northwest-1", "cn-northwest-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_each_partition_has_its_console(region: str, host: str) -> None:
    related = Related(target=WHOLE.target, event=EVENT, region=region)
    assert {url.split("/")[2] for url in urls(related).values()} == {host}
    assert all(f"region={region}" in url for url in urls(related).values())


@pytest.mark.parametrize(
    "region", ["us-iso-east-1", "us-isob-east-1", "us-isof-south-1", "eu-isoe-west-1", "eusc-de-east-1"]
)
def test_other_partitions_are_left_out_with_a_sentence(region: str) -> None:
    pages, why = console_pages(Related(target=WHOLE.target, event=EVENT, region=region))
    assert pages == []
    assert why == f"{region} is in a partition of AWS whose console has no public address."


def test_a_managed_node_is_no_instance() -> None:
    [(what, url)] = urls(Related(target="mi-0123456789abcdef0", region="eu-west-1")).items()
    assert (what, "mi-0123456789abcdef0" in url) == ("managed node", True)


@pytest.mark.parametrize("text", ["evil.example/x#", "eu-central-1.evil.example", "eu-central-1\n", "", "日本-x-1"])
def test_no_region_of_a_log_makes_another_host(text: str) -> None:
    assert console_pages(Related(target=WHOLE.target, event=EVENT, region=text))[0] == []


@pytest.mark.parametrize("text", ["i-0ab1c2d3e4f5a6b7c#x", "i-xyz", "../../x", "ecs:a_b_c", "i-0ab1c2d3e4f5a6b7c\n"])
def test_only_ids_get_into_an_address(text: str) -> None:
    pages, why = console_pages(Related(target=text, event=text, region="eu-central-1"))
    assert pages == []
    assert "neither instance nor event has an id" in why


@pytest.mark.parametrize(
    ("environment", "platform", "there"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "x", "DISPLAY": ":10"}, "linux", False),
        ({"SSH_CONNECTION": "x"}, "darwin", False),
    ],
)
def test_a_browser_that_would_take_the_terminal_is_not_opened(
    environment: dict[str, str], platform: str, there: bool
) -> None:
    assert has_browser(environment, platform) is there


def trail(region: str = "eu-central-1") -> FakeTrail:
    return FakeTrail({"sessions": [a_session(target=WHOLE.target, event_ids=(EVENT,), region=region)]})


async def test_an_address_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "far away")
    async with on_stage(app_over(trail())) as pilot:
        await press(pilot, "O")
        assert isinstance(pilot.app.screen, ConsoleScreen)
        assert pilot.app.screen.query_one(OptionList).option_count == 3
        await press(pilot, "o", "down", "down", "enter")  # there is no browser to open
        assert pilot.app.clipboard == urls(WHOLE)["event"]


async def test_a_page_is_opened_where_there_is_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    app = app_over(trail())
    opened: list[str] = []
    monkeypatch.setattr(app, "open_url", opened.append)
    async with on_stage(app) as pilot:
        await press(pilot, "O", "o")
        assert opened == [urls(WHOLE)["instance"]]
        assert said(pilot) == "opened the instance in a browser"


async def test_a_partition_without_a_console_is_said() -> None:
    async with on_stage(app_over(trail("us-iso-east-1"))) as pilot:
        await press(pilot, "O")
        assert "no public address" in said(pilot)
