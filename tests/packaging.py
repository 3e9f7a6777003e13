"""Builds and installs the packages: `python -m tests.packaging`. It needs a package index; without one it stops.

The wheel, the sdist, a wheel from the sdist and an editable install, each Python that the machine has, pipx and uv.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT: Final = Path(__file__).parents[1]
_PYTHONS: Final = ("python3.11", "python3.12", "python3.13", "python3.14")
_INSTALL: Final = (
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "-c",
    str(ROOT / "constraints.txt"),
)


def build(source: Path, folder: Path, *targets: str) -> None:
    """Build `wheel`, `sdist` or both into the folder with this environment's hatchling, without a network."""
    words = [word for target in targets for word in ("-t", target)]
    _run((sys.executable, "-m", "hatchling", "build", *words, "-d", str(folder)), cwd=source)


def wheel_content(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel, without its own metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name}


def unpacked(sdist: Path, folder: Path) -> Path:
    """The root of an sdist that is unpacked into the folder."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="ssmtrail-packaging-") as scratch:
        place = Path(scratch)
        build(ROOT, place / "dist", "wheel", "sdist")
        [wheel], [sdist] = (place / "dist").glob("*.whl"), (place / "dist").glob("*.tar.gz")
        build(unpacked(sdist, place / "unpacked"), place / "again", "wheel")
        [again] = (place / "again").glob("*.whl")
        assert wheel_content(again) == wheel_content(wheel)
        _say("wheel, sdist, wheel from the sdist")
        for name in _PYTHONS:
            _try_python(name, again, place / name)
        _try_editable(place / "editable")
        _try_tools(place / "tools")
    return 0


def _try_python(name: str, wheel: Path, folder: Path) -> None:
    """Install the wheel into a new environment of this Python; run it, and check its types from outside."""
    python = _environment(name, folder)
    if python is None:
        _say(f"SKIPPED {name}: not on this machine")
        return
    _run((python, *_INSTALL, str(wheel)))
    _try_command(str(folder / "bin" / "ssmtrail"))
    code = (
        "from importlib.metadata import files; "
        "print(*sorted({path.parts[0] for path in files('ssmtrail') if path.parts[0] != '..'}))"
    )
    names = _run((python, "-c", code), cwd=folder).split()
    assert names == ["ssmtrail", wheel.name.partition("-py3")[0] + ".dist-info"], names
    # The configuration names the dependencies that have no types.
    mypy = (sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"))
    _run((*mypy, "--python-executable", python, "-p", "ssmtrail"), cwd=folder)
    _say(f"wheel with {name}: only `ssmtrail` in site-packages, mypy --strict -p ssmtrail")


def _try_editable(folder: Path) -> None:
    python = _environment(sys.executable, folder)
    assert python is not None
    _run((python, *_INSTALL, "-e", str(ROOT)))
    _try_command(str(folder / "bin" / "ssmtrail"))
    where = _run((python, "-c", "import ssmtrail; print(ssmtrail.__file__)"), cwd=folder).strip()
    assert where == str(ROOT / "ssmtrail" / "__init__.py"), where
    _say("pip install -e .")


def _try_tools(folder: Path) -> None:
    """Install the checkout with pipx and with uv, in homes of their own."""
    python = _environment(sys.executable, folder / "tools")
    assert python is not None
    _run((python, *_INSTALL, "pipx", "uv"))
    tools = folder / "tools" / "bin"
    homes = {
        "PIPX_HOME": str(folder / "pipx"), "PIPX_BIN_DIR": str(folder / "pipx-bin"),
        "PIPX_MAN_DIR": str(folder / "man"), "UV_TOOL_DIR": str(folder / "uv"),
        "UV_TOOL_BIN_DIR": str(folder / "uv-bin"),
    }  # fmt: skip
    _run((str(tools / "pipx"), "install", "--python", sys.executable, str(ROOT)), homes)
    _try_command(str(folder / "pipx-bin" / "ssmtrail"))
    _say("pipx install .")
    _run((str(tools / "uv"), "tool", "install", "--python", sys.executable, str(ROOT)), homes)
    _try_command(str(folder / "uv-bin" / "ssmtrail"))
    _say("uv tool install .")


def _environment(python: str, folder: Path) -> str | None:
    """The Python of a new environment; None where there is no such Python, neither on the path nor pyenv's."""
    pyenv = Path.home().glob(f".pyenv/versions/{python.removeprefix('python')}.*/bin/python")
    for candidate in (shutil.which(python), *map(str, sorted(pyenv))):
        # A shim of pyenv is on the path also where its Python is switched off.
        if candidate and subprocess.run((candidate, "-c", ""), capture_output=True, check=False).returncode == 0:
            _run((candidate, "-m", "venv", str(folder)))
            return str(folder / "bin" / "python")
    return None


def _try_command(command: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        places = {"HOME": home, "SSMTRAIL_CACHE": home, "SSMTRAIL_STATE": f"{home}/state.json"}
        words = (command, "query", "people", "--demo", "--demo-end", "2026-11-23", "--format", "csv", "--quiet")
        assert _run((command, "--version"), places, Path(home)).startswith("ssmtrail ")
        assert _run(words, places, Path(home)).count("\n") > 10


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path = ROOT) -> str:
    """Run it to its end; gives its output, and shows its errors."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        command, cwd=cwd, env=inherited | dict(environment or {}), stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\n{' '.join(command)}: exit status {done.returncode}")
    return done.stdout


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
