"""Storms of keys with resizes over the demo: the app lives, takes every key and ends with 0."""

from __future__ import annotations

import subprocess
import sys
from random import Random
from typing import TYPE_CHECKING, Final

from tests.pty_app import running
from tests.sbom import ROOT
from tests.tui.test_storm import ALL_KEYS, DEMO_END, ESCAPE, PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

#: Milliseconds between keys; at 0 there are 25 in one write.
GAPS: Final = (0, 5, 20, 50, 100, 150)
_AT_ONCE: Final = 25
_SIZES: Final = ((140, 40), (80, 24), (20, 5), (200, 50), (1, 1), (120, 36))


def storm(keys: int, gap: int, seed: int, folder: Path) -> str:
    """Press so many random keys; raises AssertionError where the app ends before it is told to, or not with 0."""
    chance, pressed, resizes = Random(f"{seed} {gap}"), 0, 0
    environment = {
        "HOME": str(folder), "SSMTRAIL_CACHE": str(folder / "store"), "SSMTRAIL_STATE": str(folder / "state"),
        "PYTHONPATH": str(ROOT), "TZ": "UTC", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    first = (sys.executable, "-m", "ssmtrail", "query", "sessions", "--demo", *DEMO_END)
    subprocess.run(first, env=environment, capture_output=True, check=True)
    with running((sys.executable, "-m", "ssmtrail", "demo", *DEMO_END), 140, 40, environment, str(folder)) as app:
        app.wait_for_output(b"\x1b[?1049h", within=PATIENCE)
        while pressed < keys:
            some = chance.choices(ALL_KEYS, k=_AT_ONCE if not gap else 1)
            app.write(b"".join(some))
            pressed += len(some)
            app.listen(gap / 1000 if gap else 0.05)
            if chance.random() < 0.02:
                app.resize(*chance.choice(_SIZES))
                resizes += 1
            assert app.process.poll() is None, f"ended after {pressed} keys, gap {gap}, seed {seed}"
        app.resize(140, 40)
        app.write(4 * ESCAPE + b"q")
        assert app.wait_closed(within=PATIENCE) == 0, f"gap {gap}, seed {seed}"
    return f"0 deaths, ended with 0, {resizes} resizes"
