"""What holds for every test: a home of its own, no deadlines, shared parsing, idle time seen instead of slept."""

from __future__ import annotations

import gc
import os
import signal
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, settings
from textual.scrollbar import ScrollBar
from xdist.scheduler import WorkStealingScheduling

from tests import calm, shared_models, shared_styles, unseen
from tests.pictures import snap_compare, snap_compare_at_once  # noqa: F401 - fixtures
from tests.slow import SLOW
from tests.thorough import times

if TYPE_CHECKING:
    from xdist.remote import Producer

_TERMINAL: Final = ("COLORTERM", "NO_COLOR", "FORCE_COLOR", "TMUX", "COLUMNS", "LINES", "TEXTUAL", "TEXTUAL_THEME")
_TESTS: Final = Path(__file__).parent
_PLACES: Final = ("CACHE", "CONFIG", "DATA", "STATE")
#: Numbers of the tests' homes: looking for the next free one among thousands takes its time.
_HOMES: Final = count()

_UNHURRIED: Final = settings(deadline=None, max_examples=times(25, 1000), suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("unhurried", _UNHURRIED)
# A check that others wait for tries the same examples each time.
settings.register_profile("ci", _UNHURRIED, derandomize=True)
# `nohup` and shells let programs in the background ignore these; so would the programs that tests start and signal.
for _number, _handler in ((signal.SIGHUP, signal.SIG_DFL), (signal.SIGINT, signal.default_int_handler)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)
calm.install()
shared_models.install()
shared_styles.install()
unseen.install()
settings.load_profile("ci" if os.environ.get("CI") else "unhurried")


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end, modules and tests: walking it took a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_unconfigure() -> None:
    """Let go of everything, so that the engine's library does not find its types in use when it ends."""
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _scroll_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take back the scroll bars of an app in ASCII, which are those of its whole process."""
    monkeypatch.setattr(ScrollBar, "renderer", ScrollBar.renderer)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make check` leaves out."""
    for item in items:
        if item.path.relative_to(_TESTS).as_posix() in SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One process more than processors: a fifth of the time a test waits, for a terminal, a server, a clock."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> WorkStealingScheduling:
    """Give each process a stretch of neighbours, which share fixtures; who is done takes from who is not."""
    return WorkStealingScheduling(config, log)


@pytest.fixture(autouse=True)
def _no_machine(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A home of its own for each test, in which nothing is; UTC; a plain terminal."""
    home = tmp_path_factory.getbasetemp() / f"home-{next(_HOMES)}"
    home.mkdir(mode=0o700)
    for name in (*_TERMINAL, *(f"SSMTRAIL_{place}" for place in _PLACES)):
        monkeypatch.delenv(name, raising=False)
    for name in _PLACES:
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for name, value in {"HOME": str(home), "TZ": "UTC", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}.items():
        monkeypatch.setenv(name, value)
