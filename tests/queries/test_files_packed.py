"""Files packed in any way, recognised by content; hostile archives."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any, Final

import pytest

from ssmtrail.queries.sources.files import archives, contents, inflate
from ssmtrail.queries.sources.files.contents import LogFile, Text, texts
from ssmtrail.queries.sources.files.inflate import MOST_BYTES, TOO_MUCH, TooMuch

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

DICE = random.Random(6)
RECORD: Final = {"eventVersion": "1.09", "eventTime": "2026-03-02T10:00:00Z", "eventName": "StartSession"}
#: A record file whose text does not compress to nothing.
LOG: Final = json.dumps(
    {"Records": [RECORD | {"requestID": f"{DICE.randrange(1 << 64)}"} for _ in range(500)]}
).encode()
PNG: Final = b"\x89PNG\r\n\x1a\n" + DICE.randbytes(1_000)

PACKINGS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
}


def tar_of(members: Mapping[str, bytes], mode: str = "w") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def zip_of(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


ARCHIVES: Final[Mapping[str, Callable[[Mapping[str, bytes]], bytes]]] = {"tar": tar_of, "zip": zip_of}


@pytest.fixture(params=["whole", "looked at first"])
def look(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Small files are read at once, large ones only after a look at their beginning."""
    if request.param != "whole":
        monkeypatch.setattr(contents, "LOOK", 600)
    return str(request.param)


def found(folder: Path, data: bytes, most: int = MOST_BYTES) -> list[Text]:
    path = folder / "a"
    path.write_bytes(data)
    file = LogFile.open(str(path))
    try:
        return list(texts(file, most))
    finally:
        file.close()


def said(folder: Path, data: bytes) -> list[tuple[str, bytes, str]]:
    return [(text.member, text.data, text.why) for text in found(folder, data)]


@pytest.mark.usefixtures("look")
@pytest.mark.parametrize("form", PACKINGS)
def test_every_compression_is_known_by_its_first_bytes(tmp_path: Path, form: str) -> None:
    packed = PACKINGS[form](LOG)
    assert inflate.form_of(packed) == form
    assert said(tmp_path, packed) == [("", LOG, "")]
    assert said(tmp_path, PACKINGS[form](packed)) == [("", LOG, "")]


@pytest.mark.usefixtures("look")
@pytest.mark.parametrize("form", PACKINGS)
def test_all_members_are_read_and_gzip_members_counted(tmp_path: Path, form: str) -> None:
    packed = PACKINGS[form](LOG) + PACKINGS[form](LOG)
    assert [(text.data, text.gzip_members) for text in found(tmp_path, packed)] == [
        (LOG + LOG, 2 if form == "gzip" else 0)
    ]


@pytest.mark.usefixtures("look")
@pytest.mark.parametrize("form", PACKINGS)
def test_of_a_truncated_file_the_whole_part_is_given_with_the_reason(tmp_path: Path, form: str) -> None:
    packed = PACKINGS[form](LOG * 20)
    (text,) = found(tmp_path, packed[: len(packed) // 2])
    assert text.why == f"truncated {form}"
    assert (LOG * 20).startswith(text.data)
    (text,) = found(tmp_path, packed[:-3])
    assert text.why in (f"truncated {form}", f"corrupt {form}")


@pytest.mark.parametrize("form", PACKINGS)
def test_garbage_behind_is_named(tmp_path: Path, form: str) -> None:
    assert said(tmp_path, PACKINGS[form](LOG) + b"xyz") == [("", LOG, f"garbage after the {form}")]


@pytest.mark.parametrize("form", ["bzip2", "xz", "zstd"])
def test_a_corrupt_byte_is_named(tmp_path: Path, form: str) -> None:
    checked: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}  # as the program zstd writes it
    packed = bytearray(zstd.compress(LOG * 50, options=checked) if form == "zstd" else PACKINGS[form](LOG * 50))
    packed[len(packed) // 2] ^= 0xFF
    (text,) = found(tmp_path, bytes(packed))
    assert text.why == f"corrupt {form}"


def test_an_xz_file_that_asks_for_much_memory_is_refused(tmp_path: Path) -> None:
    big = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}]
    (text,) = found(tmp_path, lzma.compress(LOG, filters=big))
    assert text.why == "xz that needs too much memory: refused"


@pytest.mark.usefixtures("look")
@pytest.mark.parametrize("form", ARCHIVES)
@pytest.mark.parametrize("outer", ["none", *PACKINGS])
def test_the_members_of_an_archive_are_read(tmp_path: Path, form: str, outer: str) -> None:
    members = {"x/a.json": LOG, "b.json.gz": gzip.compress(LOG), "c.png": PNG, "d/e.zst": zstd.compress(LOG)}
    packed = ARCHIVES[form](members)
    packed = packed if outer == "none" else PACKINGS[outer](packed)
    assert said(tmp_path, packed) == [("x/a.json", LOG, ""), ("b.json.gz", LOG, ""), ("d/e.zst", LOG, "")]


