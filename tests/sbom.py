"""Writes a software bill of materials of what an installation has: CycloneDX 1.6, from the installed distributions.

    python -m tests.sbom [FILE]

It needs no network and is the same for the same environment.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement

ROOT: Final = Path(__file__).parents[1]
_DASHES: Final = re.compile(r"[-_.]+")


def main() -> int:
    """Write the document to the file that is named, or to the standard output."""
    text = json.dumps(bill(), indent=2, ensure_ascii=False) + "\n"
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def bill() -> dict[str, Any]:
    """The document: ssmtrail, what it needs at run time, and what needs what."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = _names(project["dependencies"])
    found: dict[str, Distribution] = {}
    waiting = list(needed)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = distribution(name)
            waiting += _needs(found[name])
    own = {
        "type": "application", "bom-ref": f"pkg:pypi/ssmtrail@{project['version']}", "name": "ssmtrail",
        "version": project["version"], "purl": f"pkg:pypi/ssmtrail@{project['version']}",
        "licenses": [{"license": {"id": project["license"]}}],
    }  # fmt: skip
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": own},
        "components": [_component(name, found[name]) for name in sorted(found)],
        "dependencies": [
            {"ref": own["bom-ref"], "dependsOn": sorted(_ref(name, found[name]) for name in needed)},
            *(
                {"ref": _ref(name, part), "dependsOn": sorted(_ref(each, found[each]) for each in _needs(part))}
                for name, part in sorted(found.items())
            ),
        ],
    }  # fmt: skip


def _component(name: str, found: Distribution) -> dict[str, Any]:
    license_text = next((found.metadata[key] for key in ("License-Expression", "License") if key in found.metadata), "")
    made: dict[str, Any] = {
        "type": "library", "bom-ref": _ref(name, found), "name": name, "version": found.version,
        "purl": _ref(name, found),
    }  # fmt: skip
    if license_text and "\n" not in license_text:
        made["licenses"] = [{"license": {"name": license_text}}]
    return made


def _ref(name: str, found: Distribution) -> str:
    return f"pkg:pypi/{name}@{found.version}"


def _needs(found: Distribution) -> list[str]:
    """The distributions that an installed one needs here, without its extras."""
    return [name for name in _names(found.requires or []) if _is_installed(name)]


def _names(requirements: list[str]) -> list[str]:
    """Normalized names (PEP 503) of the requirements that hold in this environment, each once."""
    parsed = map(Requirement, requirements)
    wanted = (each.name for each in parsed if each.marker is None or each.marker.evaluate({"extra": ""}))
    return sorted({_DASHES.sub("-", name).lower() for name in wanted})


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
