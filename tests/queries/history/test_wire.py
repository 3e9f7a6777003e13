"""The loopback server answers in the shapes of botocore's service models, so that tests prove something of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest

from tests.aws_server import HUB, OPERATIONS, AwsServer, RefusalError
from tests.queries.history.conftest import a_node, a_session, ago, an_instance
from tests.records import assume_role, iam_user, start

if TYPE_CHECKING:
    from botocore.model import Shape

SERVICES = {
    "LookupEvents": "cloudtrail", "ListAccounts": "organizations", "GetCallerIdentity": "sts", "AssumeRole": "sts",
    "DescribeRegions": "ec2", "DescribeTrails": "cloudtrail",
    "DescribeSessions": "ssm", "DescribeInstances": "ec2", "DescribeInstanceInformation": "ssm",
    "GetDocument": "ssm", "GetLogEvents": "logs", "DescribeLogGroups": "logs", "DescribeClusters": "ecs",
}  # fmt: skip
REQUESTS: dict[str, dict[str, Any]] = {
    "LookupEvents": {
        "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": "ASIAROLE"}], "StartTime": 0.0,
        "EndTime": 4e9, "MaxResults": 50,
    },
    "DescribeSessions": {"State": "History", "MaxResults": 200},
    "DescribeInstances": {"MaxResults": 1000},
    "DescribeInstanceInformation": {
        "Filters": [{"Key": "ResourceType", "Values": ["ManagedInstance"]}], "MaxResults": 50,
    },
    "DescribeTrails": {"trailNameList": ["all"]},
    "GetDocument": {"Name": "SSM-SessionManagerRunShell"},
    "GetLogEvents": {"logGroupName": "sessions", "logStreamName": "jane-1", "startFromHead": True},
    "DescribeLogGroups": {"logGroupNamePrefix": "sessions"},
    "DescribeClusters": {"clusters": ["shop"], "include": ["CONFIGURATIONS"]},
    "AssumeRole": {"RoleArn": "arn:aws:iam::444455556666:role/Audit", "RoleSessionName": "ssmtrail-jane"},
}  # fmt: skip


def check(value: Any, shape: Shape, where: str) -> None:
    """Every member of a value is in the model, with its type."""
    if shape.type_name == "structure":
        assert set(value) <= set(shape.members), where
        for name, inner in value.items():
            check(inner, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "list":
        for each in value:
            check(each, shape.member, f"{where}[]")
    elif shape.type_name == "timestamp":
        assert isinstance(value, float | str), where
    else:
        kind = {"string": str, "integer": int, "long": int, "boolean": bool}[shape.type_name]
        assert isinstance(value, kind), where
        assert not getattr(shape, "enum", None) or value in shape.enum, where


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_an_answer_has_the_shape_of_the_model(operation: str) -> None:
    server = AwsServer(members=[{"Id": HUB, "Arn": "arn", "Name": "hub", "State": "ACTIVE"}])
    server.trails = [{"Name": "all", "S3BucketName": "logs", "S3KeyPrefix": "audit", "HomeRegion": "eu-central-1"}]
    server.sessions[HUB, "eu-central-1"] = [a_session("jane-1", hours=2, ended=1)]
    server.instances[HUB, "eu-central-1"] = [an_instance("i-0ab1c2d3", Name="web-1")]
    server.nodes[HUB, "eu-central-1"] = [a_node("mi-0ab1c2d3", ComputerName="db.example.com")]
    server.documents[HUB, "eu-central-1", "SSM-SessionManagerRunShell"] = "{}"
    server.streams["sessions", "jane-1"] = [["hello"]]
    server.log_groups["sessions"] = 30
    server.clusters = [{"clusterName": "shop"}]
    server.record([assume_role(ago(hours=1), "jane", "ASIAROLE", iam_user()), start(ago(hours=1))])
    answer = server.answer(SERVICES[operation], "eu-central-1", "AKIAHUB", operation, REQUESTS.get(operation, {}))
    model = botocore.session.get_session().get_service_model(SERVICES[operation]).operation_model(operation)
    assert answer
    assert any(answer.values())
    check(answer, model.output_shape, operation)
    assert set(REQUESTS.get(operation, {})) <= set(model.input_shape.members if model.input_shape else ())


def test_the_limits_are_those_of_the_model() -> None:
    """One attribute a request, at most 50 events a page, 50 nodes of one kind."""
    nodes = botocore.session.get_session().get_service_model("ssm").operation_model("DescribeInstanceInformation")
    assert nodes.input_shape.members["MaxResults"].metadata["max"] == 50
    request = botocore.session.get_session().get_service_model("cloudtrail").operation_model("LookupEvents").input_shape
    assert request.members["MaxResults"].metadata["max"] == 50
    keys = request.members["LookupAttributes"].member.members["AttributeKey"].enum
    assert {"EventName", "ResourceName"} <= set(keys)


def test_a_token_goes_with_its_own_parameters() -> None:
    server = AwsServer()
    server.record(start(ago(minutes=number), f"jane-{number}") for number in range(60))
    first = {
        **REQUESTS["LookupEvents"],
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "StartSession"}],
    }
    answer = server.answer("cloudtrail", "eu-central-1", "AKIAHUB", "LookupEvents", first)
    with pytest.raises(RefusalError):
        server.answer(
            "cloudtrail", "eu-central-1", "AKIAHUB", "LookupEvents",
            {**first, "EndTime": 3e9, "NextToken": answer["NextToken"]},
        )  # fmt: skip
