"""A headless Chromium, spoken to through pipes: what it says of a page, and the page on paper."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Names of the browser, as distributions and its makers call it.
NAMES: Final = ("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome", "chrome")
#: The browser reads commands from 3 and writes answers to 4.
_START: Final = (
    "import os, sys; read, write = map(int, sys.argv[1:3]); os.dup2(read, 3); os.dup2(write, 4);"
    " os.execv(sys.argv[3], sys.argv[3:])"
)
_SIZES: Final = (
    "(({scrollWidth, clientWidth}) => [scrollWidth - clientWidth, document.title])(document.documentElement)"
)
#: Millimetres of a point.
_POINT: Final = 25.4 / 72


def browser_path() -> str | None:
    """The first browser on the path."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as the browser saw it."""

    faults: list[str]
    """What it said on its console: errors of scripts, refused content."""
    asked: list[str]
    """Every address that it asked for."""
    wide: int
    """Pixels that do not fit on the paper's width."""
    title: str
    pdf: bytes

    @property
    def paper(self) -> set[tuple[int, int]]:
        """Width and height of the pages in millimetres."""
        boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", self.pdf)
        return {(round(float(wide) * _POINT), round(float(high) * _POINT)) for wide, high in boxes}


@dataclass(slots=True)
class _Pipes:
    """The DevTools protocol: JSON messages with a NUL behind each."""

    to: IO[bytes]
    back: IO[bytes]
    events: list[dict[str, Any]] = field(default_factory=list)
    session: str | None = None
    number: int = 0

    def ask(self, method: str, **given: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; events in between are kept."""
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": given}
        if self.session:
            message["sessionId"] = self.session
        self.to.write(json.dumps(message).encode() + b"\0")
        self.to.flush()
        while (found := self._next()).get("id") != self.number:
            self.events.append(found)
        assert "error" not in found, found
        result: dict[str, Any] = found["result"]
        return result

    def wait_for(self, method: str) -> None:
        """Wait for an event."""
        while not any(each.get("method") == method for each in self.events):
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        data = bytearray()
        while (byte := self.back.read(1)) not in (b"\0", b""):
            data += byte
        assert data, "the browser ended"
        found: dict[str, Any] = json.loads(data)
        return found


@contextmanager
def _started(path: str, home: Path) -> Iterator[_Pipes]:
    to_read, to_write = os.pipe()
    back_read, back_write = os.pipe()

    words = (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
        "--remote-debugging-pipe", f"--user-data-dir={home}",
    )  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(to_read), str(back_write), path, *words], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(to_read, back_write),
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
    )  # fmt: skip
    os.close(to_read)
    os.close(back_write)
    try:
        with os.fdopen(to_write, "wb") as to, os.fdopen(back_read, "rb") as back:
            yield _Pipes(to, back)
    finally:
        process.terminate()
        process.wait()


def seen_in_browser(path: str, pages: list[Path], home: Path) -> list[Seen]:
    """Show each page, on the screen and on paper; `home` is a folder for the browser."""
    found = []
    with _started(path, home) as pipes:
        for page in pages:
            pipes.session = None
            target = pipes.ask("Target.createTarget", url="about:blank")["targetId"]
            pipes.session = pipes.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            pipes.events.clear()
            for part in ("Page", "Network", "Runtime", "Log"):
                pipes.ask(f"{part}.enable")
            # The width of A4 without its margins, at 96 dots an inch.
            pipes.ask("Emulation.setDeviceMetricsOverride", width=688, height=1000, deviceScaleFactor=1, mobile=False)
            pipes.ask("Emulation.setEmulatedMedia", media="print")
            pipes.ask("Page.navigate", url=page.resolve().as_uri())
            pipes.wait_for("Page.loadEventFired")
            wide, title = pipes.ask(
                "Runtime.evaluate", returnByValue=True,
                expression=_SIZES,
            )["result"]["value"]  # fmt: skip
            pdf = pipes.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]
            found.append(Seen(_faults(pipes.events), _asked(pipes.events), wide, title, base64.b64decode(pdf)))
    return found


def _faults(events: list[dict[str, Any]]) -> list[str]:
    loud = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
    return [json.dumps(each["params"]) for each in events if each.get("method") in loud]


def _asked(events: list[dict[str, Any]]) -> list[str]:
    return [
        each["params"]["request"]["url"] for each in events if each.get("method") == "Network.requestWillBeSent"
    ]  # fmt: skip
