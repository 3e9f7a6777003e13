"""How long the access policy takes to judge a million sessions, in a process whose core is ready."""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.bench.apps import env, warm_home
from tests.bench.figures import Figure, Group, Sizes
from tests.bench.ingest import LONGEST, REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

_FIGURES: Final = (Figure("check_1m", "s", "<=", 2.0),)
_RULES: Final = 12
_GROUPS: Final = 4
#: Counts the verdicts three times and prints the seconds of each.
_PROGRAM: Final = """
import sys, time, ssmtrail
with ssmtrail.open_logs(sys.argv[1], policy=sys.argv[2]) as trail:
    trail.refresh()
    for _ in range(3):
        begun = time.perf_counter()
        found = trail.check()
        print(time.perf_counter() - begun)
        assert sum(found.sessions.values()) > 0
"""


def policy_text() -> str:
    """Sixty people in four groups, twelve rules with hours and reasons, one for everybody else."""
    lines = ["version = 1", "[groups]"]
    for group in range(_GROUPS):
        names = ", ".join(f'"person.{number}"' for number in range(group, 60, _GROUPS))
        lines.append(f"g{group} = [{names}]")
    lines += ["[left]", '"person.7" = 2026-06-01']
    for number in range(_RULES):
        account = ("111122223333", "444455556666", "123456789012")[number % 3]
        lines += ["[[rule]]", f'id = "r{number}"', f'who = ["g{number % _GROUPS}"]', f'where = "account:{account}"']
        lines += ['how = ["shell", "command"]']
        lines += ['hours = "06-22 Europe/Berlin mon-fri"'] if number % 3 == 0 else []
        lines += ['require = ["reason:*INC*"]'] if number % 4 == 0 else []
    lines += ["[[rule]]", 'id = "rest"', 'who = ["*"]', 'where = "*"', 'how = ["tunnel"]']
    return "\n".join(lines) + "\n"


def _measure(sizes: Sizes, values: dict[str, float]) -> None:
    with warm_home(sizes.million) as (home, folder):
        values["check_1m"] = _checked(home, folder)


def _checked(home: Path, folder: str) -> float:
    policy = home / "access.toml"
    policy.write_text(policy_text(), encoding="utf-8")
    command = (sys.executable, "-c", _PROGRAM, folder, str(policy))
    done = subprocess.run(
        command, cwd=REPOSITORY, env=env(home), capture_output=True, text=True, timeout=LONGEST, check=True
    )
    return median(map(float, done.stdout.split()))


POLICY: Final = Group(_FIGURES, _measure)
