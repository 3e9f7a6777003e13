"""Records the app on the demo data as an animation: `python -m tests.recording [FILE]`.

The keys of a person who asks who reached production, drawn from the real app after each of them.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.images import captioned, pixels, save_gif
from tests.screenshots import drawn_app, fix_terminal
from tests.tui.screens.stage import press

SIZE: Final = (104, 28)
WIDTH: Final = 920
#: What a person needs to see a new screen, and to see that one more letter was typed.
READ, TYPED = 2.4, 0.12


@dataclass(frozen=True, slots=True)
class Step:
    """Keys, what they are for in words, and how long the screen after them is shown, in seconds."""

    words: str
    keys: tuple[str, ...] = ()
    seconds: float = READ
    by_letter: bool = False


STORY: Final = (
    Step("Who got a shell or a tunnel on which machine?"),
    Step("Down, Down: one session after the other", ("down",), 0.4),
    Step("Down, Down: one session after the other", ("down",), 0.4),
    Step("d: the details of the row", ("d",)),
    Step("/ narrows: tunnels into production", ("slash", *"kind:tunnel env:prod"), TYPED, by_letter=True),
    Step("Enter", ("enter",)),
    Step("Enter: a session, how its person and its end are known", ("enter",), 3.2),
    Step("Esc, Backspace: back, and no filter again", ("escape", "d", "backspace"), 1.2),
    Step("2: people by machines", ("2",), 3.0),
    Step("Right, Down: to a cell", ("right",), 0.4),
    Step("Right, Down: to a cell", ("down",), 1.0),
    Step("7: what deserves a look, why, and what would make it harmless", ("7", "d"), 3.2),
    Step("3: when is it used?", ("3",)),
    Step("M: the highest bar", ("M",), 1.6),
    Step("Enter: its sessions", ("enter",)),
    Step("m: the machine of the row, and who used it", ("down", "m")),
    Step("a: who was on it at that moment?", ("a",), 3.2),
)


async def record(path: Path) -> None:
    """Play the story and write it as a GIF."""
    images, seconds = [], []
    with tempfile.TemporaryDirectory() as cache:
        async with drawn_app(Path(cache), SIZE) as (pilot, drawn):
            for step in STORY:
                for keys in [(key,) for key in step.keys] if step.by_letter else [step.keys]:
                    await press(pilot, *keys)
                    images.append(captioned(pixels(drawn(), WIDTH), step.words))
                    seconds.append(step.seconds)
    save_gif(images, seconds, path)
    print(f"{path}: {len(images)} pictures, {sum(seconds):.0f} s, {path.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    fix_terminal()
    asyncio.run(record(Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots/ssmtrail.gif")))
