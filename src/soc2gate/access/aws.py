"""The principals of an AWS account: its root user, users, groups and roles, with what their policies come to.

All policies that reach a principal are weighed together, as IAM does: what one hands out and another runs may only
together be too much. The account tells no content of AWS's own policies; a few are known by name, the others unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from soc2gate.access.principals import (
    Found,
    Key,
    Principal,
    Unread,
    days_between,
    is_reading,
    seen_in,
    text_of,
    told,
    worst,
)
from soc2gate.cel.answer import Judged
from soc2gate.cel.kleene import Tri
from soc2gate.cel.policies import allows_anyone, grants_admin, grants_escalation
from soc2gate.cel.statements import every_statement, members, statement_of
from soc2gate.evidence.reviews import DETAILS
from soc2gate.facts import dataclass
from soc2gate.live.snapshot import Part
from soc2gate.model.resource import Resource
from soc2gate.model.value import Unknown, Value

USER, ROLE, GROUP = "AWS::IAM::User", "AWS::IAM::Role", "AWS::IAM::Group"
MANAGED, ROOT = "AWS::IAM::ManagedPolicy", "Account::IAM::Root"
KINDS = (USER, ROLE, GROUP, MANAGED, ROOT)
_TITLES = {USER: "users", ROLE: "roles", GROUP: "groups", MANAGED: "managed policies", ROOT: "the root user"}

_TOLD = {"MFAEnabled", "AccessKeys", "AccessKeysPresent", "PasswordLastUsed", "LastUsed"}
"""What a pack tells of a principal beside its policies."""
_OWN_LEVELS: Mapping[str, str] = {
    # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html; by `cel.escalation`, whoever may
    # change any function's code, or hand any role to something that runs, can grant itself the rest.
    "AdministratorAccess": "admin",
    "IAMFullAccess": "escalation",
    "PowerUserAccess": "escalation",
    "AWSLambda_FullAccess": "escalation",
    "ReadOnlyAccess": "read",
    "ViewOnlyAccess": "read",
    "SecurityAudit": "read",
    "IAMReadOnlyAccess": "read",
}


@dataclass(frozen=True, slots=True)
class _Grant:
    """A policy that reaches a principal."""

    source: str
    document: Value = None
    level: str = ""
    """Of one whose content is not here: what is known by its name."""
    doubt: str = ""
    """Why its content is not known."""


def principals(part: Part, resources: Sequence[Resource]) -> Found:
    """Every principal of one account; `resources` are the snapshot's, linked."""
    ours = [one for one in resources if one.kind in KINDS and seen_in(one) == part.account]
    account = _Account(part, ours)
    found, left_out = [], 0
    for resource in ours:
        if resource.kind == ROLE and text_of(resource.properties.get("Path")).startswith("/aws-service-role/"):
            # Only the service can take it on, and only AWS changes it.
            left_out += 1
        elif resource.kind != MANAGED:
            found.append(account.principal(resource))
    unread = [
        Unread(f"aws:{part.account}", _TITLES[kind], reason)
        for kind in KINDS
        for reason in [part.why_unread(kind)]
        if reason is not None
    ]
    denied = (one for one in part.failed_calls if one.kind in KINDS and _TOLD & set(one.property.split(",")))
    unread += [Unread(f"aws:{part.account}", DETAILS, reason) for reason in dict.fromkeys(one.reason for one in denied)]
    return Found(
        tuple(sorted(found, key=lambda one: one.id)),
        tuple(unread),
        {"service-linked roles, which only AWS can change": left_out} if left_out else {},
    )


