"""What a document of preferences says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ssmtrail.queries.transcripts.preferences import Preferences, parsed


def document(kind: str = "Standard_Stream", parameters: dict[str, Any] | None = None, **inputs: Any) -> str:
    more = {"parameters": parameters} if parameters else {}
    return json.dumps({"schemaVersion": "1.0", "sessionType": kind, "inputs": inputs, **more})


def test_where_transcripts_go_and_what_bounds_a_session() -> None:
    found = parsed(
        document(
            s3BucketName="logs", s3KeyPrefix="ssm", s3EncryptionEnabled=True, cloudWatchLogGroupName="/ssm",
            cloudWatchStreamingEnabled="true", runAsEnabled=True, runAsDefaultUser="ops", idleSessionTimeout="20",
            maxSessionDuration="60", kmsKeyId="",
        )
    )  # fmt: skip
    assert (found.bucket, found.prefix, found.log_group, found.streams) == ("logs", "ssm", "/ssm", True)
    assert (found.run_as, found.idle_minutes, found.longest_minutes) == ("ops", 20, 60)
    assert found.is_recorded
    assert not found.never
    assert len(found.words) == 3


def test_a_parameter_stands_for_its_default_and_is_named() -> None:
    found = parsed(
        document(parameters={"group": {"type": "String", "default": "/a"}}, cloudWatchLogGroupName="{{ group }}")
    )
    assert (found.log_group, found.unresolved) == ("/a", ("cloudWatchLogGroupName",))
    found = parsed(document(s3BucketName="{{bucket}}"))
    assert (found.bucket, found.unresolved) == ("", ("s3BucketName",))


def test_a_document_that_forwards_a_port_is_never_recorded() -> None:
    assert parsed(document("Port")).never
    assert not parsed(document("InteractiveCommands")).never


@pytest.mark.parametrize("content", ["", "[]", "null", "{", '{"inputs": 3}', '{"inputs": {"s3BucketName": ["x"]}}'])
def test_what_cannot_be_read_says_nothing(content: str) -> None:
    found = parsed(content)
    assert not found.is_recorded
    assert found == Preferences(has_inputs=found.has_inputs)