@pytest.mark.usefixtures("look")
def test_archives_in_archives_have_a_path_for_each_layer(tmp_path: Path) -> None:
    inner = zip_of({"a.json": LOG})
    assert said(tmp_path, tar_of({"x.zip": inner, "n.txt": b"hello"})) == [("x.zip!a.json", LOG, "")]
    deep = gzip.compress(tar_of({"y.tar": tar_of({"z.zip": zip_of({"a.json": gzip.compress(LOG)})})}))
    assert said(tmp_path, deep) == [("y.tar!z.zip!a.json", b"", "packed more than 4 times")]


@pytest.mark.usefixtures("look")
@pytest.mark.parametrize("form", ARCHIVES)
def test_hostile_names_are_texts_and_nothing_is_written(tmp_path: Path, form: str) -> None:
    names = ["../../up.json", "/etc/x.json", "a\x1b[31m\n.json", "x" * 300 + ".json"]
    packed = ARCHIVES[form](dict.fromkeys(names, LOG))
    folder = tmp_path / "logs"
    folder.mkdir()
    assert [text.member for text in found(folder, packed)] == names
    assert [path.name for path in tmp_path.rglob("*")] == ["logs", "a"]


@pytest.mark.usefixtures("look")
def test_only_regular_files_of_a_tar_are_read(tmp_path: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for number, kind in enumerate([tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE]):
            entry = tarfile.TarInfo(f"{number}.json")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
        folder = tarfile.TarInfo("folder.json")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        entry = tarfile.TarInfo("\udcff.json")  # a name that is not UTF-8
        entry.size = len(LOG)
        archive.addfile(entry, io.BytesIO(LOG))
    assert [text.member for text in found(tmp_path, made.getvalue())] == ["\udcff.json"]


def test_a_link_in_a_zip_is_ignored(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("link.json")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, LOG)
        archive.mkdir("folder.json")
    assert found(tmp_path, made.getvalue()) == []


@pytest.mark.usefixtures("look")
def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    packed = bytearray(zip_of({"a.json": LOG, "b.json": LOG}))
    at = packed.index(b"PK\x01\x02")
    packed[at + 8] |= 1  # the flag in the archive's directory
    assert said(tmp_path, bytes(packed)) == [("a.json", b"", "encrypted"), ("b.json", LOG, "")]


@pytest.mark.usefixtures("look")
def test_a_method_that_is_not_known_is_named(tmp_path: Path) -> None:
    packed = bytearray(zip_of({"a.json": LOG}))
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = packed.index(mark) + offset
        packed[at : at + 2] = (9).to_bytes(2, "little")  # Deflate64
    assert said(tmp_path, bytes(packed)) == [("a.json", b"", "packed by a method that is not read")]


@pytest.mark.usefixtures("look")
@pytest.mark.parametrize("cut", [512, 700, 20_000, 512 + len(LOG), 1024 + len(LOG)])
def test_of_a_truncated_tar_what_is_there_is_read(tmp_path: Path, cut: int) -> None:
    packed = tar_of({"a.json": LOG, "b.json": LOG})
    first, *others = found(tmp_path, packed[:cut])
    assert LOG.startswith(first.data)
    assert min(cut - 512, len(LOG)) - len(first.data) <= archives.PIECE * bool(first.why)
    assert "truncated tar" in [text.why for text in others]


def test_a_corrupt_header_and_data_behind_the_end_of_a_tar_are_named(tmp_path: Path) -> None:
    one = tar_of({"a.json": LOG})
    second = one.index(b"ustar") - 257 + 512 + (len(LOG) + 511 & ~511)
    assert [text.why for text in found(tmp_path, one[:second] + b"x" * 512 + bytes(1024))] == ["", "corrupt tar"]
    assert [text.why for text in found(tmp_path, one + tar_of({"b.json": LOG}))] == [
        "",
        "data behind the end of the tar",
    ]


@pytest.mark.usefixtures("look")
def test_a_truncated_compressed_tar_gives_what_is_whole(tmp_path: Path) -> None:
    packed = gzip.compress(tar_of({"a.json": LOG, "b.json": LOG, "c.json": DICE.randbytes(40_000)}))
    texts_found = found(tmp_path, packed[:-20_000])
    assert [(text.member, text.data, text.why) for text in texts_found][:2] == [
        ("a.json", LOG, ""),
        ("b.json", LOG, ""),
    ]
    assert any("truncated" in text.why for text in texts_found[2:])


@pytest.mark.usefixtures("look")
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_truncated_zip_gives_what_is_whole(tmp_path: Path, method: int) -> None:
    packed = zip_of({"a.json": LOG, "n.txt": PNG, "f/": b"", "b.json": LOG}, method)
    without_directory = packed[: packed.index(b"PK\x01\x02")]
    lost = ("", b"", "truncated or corrupt zip")
    assert said(tmp_path, without_directory) == [("a.json", LOG, ""), ("b.json", LOG, ""), lost]
    first, second, last = said(tmp_path, without_directory[:-100])
    assert (first, second[0], last) == (("a.json", LOG, ""), "b.json", lost)
    assert LOG.startswith(second[1])
    assert len(LOG) - 20_000 < len(second[1]) < len(LOG)


def test_a_truncated_zip_with_sizes_behind_its_members_is_read(tmp_path: Path) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    made = Pipe()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", LOG)
        archive.writestr("b.json", LOG)
    packed = made.getvalue()
    texts_found = said(tmp_path, packed[: packed.index(b"PK\x01\x02")])
    assert texts_found[:2] == [("a.json", LOG, ""), ("b.json", LOG, "")]


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(lambda bomb: zip_of({"a.json": bomb}), id="zip"),
        pytest.param(lambda bomb: gzip.compress(tar_of({"a.json": bomb})), id="tar.gz"),
        pytest.param(lambda bomb: gzip.compress(gzip.compress(bomb)), id="twice"),
        pytest.param(bz2.compress, id="bzip2"),
        pytest.param(lzma.compress, id="xz"),
        pytest.param(zstd.compress, id="zstd"),
        pytest.param(lambda bomb: zip_of({f"{n}.json": bomb[: len(bomb) // 8] for n in range(12)}), id="many"),
    ],
)
def test_a_bomb_is_refused_within_bounds(tmp_path: Path, pack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack(b'{"Records":[' + b" " * (4 << 20))
    with pytest.raises(TooMuch):  # in the caller's process: another one has to read it
        found(tmp_path, packed, 1 << 20)
    monkeypatch.setattr(contents, "MOST_BYTES", 1 << 20)
    assert [text.why for text in found(tmp_path, packed, 1 << 20)][-1] == TOO_MUCH


def test_a_huge_file_of_another_kind_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LogFile, "read_rest", lambda _: pytest.fail("was read whole"))
    path = tmp_path / "video.mp4"
    with path.open("wb") as file:
        file.write(PNG)
        file.truncate(5 << 30)  # sparse: takes no space
    opened = LogFile.open(str(path))
    assert list(texts(opened)) == []
    assert len(opened.data) <= contents.LOOK + 1
    assert opened.sha256() == ""
    opened.close()


@pytest.mark.parametrize(
    ("beginning", "whys"),
    [(b'{"type":"FeatureCollection"', []), (b'{"Records":[' + json.dumps(RECORD).encode(), [TOO_MUCH])],
)
def test_huge_json_is_named_only_where_it_has_records(tmp_path: Path, beginning: bytes, whys: list[str]) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.write(beginning)
        file.truncate(5 << 30)
    opened = LogFile.open(str(path))
    assert [text.why for text in texts(opened)] == whys
    opened.close()


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01\0", b"\x04\x22\x4d\x18"])
def test_archives_that_are_not_read_are_named(tmp_path: Path, magic: bytes) -> None:
    (text,) = found(tmp_path, magic + bytes(100))
    assert text.why.endswith("which is not read")


@pytest.mark.parametrize(
    "data", [b"BZh91AY&SYnothing", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\0", b"PK\x03\x04", b"PK\x05\x06"]
)
def test_a_magic_number_alone_is_no_error_of_ours(tmp_path: Path, data: bytes) -> None:
    assert all(text.why for text in found(tmp_path, data))


@pytest.mark.parametrize("form", [*ARCHIVES, *PACKINGS, "tar.gz"])
def test_no_damage_raises_an_error(tmp_path: Path, form: str) -> None:
    dice, members = random.Random(form), {"a.json": LOG[:3_000], "b.json.gz": gzip.compress(LOG[:3_000], mtime=0)}
    if form == "tar.gz":
        sound = gzip.compress(tar_of(members), mtime=0)
    else:
        sound = ARCHIVES[form](members) if form in ARCHIVES else PACKINGS[form](LOG[:3_000])
    for _ in range(150):
        data = bytearray(sound[: dice.randrange(1, len(sound) + 1)] if dice.random() < 0.3 else sound)
        for _ in range(dice.randrange(4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        found(tmp_path, bytes(data))
