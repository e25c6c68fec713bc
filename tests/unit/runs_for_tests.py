"""A finished run with one of everything a reporter tells, made by hand so that its text never changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from soc2gate.errors import Exit
from soc2gate.model.outcome import (
    CriterionChange,
    CriterionStatus,
    Decision,
    Diff,
    Difference,
    Disagreement,
    Evidence,
    Finding,
    PolicyChange,
    Resolved,
    RuleContrast,
    Run,
    SnapshotInfo,
    Status,
    Verdict,
    Waiver,
)
from soc2gate.model.resource import LiveRef, Problem, Side, Span, Weight
from soc2gate.model.rule import Case, Control, Criterion, Rule, Severity, SeverityCase, Source, Strength

MAIN_TF = """\
resource "aws_security_group" "web" {
  name = "web"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_s3_bucket" "logs" {
  bucket = "logs"
}
"""
HOSTILE = '</script><script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'">'
"""What somebody names a resource to see whether a report runs it."""
HOSTILE_MARKDOWN = "`x` | [y](https://evil.example) ![z](https://evil.example/p.png) @admin <b>b</b>\n::error::no"


def rule(name: str, *levels: Severity, control: str = "exposure") -> Rule:
    source = Source("true", f"{name}/rule.yaml", 1)
    cases = tuple(SeverityCase(None, level) for level in levels)
    return Rule(
        id=name,
        title="No security group opens SSH to the internet" if name == "no-ssh" else f"What {name} wants",
        control=control,
        cases=(Case("AWS::EC2::SecurityGroup", source, severity=cases),),
        message="",
        why="Anyone can try to sign in.",
        fix={"terraform": "Limit `cidr_blocks`.", "live": "aws ec2 revoke-security-group-ingress"},
        path=f"{name}/rule.yaml",
        line=1,
        digest="sha256:0",
        references=("https://example.org/why",),
    )


def criterion(name: str, category: str = "security") -> Criterion:
    return Criterion(name, category, f"What {name} asks", Strength.STRONG, "", ())


WAIVER = Waiver(
    "encrypted", "*", "moved in March", "ada@example.org", "grace@example.org", "2027-01-31", ticket="OPS-7"
)
SEEN = LiveRef("aws", "123456789012", "eu-west-1", "arn:aws:s3:::logs", "s3:GetBucketAcl", "2026-11-21T08:00:00Z")

SSH = Finding(
    rule="no-ssh",
    control="exposure",
    criteria=("CC6.6",),
    severity=Severity.CRITICAL,
    verdict=Verdict.FAIL,
    side=Side.DECLARED,
    kind="AWS::EC2::SecurityGroup",
    address="aws_security_group.web",
    identity={},
    root=".",
    where=Span("main.tf", 1, 1, 9),
    message="port 22 is open to 0.0.0.0/0",
    evidence=(
        Evidence("SecurityGroupIngress[0]", {"FromPort": 22}, Span("main.tf", 3, 3, 8)),
        Evidence("SecurityGroupIngress[0].CidrIp", "0.0.0.0/0", Span("main.tf", 7, 5, 7)),
    ),
    fingerprint="a" * 32,
)
WAIVED = replace(
    SSH,
    rule="encrypted",
    severity=Severity.LOW,
    kind="AWS::S3::Bucket",
    address="aws_s3_bucket.logs",
    where=Span("main.tf", 11, 1, 13),
    evidence=(),
    message="objects are not encrypted with a KMS key",
    fingerprint="b" * 32,
    waiver=WAIVER,
)
UNDECIDED = replace(
    SSH,
    rule="encrypted",
    severity=Severity.HIGH,
    verdict=Verdict.UNKNOWN,
    fingerprint="c" * 32,
    reason="var.cidr has no value",
)
PASSED = replace(SSH, rule="encrypted", severity=Severity.HIGH, verdict=Verdict.PASS, evidence=(), fingerprint="d" * 32)
NOT_APPLICABLE = replace(
    PASSED, verdict=Verdict.NOT_APPLICABLE, address="aws_security_group.other", fingerprint="e" * 32
)
LIVE = replace(
    SSH,
    side=Side.LIVE,
    kind="AWS::S3::Bucket",
    rule="encrypted",
    severity=Severity.HIGH,
    address="arn:aws:s3:::logs",
    root="aws:123456789012:eu-west-1",
    where=SEEN,
    evidence=(),
    message="nothing is encrypted",
    fingerprint="f" * 32,
)
CHANGED = Disagreement(
    kind="AWS::S3::Bucket",
    address="aws_s3_bucket.logs",
    uid="arn:aws:s3:::logs",
    difference=Difference.CHANGED,
    property="BucketEncryption",
    declared={"SSEAlgorithm": "aws:kms"},
    live=None,
    declared_where=Span("main.tf", 12, 3, 12),
    live_where=SEEN,
    rules=(RuleContrast("encrypted", Verdict.PASS, Verdict.FAIL),),
    criteria=("CC6.1",),
    severity=Severity.HIGH,
    reason="",
    fingerprint="1" * 32,
)
UNMANAGED = replace(
    CHANGED,
    address="arn:aws:s3:::stray",
    uid="arn:aws:s3:::stray",
    difference=Difference.UNMANAGED,
    property=None,
    declared=None,
    declared_where=None,
    severity=None,
    rules=(),
    criteria=(),
    fingerprint="2" * 32,
)
UNCOMPARED = replace(
    CHANGED,
    difference=Difference.UNDECIDED,
    property="VersioningConfiguration",
    reason="s3:GetBucketVersioning was denied (AccessDenied)",
    fingerprint="3" * 32,
)
PROBLEMS = (
    Problem(Weight.BROKEN, "terraform", "not HCL: a block is not closed", Span("old.tf", 3, 1), "close it"),
    Problem(Weight.GAP, "collect", "could not look: s3:GetBucketVersioning was denied", SEEN),
    Problem(Weight.NOTE, "terraform", "a deprecated key"),
)


def a_run(base: Path | None = None) -> Run:
    """A `verify` whose sources stand below `base`."""
    if base is not None:
        (base / "main.tf").write_text(MAIN_TF)
    rules = {one.id: one for one in (rule("no-ssh", Severity.CRITICAL), rule("encrypted", Severity.HIGH, Severity.LOW))}
    control = Control("exposure", "Nothing is open", ("CC6.6", "CC6.1"), {}, "rules", 7, {"no-ssh": ("CC6.6",)})
    info = SnapshotInfo(
        "sha256:5", SEEN.seen_at, "aws", SEEN.account, "arn:aws:iam::1:role/audit", ("eu-west-1",), ("eu-west-1",), 9, 1
    )
    return Run(
        command="verify",
        tool={"name": "soc2gate", "version": "0.1.0"},
        time="2026-11-21T09:00:00Z",
        paths=("infra",),
        roots=(("terraform", "."),),
        digests={"result": "sha256:7"},
        findings=(SSH, WAIVED, UNDECIDED, PASSED, NOT_APPLICABLE, LIVE),
        disagreements=(CHANGED, UNMANAGED, UNCOMPARED),
        problems=PROBLEMS,
        criteria=(
            CriterionStatus(criterion("CC6.1"), Status.WAIVED, passed=1, unknown=1, waived=1, disagreements=1),
            CriterionStatus(criterion("CC6.6"), Status.FAIL, failed=1),
            CriterionStatus(criterion("CC1.1"), Status.MANUAL),
        ),
        decision=Decision(Exit.CLOSED, ("1 finding at high or above", "1 disagreement at high or above")),
        rules=rules,
        controls={"exposure": control},
        resources={"declared": 2, "live": 3},
        files=("main.tf",),
        snapshots=(info,),
        unjudged={"aws_route_table": 2},
        base=str(base or "/nowhere"),
    )


def a_change(base: Path | None = None) -> Run:
    """A `scan` of a change: one finding is new, one was there, one is resolved, and the gate itself is touched."""
    before = replace(SSH, rule="encrypted", severity=Severity.HIGH, fingerprint="9" * 32, new=False)
    diff = Diff(
        base="1" * 40,
        head="2" * 40,
        asked="origin/main",
        criteria=(CriterionChange("CC6.6", 1, 1, 1),),
        resolved=(Resolved("encrypted", "aws_s3_bucket.old", ("CC6.1",), Severity.HIGH),),
        policy=(PolicyChange("waiver", "added", "soc2gate.yaml", "encrypted of *"),),
    )
    return replace(
        a_run(base),
        command="scan",
        findings=(replace(SSH, new=True), before, replace(UNDECIDED, new=False)),
        disagreements=(),
        problems=(replace(PROBLEMS[1], new=False),),
        snapshots=(),
        diff=diff,
    )


def hostile(run: Run, text: str) -> Run:
    """The same run with `text` for every name and value that a stranger may choose."""
    finding = replace(
        SSH,
        address=text,
        root=text,
        message=text,
        reason=text,
        where=Span(text, 1),
        evidence=(Evidence(text, text, Span(text, 2), text),),
    )
    waiver = Waiver(text, text, text, text, text, text, ticket=text)
    ref = LiveRef("aws", text, text, text, text, text)
    different = replace(
        CHANGED, address=text, uid=text, property=text, declared=text, live=text, live_where=ref, reason=text
    )
    return replace(
        run,
        findings=(finding, replace(finding, waiver=waiver), replace(finding, verdict=Verdict.UNKNOWN)),
        disagreements=(different, replace(different, difference=Difference.UNDECIDED)),
        problems=(Problem(Weight.BROKEN, "terraform", text, Span(text, 1), text),),
        paths=(text,),
        unjudged={text: 1},
        decision=Decision(Exit.CLOSED, (text,)),
    )
