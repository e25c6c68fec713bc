"""Choices the use cases make before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from soc2gate.app import Request, providers_of, regions_of
from soc2gate.config import Config, RootConfig
from soc2gate.model.resource import Resource, Side, Span
from soc2gate.model.rule import RuleSet
from soc2gate.model.value import Unknown, Value


def declared(kind: str, region: Value = None) -> Resource:
    return Resource(kind, kind, Side.DECLARED, {}, Span("main.tf", 1), {}, identity={"region": region})


def request(config: Config | None = None, regions: tuple[str, ...] = ()) -> Request:
    return Request(
        paths=(".",),
        base=Path(),
        config=config or Config(),
        rules=RuleSet({}, {}, {}, {}),
        now="2026-11-21T09:00:00Z",
        clock=lambda: "2026-11-21T09:00:00Z",
        regions=regions,
    )


CODE = [declared("AWS::S3::Bucket", "eu-west-1"), declared("AWS::SQS::Queue", Unknown("var.region"))]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (request(), ("eu-west-1",)),
        (request(Config(roots=(RootConfig(".", regions=("eu-north-1",)),))), ("eu-north-1",)),
        (request(Config(regions=("us-east-1",))), ("us-east-1",)),
        (request(Config(regions=("us-east-1",)), regions=("ap-south-1",)), ("ap-south-1",)),
    ],
)
def test_regions_are_those_asked_for_else_configured_else_deployed_to(
    asked: Request, expected: tuple[str, ...]
) -> None:
    assert regions_of(asked, CODE) == expected


def test_only_sides_that_code_deploys_to_are_read() -> None:
    assert providers_of(CODE) == ["aws"]
    assert providers_of([*CODE, declared("Kubernetes::Deployment")]) == ["aws", "kubernetes"]