class _Account:
    def __init__(self, part: Part, resources: Iterable[Resource]) -> None:
        self.part = part
        self.place = f"aws:{part.account}"
        named = list(resources)
        self.groups = {text_of(one.properties.get("GroupName")): one for one in named if one.kind == GROUP}
        self.managed = {text_of(one.properties.get("Arn")) or one.address: one for one in named if one.kind == MANAGED}
        self.managed |= {one.address: one for one in named if one.kind == MANAGED}
        self.no_groups = part.why_unread(GROUP)
        self.no_policies = part.why_unread(MANAGED)

    def principal(self, resource: Resource) -> Principal:
        if resource.kind == ROOT:
            return self._root(resource)
        level, privileges = _weighed(list(self._grants(resource)))
        boundary = resource.properties.get("PermissionsBoundary")
        if boundary is not None:
            privileges = (*privileges, f"no more than its boundary: {text_of(boundary) or 'unknown'}")
        identity = resource.identity
        more: dict[str, object] = {}
        if resource.kind == USER:
            kind, mfa = "user", _mfa(resource)
            last, keys = self._use(resource, "PasswordLastUsed")
            more["member_of"] = tuple(text_of(one) for one in members(resource.properties.get("Groups")).items)
        elif resource.kind == ROLE:
            kind, mfa, keys = "role", "not told of roles", ()
            last = told(resource, "LastUsed", "never in 400 days")
            more["assumed_by"] = tuple(_trusted(resource.properties.get("AssumeRolePolicyDocument")))
        else:
            kind, mfa, last, keys = "group", "not told of groups", "not told of groups", ()
        return Principal(
            id=resource.address,
            type=kind,
            place=self.place,
            name=text_of(identity.get("name")) or resource.address,
            level=level,
            privileges=privileges,
            unique_id=text_of(identity.get("id")),
            mfa=mfa,
            last_used=last,
            keys=keys,
            **more,  # type: ignore[arg-type]  # the names above
        )

    def _root(self, resource: Resource) -> Principal:
        last, keys = self._use(resource, "PasswordLastUsed")
        present = resource.properties.get("AccessKeysPresent")
        said = {True: "has access keys", False: "has no access key"}.get(present is True) if present is not None else ""
        if isinstance(present, Unknown):
            said = f"unknown whether it has access keys: {present.reason}"
        return Principal(
            id=resource.address,
            type="root",
            place=self.place,
            name="root",
            level="admin",
            privileges=tuple(filter(None, ("admin: the root user", said))),
            mfa=_mfa(resource),
            last_used=last,
            keys=keys,
        )

    def _use(self, resource: Resource, password: str) -> tuple[str, tuple[Key, ...]]:
        """When a person or its keys were used last, and the keys."""
        seen_at = self.part.taken_at
        listed = resource.properties.get("AccessKeys")
        keys = []
        for row in members(listed).items if not isinstance(listed, Unknown) else ():
            if isinstance(row, dict):
                active = row.get("Active")
                rotated, used = text_of(row.get("LastRotated")), row.get("LastUsed")
                keys.append(
                    Key(
                        active if isinstance(active, bool) else None,
                        days_between(rotated, seen_at),
                        f"unknown: {used.reason}" if isinstance(used, Unknown) else text_of(used)[:10] or "never",
                    )
                )
        days = [told(resource, password, "never"), *(key.last_used for key in keys)]
        if isinstance(listed, Unknown):
            days.append(f"unknown: {listed.reason}")
        used_on = [day for day in days if day[:1].isdigit()]
        doubts = [day for day in days if day.startswith("unknown")]
        if used_on and doubts:
            # What was not read may have been later.
            return f"{max(used_on)}, or later ({doubts[0]})", tuple(keys)
        return (max(used_on) if used_on else doubts[0] if doubts else "never"), tuple(keys)

    def _grants(self, resource: Resource) -> Iterator[_Grant]:
        yield from self._held(resource, "")
        groups = resource.properties.get("Groups")
        if isinstance(groups, Unknown):
            yield _Grant("groups", doubt=groups.reason)
            return
        for name in members(groups).items:
            group = self.groups.get(text_of(name))
            if group is None:
                yield _Grant(f"group {text_of(name)}", doubt=self.no_groups or "the group was not found")
            else:
                yield from self._held(group, f"group {text_of(name)}: ")

    def _held(self, holder: Resource, by: str) -> Iterator[_Grant]:
        inline = holder.properties.get("Policies")
        if isinstance(inline, Unknown):
            yield _Grant(f"{by}inline policies", doubt=inline.reason)
        else:
            for one in members(inline).items:
                if isinstance(one, dict):
                    yield _Grant(f"{by}inline {text_of(one.get('PolicyName'))}", one.get("PolicyDocument"))
        attached = holder.properties.get("ManagedPolicyArns")
        if isinstance(attached, Unknown):
            yield _Grant(f"{by}attached policies", doubt=attached.reason)
            return
        for one in members(attached).items:
            yield self._attached(text_of(one), by)

    def _attached(self, arn: str, by: str) -> _Grant:
        name = arn.rpartition("/")[2]
        if ":iam::aws:policy/" in arn:
            level = _OWN_LEVELS.get(name, "")
            return _Grant(
                f"{by}{name}", level=level, doubt="" if level else "the content of AWS's own policies is not read"
            )
        policy = self.managed.get(arn)
        if policy is None:
            return _Grant(f"{by}{name or 'a policy'}", doubt=self.no_policies or "the policy was not found")
        return _Grant(f"{by}{name}", policy.properties.get("PolicyDocument"))


