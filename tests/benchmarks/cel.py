"""Evaluations a second: of typical rules over 100,000 resources, and of every rule over a root that was read."""

from __future__ import annotations

import gc
import time
from collections import Counter
from pathlib import Path

from soc2gate import cel, packs, reading
from soc2gate.config import Config
from soc2gate.engine.evaluate import Questions, evaluate
from soc2gate.facts import replace
from soc2gate.model.rule import Source
from soc2gate.model.value import Unknown, Value
from soc2gate.request import Request
from soc2gate.schema import type_of

COUNT = 100_000
RULES = {
    "AWS::EC2::SecurityGroup": (
        "!resource.SecurityGroupIngress.exists(rule, open_to_internet(rule) && covers_port(rule, 22))"
    ),
    "AWS::RDS::DBInstance": "resource.BackupRetentionPeriod >= 7",
    "AWS::S3::Bucket": "resource.PublicAccessBlockConfiguration.BlockPublicPolicy",
    "AWS::S3::BucketPolicy": "!allows_anyone(resource.PolicyDocument)",
}


def resources(kind: str) -> list[dict[str, Value]]:
    """As many as asked for, every fifth failing and every eleventh partly unknown."""
    hidden = Unknown("variable “x” has no default", None, ("var.x",))
    out: list[dict[str, Value]] = []
    for i in range(COUNT):
        bad, unknown = i % 5 == 0, i % 11 == 0
        cidr: Value = hidden if unknown else "0.0.0.0/0" if bad else f"10.{i % 256}.0.0/16"
        statement: Value = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Principal": "*"}
        if not bad:
            assert isinstance(statement, dict)
            statement["Principal"] = {"AWS": hidden if unknown else "arn:aws:iam::123456789012:root"}
        properties: dict[str, dict[str, Value]] = {
            "AWS::EC2::SecurityGroup": {
                "SecurityGroupIngress": [
                    {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"},
                    {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": cidr},
                ]
            },
            "AWS::RDS::DBInstance": {"BackupRetentionPeriod": hidden if unknown else 1 if bad else 14},
            "AWS::S3::Bucket": {
                "PublicAccessBlockConfiguration": {"BlockPublicPolicy": hidden if unknown else not bad}
            },
            "AWS::S3::BucketPolicy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}},
        }
        out.append(properties[kind])
    return out


def main() -> None:
    for kind, text in RULES.items():
        asked = cel.compile(Source(text, "rule.yaml", 1), {"resource": type_of(kind)})
        bindings = [{"resource": properties} for properties in resources(kind)]
        counts = {"true": 0, "false": 0, "unknown": 0}
        start = time.process_time()
        for bound in bindings:
            answer = asked.run(bound).value
            counts["true" if answer is True else "false" if answer is False else "unknown"] += 1
        seconds = time.process_time() - start
        print(f"{COUNT / seconds:>10,.0f} evaluations/s  {text}  {counts}")


def all_rules(folder: Path) -> None:
    """Every rule asked of every resource of its kind, after reading; and what the rules for other kinds cost."""
    rules = packs.load()
    request = Request(
        paths=(folder.name,),
        base=folder.parent,
        config=Config(),
        rules=rules,
        now="2026-01-01T00:00:00Z",
        clock=lambda: "2026-01-01T00:00:00Z",
    )
    gc.disable()
    declared = reading.read_declared(request)
    present = {resource.kind for resource in declared.resources}
    asked = {name: rule for name, rule in rules.rules.items() if any(case.kind in present for case in rule.cases)}
    seconds = {"all": float("inf"), "needed": float("inf")}
    findings = 0
    for _ in range(5):
        for name, chosen in (("all", rules), ("needed", replace(rules, rules=asked))):
            start = time.process_time()
            findings = len(evaluate(chosen, declared.resources, now=request.now))
            seconds[name] = min(seconds[name], time.process_time() - start)
    gc.enable()
    kinds = Counter(resource.kind for resource in declared.resources)
    print(
        f"{findings / seconds['all']:>10,.0f} evaluations/s  all {len(rules.rules)} rules over {sum(kinds.values()):,} "
        f"resources that were read: {findings:,} answers in {seconds['all']:.2f} s"
    )
    start = time.process_time()
    Questions(rules)
    print(
        f"{seconds['needed']:>10.2f} s of it with only the {len(asked)} rules whose kinds occur; sorting the other "
        f"{len(rules.rules) - len(asked)} by kind takes {(time.process_time() - start) * 1000:.2f} ms"
    )


if __name__ == "__main__":
    main()
