"""Keys and signatures as OpenSSL makes them, and files of keys that are none."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.integrity.keys import PublicKey, read_keys
from tests.signed_logs import SIGNERS, keys_document, write_keys

if TYPE_CHECKING:
    from pathlib import Path

TEXT = b"2026-11-23T01:17:00Z\nbucket/key\n00\nnull"


def _openssl(*words: str, given: bytes = b"") -> bytes:
    return subprocess.run(("openssl", *words), input=given, capture_output=True, check=True).stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_signatures_of_openssl_under_both_forms_of_key(tmp_path: Path) -> None:
    pem = tmp_path / "key.pem"
    _openssl("genrsa", "-out", str(pem), "2048")
    signature = _openssl("dgst", "-sha256", "-sign", str(pem), given=TEXT)
    for form in ("-pubout", "-RSAPublicKey_out"):
        key = PublicKey.of(_openssl("rsa", "-in", str(pem), form, "-outform", "DER"))
        assert key.verifies(signature, TEXT)
        assert not key.verifies(signature, TEXT + b"\n")
        assert not key.verifies(signature[:-1] + bytes([signature[-1] ^ 1]), TEXT)
    other = _openssl("dgst", "-sha1", "-sign", str(pem), given=TEXT)
    assert not key.verifies(other, TEXT)


def test_only_the_exact_block_is_a_signature() -> None:
    signer = SIGNERS[0]
    key = PublicKey.of(signer.der)
    signature = signer.sign(TEXT)
    assert key.verifies(signature, TEXT)
    number = int.from_bytes(signature)
    for wrong in (b"", b"\0" + signature, signature[1:], (number + signer.modulus).to_bytes(257), b"\xff" * 256):
        assert not key.verifies(wrong, TEXT)


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x82\x01", b"\x02\x01\x05", SIGNERS[0].der[:-1], b"\x30\x06" * 9])
def test_what_is_no_key(der: bytes) -> None:
    with pytest.raises(ValueError, match="key"):
        PublicKey.of(der)


def test_a_weak_key_is_refused() -> None:
    from tests.signed_logs import _der, _integer

    for modulus, exponent in ((SIGNERS[0].p, 65537), (SIGNERS[0].modulus, 1), (SIGNERS[0].modulus, 3)):
        with pytest.raises(ValueError, match="weaker"):
            PublicKey.of(_der(0x30, _integer(modulus) + _integer(exponent)))


def test_the_answer_of_the_aws_cli_is_a_file_of_keys(tmp_path: Path) -> None:
    value = base64.b64encode(SIGNERS[0].der).decode()
    document = {"PublicKeyList": [{"Value": value, "Fingerprint": "ab", "ValidityStartTime": 1.5}]}
    keys = read_keys(write_keys(tmp_path / "keys.json", document))
    assert keys.keys == {"ab": (PublicKey.of(SIGNERS[0].der),)}


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"keys": [{"fingerprint": "ab", "value": "!!"}]},
        {"keys": [{"fingerprint": "ab", "value": "AAAA"}]},
        {"keys": [{"value": "AAAA"}]},
        {"keys": 5},
        {"signatures": [{"object": "x", "signature": "zz"}]},
        {"signatures": [5]},
    ],
)
def test_a_file_of_keys_with_a_mistake_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = write_keys(tmp_path / "keys.json", {**keys_document(SIGNERS[0]), **change})
    with pytest.raises(UsageError):
        read_keys(path)


@pytest.mark.parametrize("text", ["", "[]", "5", "null", "[" * 100_000, json.dumps({"format": 1})])
def test_another_file_is_no_file_of_keys(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(UsageError):
        read_keys(path)