def _weighed(grants: Sequence[_Grant]) -> tuple[str, tuple[str, ...]]:
    """The most that the policies together allow, and that in words."""
    levels: set[str] = set()
    words: list[str] = []
    services: dict[str, set[str]] = {"write": set(), "read": set()}
    whole: list[Value] = []
    for grant in grants:
        if grant.doubt:
            levels.add("unknown")
            words.append(f"unknown: {grant.source} ({grant.doubt})")
        elif grant.level:
            levels.add(grant.level)
            words.append(f"{grant.level}: {grant.source}")
        else:
            if _settled(grants_admin(grant.document)) is True:
                words.append(f"admin: {grant.source}")
            _by_service(grant.document, services)
            found = every_statement(grant.document)
            whole += [grant.document] if isinstance(found, Unknown) else [*found.items, *found.more]
    together: Value = {"Version": "2012-10-17", "Statement": whole}
    for level, told_as, answer in (
        ("admin", "", _settled(grants_admin(together))),
        ("escalation", "escalation: may grant itself the rest", _settled(grants_escalation(together))),
    ):
        if answer is True:
            levels.add(level)
            if told_as and "admin" not in levels:
                words.append(told_as)
        elif isinstance(answer, Unknown):
            levels.add("unknown")
            words.append(f"unknown whether {level}: {answer.reason}")
    if "unknown" in services["write"] | services["read"]:
        levels.add("unknown")
    for level, named in services.items():
        if named:
            levels.add(level)
            words.append(f"{level}: {' '.join(sorted(named))}")
    if grants:
        words.append("by " + "; ".join(dict.fromkeys(grant.source for grant in grants)))
    else:
        words.append("no policy reaches it")
    return worst(levels), tuple(dict.fromkeys(words))


def _settled(answer: Tri | Judged) -> Tri:
    return answer.answer if isinstance(answer, Judged) else answer


def _by_service(document: Value, services: dict[str, set[str]]) -> None:
    """Which services a policy's statements allow to write and to read; what Deny takes off is not weighed here."""
    found = every_statement(document)
    if isinstance(found, Unknown):
        services["write"].add("unknown")
        return
    for value in (*found.items, *found.more):
        statement = statement_of(value)
        if isinstance(statement, Unknown):
            services["write"].add("unknown")
            continue
        if statement.get("Effect") == "Deny":
            continue
        if statement.get("NotAction") is not None:
            services["write"].add("*")
        for action in members(statement.get("Action")).items:
            service, _, name = text_of(action).partition(":")
            if not service:
                services["write"].add("unknown")
            else:
                services["read" if name and is_reading(name) else "write"].add(service.lower())


def _mfa(resource: Resource) -> str:
    value = resource.properties.get("MFAEnabled")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"unknown: {value.reason}" if isinstance(value, Unknown) else "unknown: the snapshot does not tell"


def _trusted(policy: Value) -> Iterator[str]:
    """Who may take on a role, as its trust policy spells them."""
    if _settled(allows_anyone(policy)) is True:
        yield "anyone"
    found = every_statement(policy)
    if isinstance(found, Unknown):
        yield f"unknown: {found.reason}"
        return
    seen: list[str] = []
    for value in found.items:
        statement = statement_of(value)
        if isinstance(statement, Unknown) or statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal")
        if isinstance(principal, dict):
            seen += [text_of(one) or "unknown" for named in principal.values() for one in members(named).items]
        elif principal is not None:
            seen.append(text_of(principal) or "unknown")
        if statement.get("NotPrincipal") is not None:
            seen.append("everyone but those it names")
    yield from dict.fromkeys(seen)
