"""The domain helpers that rules may call, in one table: name, signature, what it says, and what it says of unknowns."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from soc2gate.cel.answer import Judged
from soc2gate.facts import dataclass
from soc2gate.model.value import Value
from soc2gate.schema.types import ANY, BOOL, INT, STRING, Type


@dataclass(frozen=True, slots=True)
class Helper:
    """One helper, as rules call it and as its documentation shows it."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    result: Type
    says: str
    """What the answer means."""
    unknown: str
    """When the answer is unknown, and when it is settled although part of the input is not."""
    module: str
    """Where in this package its function of the same name stands; loaded when a rule calls it."""
    reads: tuple[str, ...] = ()
    """The properties of its first argument that its answer rests on; empty where that is the argument itself."""
    timed: bool = False

    def load(self) -> Callable[..., Value | Judged]:
        """The function. It takes the arguments; with `timed`, the time of the run first. It never raises: what it
        cannot judge is unknown."""
        function: Callable[..., Value | Judged] = getattr(import_module(f"soc2gate.cel.{self.module}"), self.name)
        return function

    @property
    def signature(self) -> str:
        """`covers_port(rule, n) → bool`."""
        return f"{self.name}({', '.join(name for name, _ in self.parameters)}) → {self.result}"


CIDR_PROPERTIES = ("CidrIp", "CidrIpv6", "CidrBlock", "Ipv6CidrBlock")
"""A security group rule's, then a network ACL entry's."""
SOURCE_PROPERTIES = (
    *CIDR_PROPERTIES,
    "SourcePrefixListId",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "DestinationPrefixListId",
    "DestinationSecurityGroupId",
)
PORT_PROPERTIES = ("IpProtocol", "Protocol", "FromPort", "ToPort", "PortRange")

_RULE = (("rule", ANY),)
_POLICY = (("policy", ANY),)
_TIME = (("time", STRING),)

HELPERS: dict[str, Helper] = {
    helper.name: helper
    for helper in (
        Helper(
            "open_to_internet",
            _RULE,
            BOOL,
            "The security group or network ACL rule admits the internet: its CIDR (`CidrIp`, `CidrIpv6`, `CidrBlock`, "
            "`Ipv6CidrBlock`) is a public range of /1 or shorter (0.0.0.0/0, ::/0 and their halves). A rule for a "
            "prefix list or another security group does not.",
            "Unknown when a CIDR is, unless its known mask decides (`…/32`, `10.0.0.0/2…`) or another is the internet.",
            "networks",
            CIDR_PROPERTIES,
        ),
        Helper(
            "covers_port",
            (("rule", ANY), ("port", INT)),
            BOOL,
            "The rule's protocol is TCP, or all protocols, and its port range holds the port. A UDP, ICMP or other "
            "single-protocol rule covers none: what listens on the ports that are asked about speaks TCP.",
            "Unknown when the protocol or the bound that decides is; a protocol that has no TCP decides alone.",
            "networks",
            PORT_PROPERTIES,
        ),
        Helper(
            "covers_all_ports",
            _RULE,
            BOOL,
            "The rule opens every port of TCP or UDP (0 or 1 to 65535), or every protocol (-1).",
            "Unknown when the protocol or a bound is, unless the other bound already leaves ports out.",
            "networks",
            PORT_PROPERTIES,
        ),
        Helper(
            "source",
            _RULE,
            STRING,
            "Where the rule admits traffic from, for messages: the CIDR, prefix list or security group.",
            "Unknown when that is.",
            "networks",
            SOURCE_PROPERTIES,
        ),
        Helper(
            "allows_anyone",
            _POLICY,
            BOOL,
            "Some statement allows a principal that is everyone (`*`, `{AWS: *}`, a federated `*`, a web identity "
            "provider shared by everybody without a condition on its subject, or `NotPrincipal`) without a condition "
            "that narrows who that is. Deny statements are not weighed against it.",
            "A statement that certainly allows anyone decides true; otherwise any statement that may is unknown. "
            "A principal of which a known part is not `*`, or that is a resource which the same code manages, is not "
            "everyone. An unknown value that a key is compared with for equality narrows, whatever it turns out to be; "
            "an unknown pattern may be `*`.",
            "policies",
        ),
        Helper(
            "names_one_owner",
            (("arn", STRING),),
            BOOL,
            "The ARN, or the pattern of ARNs, belongs to one owner: its account stands there without a wildcard, or "
            "(of buckets, which have none in theirs) the whole name.",
            "An ARN of a resource that the same code manages is one owner's, whatever follows it; any other unknown "
            "part is unknown where it stands in for what decides. An absent ARN is nobody's: false.",
            "conditions",
        ),
        Helper(
            "allows_service",
            (("policy", ANY), ("service", STRING)),
            BOOL,
            "Some statement allows the AWS service (`logging.s3.amazonaws.com`) something, under whatever condition. "
            "Deny statements are not weighed against it.",
            "A statement that certainly names the service decides true; otherwise any that may is unknown.",
            "policies",
        ),
        Helper(
            "denies_plain_http",
            _POLICY,
            BOOL,
            "One statement, or several together, denies everyone every S3 action on the bucket and on all its objects "
            "when the request does not use TLS (`aws:SecureTransport` false, or `s3:TlsVersion` below a number), with "
            "no other condition.",
            "A statement that certainly does decides true; otherwise any that may is unknown. Resource names that "
            "are not known count where their end is.",
            "policies",
        ),
        Helper(
            "grants_admin",
            _POLICY,
            BOOL,
            "Some statement allows every action (`*`, `*:*`, or `NotAction` that leaves IAM in) on every resource.",
            "A statement that certainly does decides true; otherwise any that may is unknown.",
            "policies",
        ),
        Helper(
            "grants_escalation",
            _POLICY,
            BOOL,
            "Some statement, or several together, lets its holder grant itself more: change policies or trust, attach "
            "policies, join groups, make credentials for others, or pass a role to a service that runs code. A list of "
            "policies is taken together, as whoever holds them all may do what any allows; what one denies without a "
            "condition is taken off.",
            "Known grants that suffice decide true; otherwise any unknown action or resource that may is unknown.",
            "policies",
        ),
        Helper(
            "customer_key",
            (("key", STRING),),
            BOOL,
            "The KMS key named (id, ARN or alias) is one the customer manages: not absent, and not `alias/aws/…`. "
            "That is what code tells; a live ARN does not say whose key it names, and `related.EncryptionKeys` does.",
            "An unknown that is an attribute of a key or alias which the same code manages is true; a partly known "
            "name decides where its known part does.",
            "secrets",
        ),
        Helper(
            "says_customer_key",
            (("key", STRING),),
            BOOL,
            "As customer_key, of a live key whose own account or region is not looked at with it: only an alias says "
            "whose it is.",
            "A key that is named by ARN or id is unknown; so is every other unknown.",
            "secrets",
        ),
        Helper(
            "looks_like_secret",
            (("text", STRING),),
            BOOL,
            "The text holds what looks like a credential: an access key, a private key, a token, or a password given "
            "a literal value.",
            "A known part that does is true; otherwise a text with unknown parts is unknown.",
            "secrets",
        ),
        Helper(
            "days_until",
            _TIME,
            INT,
            "Whole days from the time of the run to the given time; negative when that is past.",
            "Unknown when the time is, or when it is absent or cannot be read as one.",
            "times",
            timed=True,
        ),
        Helper(
            "days_since",
            _TIME,
            INT,
            "Whole days from the given time to the time of the run; negative when that is to come.",
            "Unknown when the time is, or when it is absent or cannot be read as one.",
            "times",
            timed=True,
        ),
    )
}
