"""Records cut out of a file are those that a plain JSON parser finds, for any content."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.sources.files import records
from ssmtrail.queries.sources.files.records import cut_out, extract
from tests.queries.test_files_forms import HOSTILE, KEYS, NAMES, SOURCES, START, plainly_wanted
from tests.queries.test_real_trails import TRAILS

OTHER = START | {"eventName": "UpdateInstanceInformation"}
FAKE = {"eventVersion": "1.08", "userIdentity": {}, "eventName": "StartSession", "eventSource": "ssm.amazonaws.com"}


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def ordered(record: dict[str, Any]) -> dict[str, Any]:
    """Members in CloudTrail's order."""
    return {key: record[key] for key in sorted(record, key=lambda key: (key != "eventVersion", key != "userIdentity"))}


def file_of(*written: str) -> bytes:
    return ('{"Records":[' + ",".join(written) + "]}").encode()


def cut_texts(data: bytes) -> list[bytes] | None:
    cut = cut_out(data, [head.userIdentity for head in records._heads(data)[0]])
    return None if cut is None else [exact for _, exact in cut]


def no_second_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_RAWS", None)
    monkeypatch.setattr(records, "_SELDOM", 0)


def test_records_in_cloudtrails_form_are_cut_out_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    written = [compact(ordered(record)) for record in (START, OTHER, START | {"eventID": "é"}, START)]
    assert cut_texts(file_of(*written)) == [text.encode() for text in written]
    no_second_pass(monkeypatch)
    assert [exact for _, exact, _ in extract(file_of(*written)).wanted] == [written[n].encode() for n in (0, 2, 3)]


@pytest.mark.parametrize(
    "request_parameters",
    [
        pytest.param({"list": [FAKE, FAKE, FAKE]}, id="fakes side by side"),
        pytest.param({"list": [{}, FAKE, {}]}, id="a fake among others"),
        pytest.param(FAKE, id="a fake for parameters"),
        pytest.param({"text": compact(FAKE)}, id="a fake as text"),
        pytest.param({"text": "]}},{" + compact(FAKE)[1:] + "]}"}, id="brackets as text"),
    ],
)
def test_an_object_like_a_call_inside_a_call_is_not_a_record(request_parameters: object) -> None:
    """Neither inside a wanted record nor inside another one."""
    for outer, calls in ((START, 1), (OTHER, 0)):
        written = compact(ordered(outer | {"requestParameters": request_parameters}))
        found = extract(file_of(compact(ordered(OTHER)), written, compact(ordered(OTHER))))
        assert [exact for _, exact, _ in found.wanted] == [written.encode()] * calls
        assert found.records == 3


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(file_of(compact(START | {"userIdentity": FAKE})), id="the record begins with another member"),
        pytest.param(file_of('{"eventVersion":"1","x":[{"eventVersion":"2"}],"userIdentity":{}}'), id="within"),
        pytest.param(file_of('{"eventVersion":"1","x":{"eventVersion":"2"}}'), id="without the member"),
        pytest.param(b'{"eventVersion":"1","Records":[{"a":1,"userIdentity":{}}]}', id="the file looks like a record"),
        pytest.param(b'{"eventVersion":"1","Records":[{"userIdentity":{}}],"x":[{"y":[{}]}]}', id="and ends like one"),
        pytest.param(file_of('{"eventVersion":"1","userIdentity":{},"x":[1,{"eventVersion":"2"}]}'), id="behind"),
        pytest.param(file_of(*[json.dumps(ordered(START))] * 2), id="spaced"),
        pytest.param(b'{"Records":[' + compact(ordered(START)).encode() + b'],"x":[{}]}', id="more in the file"),
    ],
)
def test_a_record_that_cannot_be_cut_out_is_read_by_the_second_pass(data: bytes) -> None:
    whole = [bytes(raw) for raw in msgspec.json.decode(data, type=records._Raws).Records or ()]
    assert cut_texts(data) in (None, whole)
    wanted = [record for record in json.loads(data)["Records"] if plainly_wanted(record)]
    assert [json.loads(exact) for _, exact, _ in extract(data).wanted] == wanted


