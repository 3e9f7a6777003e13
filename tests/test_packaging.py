"""What the wheel and the sdist contain; `make packaging` installs them, too."""

from __future__ import annotations

import email
import zipfile
from pathlib import Path

import pytest

from tests.packaging import ROOT, build, unpacked, wheel_content


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder, "wheel", "sdist")
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    [found] = dist.glob("*.whl")
    return found


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path) -> None:
    content = wheel_content(wheel)
    folders = ("ssmtrail", "tui", "queries", "widgets")
    paths = [
        path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"
    ]
    wanted = {str(path.relative_to(ROOT)) for path in paths if ROOT / "ssmtrail" in path.parents}
    wanted |= {f"ssmtrail/{path.relative_to(ROOT)}" for path in paths if ROOT / "ssmtrail" not in path.parents}
    assert set(content) == wanted
    assert "ssmtrail/py.typed" in content
    assert {Path(name).parts[0] for name in content} == {"ssmtrail"}


def test_the_wheel_describes_the_program(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        [metadata] = [archive.read(name).decode() for name in names if name.endswith("/METADATA")]
        [entries] = [archive.read(name).decode() for name in names if name.endswith("/entry_points.txt")]
    described = email.message_from_string(metadata)
    assert described["Name"] == "ssmtrail"
    assert described["Requires-Python"] == ">=3.11"
    assert described.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")
    assert "Programming Language :: Python :: 3.13" in described.get_all("Classifier", [])
    assert "ssmtrail = ssmtrail.__main__:main" in entries


def test_a_wheel_from_the_sdist_is_the_same(dist: Path, wheel: Path, tmp_path: Path) -> None:
    [sdist] = dist.glob("*.tar.gz")
    build(unpacked(sdist, tmp_path / "sdist"), tmp_path / "again", "wheel")
    [again] = (tmp_path / "again").glob("*.whl")
    assert wheel_content(again) == wheel_content(wheel)
