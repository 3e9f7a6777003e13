"""Processes over one store: killed at random moments, several at once, purged meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from random import Random
from typing import TYPE_CHECKING

from tests.campaigns.fuzzing import sound
from tests.sbom import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def environment(folder: Path) -> dict[str, str]:
    """Of a process whose home and store are in a folder."""
    own = {"HOME": str(folder), "SSMTRAIL_CACHE": str(folder / "store"), "PYTHONPATH": str(ROOT)}
    return {name: os.environ[name] for name in ("PATH", "PYTHONPYCACHEPREFIX") if name in os.environ} | own


def _logs(folder: Path, files: int, folders: int) -> list[Path]:
    """The files, in as many folders, which are answered together."""
    logs = [folder / "logs" / str(number % folders) / f"{number}.json" for number in range(files)]
    for number, file in enumerate(logs):
        file.parent.mkdir(parents=True, exist_ok=True)
        records = [sound(number * 50 + at) for at in range(50)]
        file.write_text(json.dumps({"Records": records}))
    return logs


def _query(folder: Path, logs: list[Path]) -> tuple[str, ...]:
    sources = [word for each in sorted({file.parent for file in logs}) for word in ("--logs", str(each))]
    return (sys.executable, "-m", "ssmtrail", "query", "sessions", *sources, "--format", "csv")


def _answer(folder: Path, logs: list[Path]) -> int:
    done = subprocess.run(_query(folder, logs), env=environment(folder), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return len(done.stdout.splitlines()) - 1


def kills(count: int, seed: int, folder: Path, folders: int = 1) -> str:
    """A query is killed at random moments, each time over a new file; the next one answers whole, leaving nothing."""
    chance, files = Random(seed), 12
    logs = _logs(folder, files, folders)
    begun = time.monotonic()
    assert _answer(folder, logs) == files * 50
    longest, dead = time.monotonic() - begun, 0
    for number in range(count):
        os.utime(logs[number % files], ns=(number, number))
        logs[number % files].write_text(json.dumps({"Records": [sound(1_000 * number + at) for at in range(50)]}))
        with subprocess.Popen(
            _query(folder, logs), env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            try:
                running.wait(chance.uniform(0.05, longest))
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGKILL)
                dead += 1
    assert _answer(folder, logs) == files * 50
    left = [str(path) for path in (folder / "store").rglob(".*")]
    assert not left, left
    return (
        f"{dead} of {count} died while reading; {files * 50} of {files * 50} sessions afterwards; nothing left behind"
    )


def together(rounds: int, processes: int, seed: int, folder: Path, folders: int = 1) -> str:
    """Processes ask a store at once while another purges it again and again; each answers whole or says why not."""
    chance = Random(seed)
    logs = _logs(folder, 6, folders)
    whole = refused = 0
    for _ in range(rounds):
        asked = [
            subprocess.Popen(
                _query(folder, logs),
                env=environment(folder),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(processes)
        ]
        for _ in range(4):
            time.sleep(chance.uniform(0, 0.5))
            purge = (sys.executable, "-m", "ssmtrail", "cache", "purge")
            purged = subprocess.run(purge, env=environment(folder), capture_output=True, text=True, check=False)
            assert purged.returncode in (0, 4), purged.stderr
        answers = [(*each.communicate(), each.returncode) for each in asked]
        for out, said, status in answers:
            assert "Traceback" not in said, said
            if status == 0:
                assert len(out.splitlines()) - 1 == 300, said
                whole += 1
            else:
                assert said.strip(), status
                refused += 1
    assert _answer(folder, logs) == 300
    return f"{whole} answered whole, {refused} refused with a sentence"
