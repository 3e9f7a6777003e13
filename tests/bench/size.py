"""The size of the program: lines, files, classes, functions, its import, and what an installation of it takes."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement

from tests.bench.figures import AbsentError, Figure, Group, Sizes
from tests.bench.ingest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

_PRODUCT: Final = ("ssmtrail", "tui", "queries", "widgets")
_FIGURES: Final = (
    Figure("loc", "lines"), Figure("loc_files", "files"), Figure("loc_deepest_class", "classes"),
    Figure("loc_longest_function", "lines"), Figure("import_ms", "ms"),
    Figure("install_runtime_mb", "MB", "<=", 160),
)  # fmt: skip


def _measure(sizes: Sizes, values: dict[str, float]) -> None:
    _measure_code(values)
    values["import_ms"] = _import_seconds(max(5, sizes.starts)) * 1000
    values["install_runtime_mb"] = _installed_bytes() / 1e6


def _measure_code(values: dict[str, float]) -> None:
    files = [path for name in _PRODUCT for path in sorted((REPOSITORY / name).rglob("*.py"))]
    texts = [path.read_text(encoding="utf-8") for path in files]
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    bases = {
        node.name: [_name(base) for base in node.bases] for node in nodes if isinstance(node, ast.ClassDef)
    }  # fmt: skip
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    values["loc"] = sum(text.count("\n") for text in texts)
    values["loc_files"] = len(files)
    values["loc_deepest_class"] = max(_depth(name, bases) for name in bases)
    values["loc_longest_function"] = max((node.end_lineno or 0) - node.lineno + 1 for node in functions)


def _name(base: ast.expr) -> str:
    while isinstance(base, ast.Subscript):
        base = base.value
    return base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""


def _depth(name: str, bases: dict[str, list[str]], below: frozenset[str] = frozenset()) -> int:
    """How many of our classes stand in the longest line of bases, the class itself included; 0 for others."""
    if name not in bases or name in below:
        return 0
    return 1 + max((_depth(base, bases, below | {name}) for base in bases[name]), default=0)


def _import_seconds(times: int) -> float:
    """What `import ssmtrail` adds to the start of Python, by the quickest run of each."""
    seconds: dict[str, list[float]] = {"import ssmtrail": [], "pass": []}
    for _ in range(times):
        for code, found in seconds.items():
            begun = perf_counter()
            subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True)
            found.append(perf_counter() - begun)
    return max(0.0, min(seconds["import ssmtrail"]) - min(seconds["pass"]))


def _installed_bytes() -> int:
    """Bytes of the run-time dependencies in this environment and of the product."""
    product = sum(path.stat().st_size for name in _PRODUCT for path in _files(REPOSITORY / name))
    try:
        return product + sum(map(_distribution_bytes, _runtime_names("ssmtrail")))
    except PackageNotFoundError as error:
        raise AbsentError(f"{error} is not installed here") from error


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")


def _distribution_bytes(name: str) -> int:
    found = distribution(name)
    paths = (Path(str(found.locate_file(file))) for file in found.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def _runtime_names(root: str) -> set[str]:
    """The distributions that a distribution needs without extras, directly or through others."""
    found: set[str] = set()
    waiting = [root]
    while waiting:
        for text in requires(waiting.pop()) or ():
            requirement = Requirement(text)
            if requirement.name not in found and (not requirement.marker or requirement.marker.evaluate({"extra": ""})):
                found.add(requirement.name)
                waiting.append(requirement.name)
    return found


SIZE: Final = Group(_FIGURES, _measure)
