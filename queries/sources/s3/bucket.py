"""One bucket: pages of its keys by boto3, and objects by signed requests that boto3 does not make.

boto3's `get_object` takes 3 ms of CPU (measured: loopback, 2 kB); signing with botocore and fetching with urllib3 take
less than 1 ms, and botocore's own HTTP session 0.4 ms more.
"""

from __future__ import annotations

import copy
import hashlib
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.history.aws import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ssmtrail.queries.sources.history.aws import Account

#: Connections to S3, and so requests that wait for it at once.
CONNECTIONS: Final = 32
#: Seconds after which a request without an answer fails.
_TIMEOUT: Final = 20
#: Tries of a request that S3 asks to repeat; every wait is longer, up to the longest.
_TRIES: Final = 8
_FIRST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 5.0
#: Classes that have to be restored before they can be read. Source: "Amazon S3 storage classes", S3 User Guide.
_ARCHIVED: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
_RESTORED: Final = "RestoreExpiryDate"
_CODE: Final = re.compile(rb"<Code>(\w+)</Code>")
_UNRESERVED: Final = "/-_.~"


@dataclass(frozen=True, slots=True)
class Key:
    """An object as the listing shows it."""

    key: str
    size: int
    modified: datetime
    etag: int
    """A number for its ETag, below 2**56."""
    is_archived: bool
    """Whether it lies in Glacier and no restored copy is ready."""


class ObjectRefusedError(Exception):
    """An object that cannot be read."""

    def __init__(self, why: str, *, is_archived: bool = False, is_denied: bool = False) -> None:
        super().__init__(why)
        self.is_archived = is_archived
        self.is_denied = is_denied


