"""How long the access policy takes to judge a million sessions, and the rules of findings to look at them."""

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

_FIGURES: Final = (Figure("check_1m", "s", "<=", 2.0), Figure("findings_1m", "s", "<=", 5.0))
_RULES: Final = 12
_GROUPS: Final = 4
#: Asks for all findings of all days, without a policy, once: they are kept afterwards. Prints the seconds.
_FINDINGS: Final = """
import sys, time, ssmtrail
with ssmtrail.open_logs(sys.argv[1]) as trail:
    trail.refresh()
    len(list(trail.sessions(where="person:nobody")))
    begun = time.perf_counter()
    found = list(trail.findings())
    print(time.perf_counter() - begun)
    print(len(found), "findings", file=sys.stderr)
"""
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
        policy = home / "access.toml"
        policy.write_text(policy_text(), encoding="utf-8")
        values["check_1m"] = _seconds(home, _PROGRAM, folder, str(policy))
        values["findings_1m"] = _seconds(home, _FINDINGS, folder)


def _seconds(home: Path, program: str, *words: str) -> float:
    """The median of the seconds that a program prints."""
    command = (sys.executable, "-c", program, *words)
    done = subprocess.run(
        command, cwd=REPOSITORY, env=env(home), capture_output=True, text=True, timeout=LONGEST, check=True
    )
    return median(map(float, done.stdout.split()))


POLICY: Final = Group(_FIGURES, _measure)
