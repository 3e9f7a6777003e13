"""Small trails with their right answers, which are kept beside the project: see their README."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.tui.cli.main import run

if TYPE_CHECKING:
    from types import ModuleType

CASES = Path(os.environ.get("SSMTRAIL_CASES") or Path(__file__).parents[1].parent / "shared/data/cases")
FOUND = sorted(path.parent for path in CASES.glob("*/case.json"))
pytestmark = pytest.mark.skipif(not FOUND, reason=f"no cases at {CASES}; SSMTRAIL_CASES names their folder")


@pytest.fixture(scope="module")
def judge() -> ModuleType:
    """The cases' own judge of answers, which is a script."""
    spec = importlib.util.spec_from_file_location("run_cases", CASES / "run_cases.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", FOUND or [CASES], ids=lambda case: case.name)
def test_the_case_has_its_right_answers(
    case: Path,
    judge: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    checks: list[dict[str, Any]] = json.loads((case / "case.json").read_text(encoding="utf-8"))["checks"]
    assert checks
    # One store for all questions of a case: the first one reads the files, the others are answered from what was kept.
    for name in ("SSMTRAIL_CACHE", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    faults: list[str] = []
    for check in checks:
        words = ["query", check["question"], "--logs", str(case / "trail"), *judge.WINDOW, "--format", "json"]
        status = run([*words, *check.get("args", [])])
        out, err = (text.decode("utf-8", "replace") for text in capfdbinary.readouterr())
        faults += judge.faults(check, status, out, err)
    assert not faults, "\n".join(faults)
