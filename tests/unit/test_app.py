"""Choices the use cases make before anything is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from soc2gate.config import Config, RootConfig
from soc2gate.model.resource import Resource, Side, Span
from soc2gate.model.rule import RuleSet
from soc2gate.model.value import Unknown, Value
from soc2gate.reading import find
from soc2gate.request import Request
from soc2gate.sides import providers_of, regions_of


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


def test_the_examples_in_a_configured_pack_are_nobodys_infrastructure(tmp_path: Path) -> None:
    """Seen: a scan of the folder that a pack stands in told of the pack's own `fail.tf`."""
    for name in ("main.tf", "policy/rules/queues/fail.tf", "policy/main.tf", "rules/main.tf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('resource "aws_sqs_queue" "q" {}\n', encoding="utf-8")
    asked = replace(request(Config(packs=(tmp_path / "policy",))), base=tmp_path)
    assert {root.path for root in find(asked).roots} == {".", "policy", "rules"}
    assert "policy/rules/queues" in {root.path for root in find(replace(asked, config=Config())).roots}


def test_only_sides_that_code_deploys_to_are_read() -> None:
    assert providers_of(CODE) == ["aws"]
    assert providers_of([*CODE, declared("Kubernetes::Deployment")]) == ["aws", "kubernetes"]
