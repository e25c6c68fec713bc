"""Security groups: inline rules, rules as resources of their own, and what a group opens when nobody says.

One element of `SecurityGroupIngress` per rule and peer, however it was written (`ec2_rules`).
"""

from __future__ import annotations

from soc2gate.kinds.aws import ec2_rules as rules
from soc2gate.kinds.aws.live_fields import copy_fields, copy_tags, looked_at
from soc2gate.kinds.describe import Call, Companion, Default, Kind, LiveItem, LiveSpelling, Spelling
from soc2gate.kinds.draft import Draft, Piece
from soc2gate.model.value import Alternatives, Ref, Unknown, Value

INGRESS, EGRESS = rules.INGRESS, rules.EGRESS

ALLOW_ALL: list[Value] = [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]
"""What EC2 gives a new group to go out by.
https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html"""


def _terraform(draft: Draft) -> None:
    prefix = draft.get("name_prefix")
    if draft.get("name") is None:
        draft.set("GroupName", draft.ref("name", prefix if isinstance(prefix, str) else "terraform-"))
    # A VPC has its default group from the start, and AWS refuses to create another of that name.
    draft.set("IsDefault", False)
    rules.inline(draft, "ingress", INGRESS)
    rules.inline(draft, "egress", EGRESS)


def _default_group(draft: Draft) -> None:
    draft.set("GroupName", "default")
    draft.set("IsDefault", True)
    vpc = draft.get("vpc_id")
    if isinstance(vpc, Unknown) and vpc.ref is not None:
        # `aws_vpc.main.default_security_group_id`, by which rules may name it.
        own = Ref(vpc.ref.address, "default_security_group_id")
        draft.identity["own"] = Unknown(f"{own} is known after it is deployed", own, (str(own),), not_null=True)
    rules.inline(draft, "ingress", INGRESS)
    rules.inline(draft, "egress", EGRESS)


def _cloudformation(draft: Draft) -> None:
    draft.set("IsDefault", False)
    for direction in (INGRESS, EGRESS):
        draft.set(direction.path, draft.each(direction.path, rules.written))


def _is_ingress(draft: Draft) -> bool | None:
    return _equals(draft.get("type"), "ingress")


def _is_egress(draft: Draft) -> bool | None:
    return _equals(draft.get("type"), "egress")


def _by_name(draft: Draft) -> bool | None:
    return draft.get("GroupId") is None and draft.get("GroupName") is not None


def _by_id(draft: Draft) -> bool | None:
    return not _by_name(draft)


def _equals(value: Value, wanted: str) -> bool | None:
    if isinstance(value, str):
        return value == wanted
    if isinstance(value, Alternatives) and wanted not in value.options:
        return False
    return None if isinstance(value, (Unknown, Alternatives)) else False


def _written(draft: Draft) -> Piece:
    return [rules.written(draft)]


def _live(live: LiveItem) -> None:
    draft = live.draft
    group = draft.get("GroupId")
    draft.identity |= {
        "id": group,
        "name": draft.get("GroupName"),
        "arn": f"arn:{live.partition}:ec2:{live.region}:{live.account}:security-group/{group}",
    }
    copy_fields(
        draft, {"GroupId": "GroupId", "GroupName": "GroupName", "GroupDescription": "Description", "VpcId": "VpcId"}
    )
    for direction, field in ((INGRESS, "IpPermissions"), (EGRESS, "IpPermissionsEgress")):
        draft.set(direction.path, rules.permissions(draft, field, direction) or [])
        looked_at(draft, direction.path, field)
    copy_tags(draft)
    draft.set("IsDefault", draft.get("GroupName") == "default")
    if draft.get("GroupName") == "default":
        # Every VPC has one, and nobody can delete it.
        draft.managed_by = "AWS"


_NO_RULES: tuple[Default, ...] = (
    # Computed in the provider: rules that others add stay, so only creating is described, not keeping.
    Default(INGRESS.path, [], "aws_security_group creates no ingress rule", kept=False),
    # https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group (egress)
    Default(EGRESS.path, [], "Terraform removes the rule that lets everything out", kept=False),
)

SECURITY_GROUP = Kind(
    name="AWS::EC2::SecurityGroup",
    title="security group",
    terraform=(
        Spelling(
            "aws_security_group",
            fields={"name": "GroupName", "description": "GroupDescription", "vpc_id": "VpcId"},
            build=_terraform,
            defaults=(
                Default("GroupDescription", "Managed by Terraform", "the provider writes it"),
                *_NO_RULES,
            ),
            exports={"id": "id", "arn": "arn", "name": "GroupName", "vpc_id": "VpcId"},
        ),
        Spelling(
            "aws_default_security_group",
            fields={"vpc_id": "VpcId"},
            build=_default_group,
            defaults=(
                Default(
                    "GroupDescription",
                    "default VPC security group",
                    "AWS writes it",
                    kept=False,
                ),
                Default(
                    INGRESS.path,
                    [],
                    "aws_default_security_group removes every rule when it adopts the group",
                    kept=False,
                ),
                Default(
                    EGRESS.path,
                    [],
                    "aws_default_security_group removes every rule when it adopts the group",
                    kept=False,
                ),
            ),
            exports={"id": "id", "arn": "arn", "vpc_id": "VpcId"},
        ),
    ),
    cloudformation=Spelling(
        "AWS::EC2::SecurityGroup",
        build=_cloudformation,
        defaults=(
            Default(INGRESS.path, [], "EC2 creates no ingress rule", kept=False),
            # Given only where no rule is written, here or as a resource of its own.
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroup.html
            Default(EGRESS.path, ALLOW_ALL, "EC2 lets a new group send anywhere", kept=False),
        ),
        exports={"Ref": "id", "GroupId": "id", "Id": "id", "VpcId": "VpcId"},
    ),
    companions=(
        Companion(
            "aws_security_group_rule",
            "AWS::EC2::SecurityGroup",
            "security_group_id",
            INGRESS.path,
            lambda draft: rules.separate(draft, INGRESS),
            many=True,
            when=_is_ingress,
        ),
        Companion(
            "aws_security_group_rule",
            "AWS::EC2::SecurityGroup",
            "security_group_id",
            EGRESS.path,
            lambda draft: rules.separate(draft, EGRESS),
            many=True,
            when=_is_egress,
        ),
        Companion(
            "aws_vpc_security_group_ingress_rule",
            "AWS::EC2::SecurityGroup",
            "security_group_id",
            INGRESS.path,
            lambda draft: rules.single(draft, INGRESS),
            many=True,
        ),
        Companion(
            "aws_vpc_security_group_egress_rule",
            "AWS::EC2::SecurityGroup",
            "security_group_id",
            EGRESS.path,
            lambda draft: rules.single(draft, EGRESS),
            many=True,
        ),
        *(
            Companion(type_, "AWS::EC2::SecurityGroup", target, direction.path, _written, many=True, when=when)
            for type_, direction in (
                ("AWS::EC2::SecurityGroupIngress", INGRESS),
                ("AWS::EC2::SecurityGroupEgress", EGRESS),
            )
            # Groups of a default VPC may be called by name.
            for target, when in (("GroupId", _by_id), ("GroupName", _by_name))
        ),
    ),
    live=LiveSpelling(
        enumerate=Call(
            "ec2",
            "describe_security_groups",
            "ec2:DescribeSecurityGroups",
            {"MaxResults": 1000},
            result="SecurityGroups",
        ),
        build=_live,
    ),
    names=("GroupName", "own"),
    # People's remarks on a rule: who reaches what is the same without.
    ignored=("SecurityGroupIngress[*].Description", "SecurityGroupEgress[*].Description"),
)
