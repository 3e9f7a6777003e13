"""`ssmtrail integrity`: what it lists, what it names, and how it ends; the keys that it fetches."""

from __future__ import annotations

import base64
import csv
import json
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, cast

import pytest

from ssmtrail.queries.integrity.fetching import fetched
from ssmtrail.queries.integrity.folder import Folder
from ssmtrail.queries.integrity.keys import keys_from
from ssmtrail.queries.integrity.rows import DAY_FIELDS, FILE_FIELDS
from ssmtrail.queries.integrity.verify import digests_of, verified
from ssmtrail.queries.sources.history.aws import AwsError
from ssmtrail.queries.times import Window
from ssmtrail.tui.cli.main import run
from tests.signed_logs import BUCKET, DAY, SIGNERS, Chain, keys_document, record, write_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Run = Callable[..., tuple[int, str, str]]

DAY_WORDS = ("--from", "2026-11-23", "--to", "2026-11-24")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    chain = Chain(tmp_path_factory.mktemp("integrity") / "logs")
    chain.day(files=1)
    head = chain.digests[-1]
    folder = chain.root.parent
    write_keys(folder / "keys.json", keys_document(chain.signer, signatures={head: chain.signatures[head]}))
    write_keys(folder / "wrong.json", keys_document(SIGNERS[1]))
    (folder / "broken.json").write_text("{}")
    return chain


@pytest.fixture
def integrity(chain: Chain, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    def called(*words: str, keys: str = "keys.json", logs: str = "logs") -> tuple[int, str, str]:
        folder = chain.root.parent
        code = run(["integrity", "--logs", str(folder / logs), "--keys", str(folder / keys), *words])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return called


def test_a_whole_day(integrity: Run) -> None:
    code, out, err = integrity(*DAY_WORDS, "--format", "csv")
    (row,) = csv.DictReader(out.splitlines())
    assert code == 0
    assert tuple(row) == DAY_FIELDS
    assert (row["day"], row["integrity"], row["hours"], row["files"]) == ("2026-11-23", "proved", "24", "24")
    assert "1 of 1 day whole" in err
    assert "fetched 2026-11-24T06:00:00Z by arn:aws:iam::111122223333:user/auditor" in err


def test_files_are_listed_with_their_reasons(integrity: Run, chain: Chain) -> None:
    hostile = chain.write_log(DAY + timedelta(hours=5), "\x1b[2J=cmd()", record("x"))
    code, out, err = integrity(*DAY_WORDS, "--files", "--format", "json")
    (chain.root / hostile).unlink()
    rows = json.loads(out)
    assert code == 5
    assert tuple(rows[0]) == FILE_FIELDS
    (added,) = [row for row in rows if row["integrity"] != "proved"]
    assert (added["file"], added["why"]) == (hostile, "file-unsigned")
    assert "\x1b" not in err
    assert err.startswith("ssmtrail: unsigned: AWSLogs/111122223333/CloudTrail/")


def test_what_is_only_unproved_ends_with_4(integrity: Run) -> None:
    code, out, err = integrity(*DAY_WORDS, "--format", "jsonl", keys="wrong.json")
    assert code == 4
    assert json.loads(out)["why"] == ["no-signature", "key-unknown", "not-covered"]
    assert "unproved: 23 log files: the key that signed is not among the keys" in err
    assert "unproved: 1 log file: the signature of a digest is not here" in err


@pytest.mark.parametrize(
    ("words", "given", "code", "words_of_error"),
    [
        ((), {"keys": "absent.json"}, 2, "absent.json cannot be read"),
        ((), {"keys": "broken.json"}, 2, "broken.json (sha256"),
        ((), {"logs": "absent"}, 3, "There is no folder"),
        (("--from", "never"), {}, 2, "--from"),
    ],
)
def test_bad_usage(
    integrity: Run, words: tuple[str, ...], given: dict[str, str], code: int, words_of_error: str
) -> None:
    found, _, err = integrity(*words, **given)
    assert found == code
    assert words_of_error in err


def test_without_a_folder_it_says_what_to_name(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["integrity"]) == 2
    assert "--logs DIR" in capfd.readouterr().err
    assert run(["integrity", "keys"]) == 2
    assert "--from, --to, --region" in capfd.readouterr().err


class _Account:
    """AWS as far as keys need it."""

    id, home = "111122223333", "eu-central-1"

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.asked: list[tuple[str, Any]] = []

    def call(self, *_: str) -> dict[str, str]:
        return {"Arn": "arn:aws:iam::111122223333:user/jane"}

    def pages(self, service: str, region: str, operation: str, _: Event, **request: Any) -> Iterator[Any]:
        self.asked.append((f"{service} {operation} {region}", request))
        signer = self._chain.signer
        valid = {"ValidityStartTime": DAY, "ValidityEndTime": DAY + timedelta(days=9)}
        yield {"PublicKeyList": [{"Fingerprint": signer.fingerprint, "Value": signer.der, **valid}]}

    def patiently(self, service: str, _: str, operation: str, __: Event, **request: Any) -> Any:
        self.asked.append((f"{service} {operation}", request))
        if request["Key"] not in self._chain.signatures:
            raise AwsError("Access denied.")
        return {"Metadata": {"signature": self._chain.signatures[request["Key"]]}}


def test_fetched_keys_prove_the_newest_hour_too(chain: Chain) -> None:
    window = Window(DAY, DAY + timedelta(days=1))
    account = _Account(chain)
    warnings: list[str] = []
    digests = digests_of(Folder(chain.root), window, Event())
    document = fetched(cast("Any", account), digests, datetime(2026, 11, 25, tzinfo=UTC), Event(), warnings)
    assert warnings == []
    assert [name for name, _ in account.asked] == ["cloudtrail list_public_keys eu-central-1", "s3 head_object"]
    # Two hours later than the last digest: its key may have become valid since.
    assert account.asked[0][1] == {
        "StartTime": DAY - timedelta(minutes=43), "EndTime": DAY + timedelta(days=1, hours=2, minutes=17)
    }  # fmt: skip
    assert account.asked[1][1] == {"Bucket": BUCKET, "Key": chain.digests[-1]}
    assert base64.b64decode(document["keys"][0]["value"]) == chain.signer.der
    keys = keys_from(json.loads(json.dumps(document)), "AWS")
    assert keys.source == "AWS, fetched 2026-11-25T00:00:00Z by arn:aws:iam::111122223333:user/jane"
    assert verified(Folder(chain.root), lambda _: keys, window, Event(), lambda *_: None).proved