#: Why an object cannot be read, by the code of S3's error.
DENIED: Final = "denied: s3:GetObject on the objects, and kms:Decrypt on the trail's key, are needed"
ARCHIVED: Final = "in Glacier: restore the objects first"
_WHY: Final = {
    "AccessDenied": DENIED,
    "NoSuchKey": "deleted while it was read",
    "KMS.DisabledException": "its KMS key is disabled",
    "InvalidObjectState": ARCHIVED,
}
CHANGED: Final = "changed while it was read"
#: Codes after which another try, with credentials that may be newer, may succeed.
_AGAIN: Final = frozenset({"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "ExpiredToken"})


def etag_number(etag: str) -> int:
    """A number below 2**56 for an ETag."""
    return int.from_bytes(hashlib.blake2b(etag.strip('"').encode(), digest_size=7).digest())


class Bucket:
    """A bucket that one identity reads. Any thread may use it."""

    def __init__(self, account: Account, name: str, cancelled: threading.Event, request_payer: bool) -> None:
        """Finds the bucket's region. Raises AwsError."""
        self.name = name
        self.cancelled = cancelled
        self.lists = 0
        """LIST requests so far."""
        self._account = account
        self._payer = {"RequestPayer": "requester"} if request_payer else {}
        self.region = self._region()
        self._base = self._base_url()
        self._pool, self._through = self._http()
        self._credentials = account.session.get_credentials()

    def until(self, cancelled: threading.Event) -> Bucket:
        """The same bucket for work that this event cancels."""
        found = copy.copy(self)
        found.cancelled, found.lists = cancelled, 0
        return found

    def _region(self) -> str:
        """The bucket's region, which S3 tells also to whom it refuses the bucket."""
        client = self._account.client("s3", self._account.home)
        try:
            found = self._account.attempt(
                lambda: client.head_bucket(Bucket=self.name), "head_bucket", self._account.home
            )  # fmt: skip
        except AwsError as error:
            response = getattr(error.__cause__, "response", {})
            headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
            if error.code == "404":
                raise AwsError(f"There is no bucket {self.name}.") from error
            if not headers and not error.is_denied:
                raise
            return str(headers.get("x-amz-bucket-region") or self._account.home)
        headers = found["ResponseMetadata"]["HTTPHeaders"]
        return str(found.get("BucketRegion") or headers.get("x-amz-bucket-region") or self._account.home)

    def _base_url(self) -> str:
        """What keys are appended to, as botocore makes it of region, endpoint and name."""
        client = self._account.client("s3", self.region)
        url: str = client.generate_presigned_url("get_object", {"Bucket": self.name, "Key": "k"})
        return url.partition("?")[0].removesuffix("k")

    def _http(self) -> tuple[Any, str]:
        """The pool of connections, and what precedes a path in its requests; proxies and certificates as boto3 has."""
        from botocore.httpsession import get_cert_path
        from botocore.utils import get_environ_proxies
        from urllib3 import PoolManager, ProxyManager

        scheme, _, rest = self._base.partition("://")
        verify = self._account.session._session.get_config_variable("ca_bundle") or True  # noqa: SLF001 - no public way
        options = {
            "maxsize": CONNECTIONS, "timeout": _TIMEOUT, "cert_reqs": "CERT_REQUIRED",
            "ca_certs": get_cert_path(verify),
        }  # fmt: skip
        proxy = get_environ_proxies(self._base).get(scheme)
        manager = ProxyManager(proxy, **options) if proxy else PoolManager(**options)
        through = f"{scheme}://{rest.partition('/')[0]}" if proxy and scheme == "http" else ""
        return manager.connection_from_url(self._base), through

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly below a prefix. Raises AwsError, Cancelled."""
        return [
            each["Prefix"][len(prefix) :].rstrip("/")
            for page in self._pages(Prefix=prefix, Delimiter="/")
            for each in page.get("CommonPrefixes", ())
        ]

    def keys(self, prefix: str, after: str = "") -> Iterator[list[Key]]:
        """The objects below a prefix in the order of their keys, those after a key, page by page.

        Raises AwsError, Cancelled.
        """
        more = {"StartAfter": after} if after else {}
        for page in self._pages(Prefix=prefix, OptionalObjectAttributes=["RestoreStatus"], **more):
            yield [_key(each) for each in page.get("Contents", ())]

    def _pages(self, **request: Any) -> Iterator[Any]:
        token: dict[str, str] = {}
        while True:
            self.lists += 1
            page = self._account.patiently(
                "s3", self.region, "list_objects_v2", self.cancelled, Bucket=self.name, **self._payer, **request,
                **token,
            )  # fmt: skip
            yield page
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def get(self, key: str, etag: int) -> bytes:
        """The content of an object that has this ETag. Raises ObjectRefusedError, Cancelled."""
        why = ""
        for number in range(_TRIES):
            if self.cancelled.is_set() or (number and self._pause(number)):
                raise Cancelled
            answer = self._request(key)
            if answer is None:
                why = "the connection broke again and again"
                continue
            if answer.status == 200:
                if etag_number(answer.headers.get("ETag", "")) != etag:
                    raise ObjectRefusedError(CHANGED)
                return bytes(answer.data)
            found = _CODE.search(answer.data)
            code = found[1].decode() if found else str(answer.status)
            why = _WHY.get(code, f"S3 answers {code}")
            if code not in _AGAIN and answer.status < 500:
                break
        raise ObjectRefusedError(why, is_archived=why == ARCHIVED, is_denied=why == DENIED)

    def _pause(self, number: int) -> bool:
        """Wait before another try; whether that was cancelled."""
        return self.cancelled.wait(min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (number - 1)))

    def _request(self, key: str) -> Any:
        """The answer of S3; None where the connection broke."""
        from botocore.auth import S3SigV4Auth
        from botocore.awsrequest import AWSRequest
        from urllib3.exceptions import HTTPError

        url = self._base + quote(key, safe=_UNRESERVED)
        request = AWSRequest("GET", url, headers={"x-amz-request-payer": "requester"} if self._payer else {})
        request.context["payload_signing_enabled"] = False
        S3SigV4Auth(self._credentials.get_frozen_credentials(), "s3", self.region).add_auth(request)
        path = "/" + url.partition("://")[2].partition("/")[2]
        try:
            return self._pool.urlopen(
                "GET", self._through + path, headers=dict(request.headers), retries=False, redirect=False,
                decode_content=False,
            )  # fmt: skip
        except HTTPError:
            return None


def _key(found: dict[str, Any]) -> Key:
    is_archived = found.get("StorageClass") in _ARCHIVED and _RESTORED not in found.get("RestoreStatus", {})
    return Key(found["Key"], found["Size"], found["LastModified"], etag_number(found["ETag"]), is_archived)