def test_the_last_of_repeated_members_counts() -> None:
    text = compact(ordered(START))
    hidden = text[:-1] + ',"eventName":"Other"}'
    shown = compact(ordered(OTHER))[:-1] + ',"userIdentity":{"type":"Root"},"eventName":"StartSession"}'
    assert [exact for _, exact, _ in extract(file_of(hidden, shown, text)).wanted] == [shown.encode(), text.encode()]
    twice = file_of(text)[:-1] + b',"Records":[' + shown.encode() + b"]}"
    assert [exact for _, exact, _ in extract(twice).wanted] == [shown.encode()]


SHAPES = st.fixed_dictionaries(
    {
        "eventVersion": st.sampled_from(["1.08", "1.11", '{"eventVersion"', '},{"eventVersion"']),
        "userIdentity": st.sampled_from([{}, {"type": "AWSService"}, {"type": "IAMUser"}, FAKE]) | HOSTILE,
        "eventName": st.sampled_from(NAMES),
        "eventSource": st.sampled_from(SOURCES),
    },
    optional={
        "requestParameters": HOSTILE
        | st.lists(st.just(FAKE) | HOSTILE, max_size=3).map(lambda fakes: {"list": fakes})
        | st.just({"text": compact(FAKE), "roleSessionName": "i-0123456789abcdef0"}),
        "responseElements": HOSTILE | st.dictionaries(KEYS, st.just(FAKE), max_size=2),
        "addendum": st.just([FAKE, FAKE]),
    },
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file in CloudTrail's form, mostly spelled as CloudTrail does."""
    written = []
    for record in draw(st.lists(SHAPES, min_size=1, max_size=5)):
        members = ordered(record) if draw(st.integers(0, 3)) else record
        text = compact(members) if draw(st.integers(0, 3)) else json.dumps(members, indent=draw(st.none() | st.just(1)))
        if not draw(st.integers(0, 4)) and "\\" not in text:
            text = text.replace("S", "\\u0053")
        if not draw(st.integers(0, 4)):
            text = text[:-1] + ',"eventName":' + compact(draw(st.sampled_from(NAMES))) + "}"
        written.append(text)
    return file_of(*written)


@given(files())
def test_the_cutting_reader_agrees_with_a_plain_one(data: bytes) -> None:
    found = extract(data)
    plain = json.loads(data)["Records"]
    assert [json.loads(exact) for _, exact, _ in found.wanted] == [record for record in plain if plainly_wanted(record)]
    assert (found.records, found.why()) == (len(plain), "")
    raws = [bytes(raw) for raw in msgspec.json.decode(data, type=records._Raws).Records or ()]
    assert all(exact in raws for _, exact, _ in found.wanted)
    assert cut_texts(data) in (None, raws)


@given(files(), st.data())
def test_a_truncated_file_gives_only_whole_records(data: bytes, draw: st.DataObject) -> None:
    plain = [record for record in json.loads(data)["Records"] if plainly_wanted(record)]
    found = [json.loads(exact) for _, exact, _ in extract(data[: draw.draw(st.integers(0, len(data)))]).wanted]
    assert found == plain[: len(found)]


@pytest.mark.skipif(not TRAILS.is_dir(), reason=f"no real records at {TRAILS}; SSMTRAIL_REAL_TRAILS names their folder")
def test_cutting_and_second_pass_agree_on_real_files(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [Path(folder) / name for folder, _, names in os.walk(TRAILS) for name in names if ".json" in name]
    texts = [gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data for data in map(Path.read_bytes, paths)]
    quick = [extract(text) for text in texts]
    monkeypatch.setattr(records, "cut_out", lambda *_: None)
    assert quick == [extract(text) for text in texts]
    assert sum(len(found.wanted) for found in quick) > 6
