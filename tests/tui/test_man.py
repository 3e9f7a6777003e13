"""`ssmtrail --man`: a manual page in which every command and option is, and which groff shows without a warning."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import click
import pytest

from ssmtrail.tui.cli.commands import _root
from ssmtrail.tui.cli.main import run
from ssmtrail.tui.cli.man import commands_of, manual

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = _root()


def shown(page: str) -> str:
    """The page as groff shows it, without its marks for bold and underlined."""
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-P-cbou", "-rLL=100n"], input=page, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def plain(page: str) -> str:
    """The text of the page, without groff."""
    return re.sub(
        r"^\.[A-Z]+ ?", "", page.replace("\\-", "-").replace("\\(aq", "'").replace("\\(ga", "`"), flags=re.MULTILINE
    )


def sections(page: str) -> dict[str, str]:
    """What is below each heading of a command."""
    parts = re.split(r'^\.S[SH] "?(.*?)"?$', page, flags=re.MULTILINE)
    return {plain(name).removeprefix("ssmtrail "): plain(text) for name, text in zip(parts[1::2], parts[2::2])}  # noqa: B905


def test_every_command_and_option_is_in_it() -> None:
    found = sections(manual(ROOT, "1.0"))
    commands = dict(commands_of(ROOT))
    assert {"query", "cache purge", "config check", "athena doctor", "init", "doctor"} <= commands.keys()
    for name, command in [("OPTIONS", ROOT), *commands.items()]:
        [heading] = [each for each in found if re.fullmatch(rf"{name}( [^a-z].*)?", each)]
        lines = found[heading].splitlines()
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                for option in parameter.opts:
                    assert any(re.match(rf"(-\w, )?{option}(?![\w-])", line) for line in lines), (name, option)
            else:
                assert str(parameter.metavar).strip("[].") in heading


def test_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--man"]) == 0
    page = capsys.readouterr().out
    assert page.startswith('.TH SSMTRAIL 1 "" "ssmtrail ')
    assert page.isascii()


def groups() -> Iterator[click.Group]:
    help_text = ".So it begins: \\n is no break\n\n'quoted', `code`, 1 - 2, é → …"
    option = click.Option(["--odd"], help=".5 dollars, and \\(aq")
    yield click.Group("ssmtrail", [click.Command("odd", params=[option], help=help_text)], help=help_text)
    yield ROOT


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
@pytest.mark.parametrize("group", groups(), ids=["odd", "real"])
def test_groff_shows_it_as_it_is(group: click.Group) -> None:
    page = shown(manual(group, "1.0"))
    if group is ROOT:
        assert "  ssmtrail query pairs --demo --format json | jq '.[] | select(.denied > 0)'\n" in page
        assert "    --partition COLUMN=VALUE[,VALUE]\n" in page
    else:
        assert page.count("\n       .So it begins: \\n is no break\n\n       'quoted', `code`, 1 - 2, é → …\n") == 2
        assert ".5 dollars, and \\(aq" in page
