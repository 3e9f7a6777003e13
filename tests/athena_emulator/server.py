"""The emulator's HTTP server: routes requests and injects faults."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.athena_emulator import operations
from tests.athena_emulator.results import csv_of

if TYPE_CHECKING:
    from tests.athena_emulator.emulator import Emulator
    from tests.athena_emulator.executions import Execution
    from tests.athena_emulator.faults import Fault

_PIECE = 1 << 20


class Server:
    """A threaded server over an emulator's state."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        handler = type("Handler", (_Handler,), {"emulator": emulator})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def write_result(self, execution: Execution) -> None:
        """Put an execution's result where it belongs."""
        if self.emulator.ready_result is not None:
            execution.rows_file = self.emulator.ready_result
        if execution.output is None:
            return
        bucket, _, key = execution.output.removeprefix("s3://").partition("/")
        data = execution.rows_file or (csv_of(execution.answer) if execution.answer else b"")
        self.emulator.buckets.put(bucket, key, data)
        self.emulator.buckets.put(bucket, f"{key}.metadata", b"types")


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    #: An answer's body goes out after its head, without waiting 40 ms until the head is acknowledged.
    disable_nagle_algorithm = True
    emulator: Emulator

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Be silent."""

    def do_POST(self) -> None:
        body = self._body()
        target = self.headers.get("X-Amz-Target", "")
        if target:
            service, _, operation = target.partition(".")
            self._answer_json(service, operation, json.loads(body or b"{}"))
        elif b"Action=GetCallerIdentity" in body:
            self._answer_sts()
        elif b"Action=AssumeRole" in body:
            self._assume(dict(parse_qsl(body.decode())))
        else:
            self._s3("POST")

    def do_GET(self) -> None:
        self._s3("GET")

    def do_HEAD(self) -> None:
        self._s3("HEAD")

    def do_DELETE(self) -> None:
        self._s3("DELETE")

    def do_PUT(self) -> None:
        self._s3("PUT")

    def _is_expired(self) -> bool:
        signed = self.headers.get("Authorization", "")
        return self.emulator.expired or any(f"Credential={key}/" in signed for key in self.emulator.expired_keys)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _answer_json(self, service: str, operation: str, request: dict[str, Any]) -> None:
        self.emulator.calls[operation] += 1
        if self._is_expired():
            self._json(
                400, operations.error("ExpiredTokenException", "The security token included in the request is expired")
            )
            return
        fault = self.emulator.faults.take(operation)
        if fault is not None and fault.code:
            self._json(fault.status, operations.error(fault.code, fault.message))
            return
        try:
            answer = operations.answer(self.emulator, service, operation, request)
            status = 200
        except operations.RefusalError as refusal:
            answer, status = operations.error(refusal.code, str(refusal)), 400
        if fault is not None:
            # The operation took place; only its answer is lost.
            self._cut()
            return
        self._json(status, answer)

    def _answer_sts(self) -> None:
        self.emulator.calls["GetCallerIdentity"] += 1
        if self._is_expired():
            self._send(403, operations.sts_error("ExpiredToken", "The security token is expired"), "text/xml")
            return
        if (fault := self.emulator.faults.take("GetCallerIdentity")) is not None:
            if not fault.code:
                self._cut()
                return
            self._send(fault.status, operations.sts_error(fault.code, fault.message), "text/xml")
            return
        signed = self.headers.get("Authorization", "")
        role = next((each["RoleArn"] for each in self.emulator.assumed if operations.ROLE_KEY in signed), "")
        self._send(200, operations.caller_identity(self.emulator.account, role), "text/xml")

    def _assume(self, request: dict[str, str]) -> None:
        self.emulator.calls["AssumeRole"] += 1
        self.emulator.assumed.append(request)
        if request.get("ExternalId") != self.emulator.external_id:
            refusal = f"User is not authorized to perform: sts:AssumeRole on resource: {request['RoleArn']}"
            self._send(403, operations.sts_error("AccessDenied", refusal), "text/xml")
            return
        self._send(200, operations.role_credentials(request["RoleArn"]), "text/xml")

    def _s3(self, method: str) -> None:
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        operation = {"PUT": "PutObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}.get(
            method, "GetObject" if key else "ListObjectsV2"
        )
        self.emulator.calls[operation] += 1
        body = self._body() if method == "PUT" else b""
        if self._is_expired():
            self._send(400, operations.s3_error("ExpiredToken", "The provided token has expired."), "application/xml")
            return
        fault = self.emulator.faults.take(operation)
        if fault is not None and (fault.code or operation != "GetObject"):
            self._refuse(fault)
        elif self.headers.get("x-amz-expected-bucket-owner", self.emulator.account) != self.emulator.account:
            self._send(403, operations.s3_error("AccessDenied", "Access Denied"), "application/xml")
        elif operation == "DeleteObject":
            self.emulator.buckets.delete(bucket, key)
            self._send(204, b"", "application/xml")
        elif operation == "ListObjectsV2":
            time.sleep(self.emulator.listing_delay)
            self._send(200, self.emulator.buckets.listing(bucket, query), "application/xml")
        elif operation == "PutObject":
            self.emulator.buckets.put(bucket, key, operations.unchunked(body, self.headers.get("Content-Encoding")))
            self._send(200, b"", "application/xml")
        else:
            self._object(bucket, key, head=method == "HEAD", cut=fault is not None)

    def _refuse(self, fault: Fault) -> None:
        if not fault.code:
            self._cut()
            return
        status = 503 if fault.code == "ThrottlingException" else fault.status
        code = {"ThrottlingException": "SlowDown", "InternalServerException": "InternalError"}.get(
            fault.code, fault.code
        )
        self._send(status, operations.s3_error(code, fault.message), "application/xml")

    def _object(self, bucket: str, key: str, *, head: bool, cut: bool) -> None:
        stored = self.emulator.buckets.get(bucket, key)
        if stored is None:
            self._send(
                404,
                b"" if head else operations.s3_error("NoSuchKey", "The specified key does not exist."),
                "application/xml",
            )
            return
        begin, end = operations.byte_range(self.headers.get("Range"), stored.size)
        self.send_response(206 if self.headers.get("Range") else 200)
        self.send_header("ETag", stored.etag)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(end - begin))
        if self.headers.get("Range"):
            self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{stored.size}")
        self.end_headers()
        if head:
            return
        if cut:
            end = begin + (end - begin) // 2
        if isinstance(stored.data, Path):
            with stored.data.open("rb") as file:
                file.seek(begin)
                for at in range(begin, end, _PIECE):
                    self.wfile.write(file.read(min(_PIECE, end - at)))
        else:
            self.wfile.write(stored.data[begin:end])
        if cut:
            self._cut()

    def _json(self, status: int, answer: dict[str, Any]) -> None:
        self._send(status, json.dumps(answer).encode(), "application/x-amz-json-1.1")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _cut(self) -> None:
        """Close the connection without an answer."""
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(2)
