"""What a policy statement's conditions do: whether they narrow who is meant, and whether they single out plain HTTP.

The meanings are those of the IAM user guide (“IAM JSON policy elements: Condition operators”) and of S3's own
definition of a public policy (“The meaning of ‘public’”).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from soc2gate.cel.arns import stand_in
from soc2gate.cel.kleene import Tri, conjunction, disjunction, negation
from soc2gate.cel.networks import is_internet
from soc2gate.cel.operations import unknown_of
from soc2gate.cel.statements import all_members, any_member, is_managed
from soc2gate.model.value import OpenMap, Text, Unknown, Value

# Keys that say who asks or on whose behalf. Not among them, because anybody can meet them: tags of the principal,
# the referer and user agent, `kms:ViaService`, `aws:SecureTransport`, `aws:PrincipalType`.
_ARN_KEYS = frozenset(["aws:principalarn", "aws:sourcearn", "aws:sourcevpcarn", "s3:dataaccesspointarn"])
_IDENTITY_KEYS = frozenset(
    [
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalaccount",
        "aws:sourceaccount",
        "aws:sourceowner",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "aws:userid",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
    ]
)
SHARED_PROVIDERS = {
    "accounts.google.com": ("sub", "aud", "oaud", "email"),
    "agent.buildkite.com": ("sub",),
    "app.terraform.io": ("sub", "terraform_organization_id"),
    "cognito-identity.amazonaws.com": ("sub", "aud"),
    "gitlab.com": ("sub", "project_path", "namespace_path"),
    "graph.facebook.com": ("id", "app_id"),
    "token.actions.githubusercontent.com": ("sub", "repository", "repository_id", "repository_owner"),
    "www.amazon.com": ("user_id", "app_id"),
}  # fmt: skip
"""Web identity providers that everybody can get a token from, and the claims that say whose token it is. The audience
is not one where the caller chooses it."""
_CLAIM_KEYS = frozenset(f"{host}:{claim}" for host, claims in SHARED_PROVIDERS.items() for claim in claims)

_OWN_VARIABLES = ("${aws:resourceorgid}", "${aws:resourceaccount}", "${aws:resourceorgpaths}")
"""Policy variables that stand for the resource's owner. Others stand for something of the caller's choosing."""


class _Entry(NamedTuple):
    operator: str
    """Lower case, without set qualifier and `IfExists`."""
    qualifier: str
    if_exists: bool
    key: str
    values: Value


def _entries(condition: Value) -> Iterator[_Entry | Unknown]:
    """Every operator and key, all of which must hold; an `Unknown` for those that may be there besides."""
    if condition is None or condition == []:
        return
    if not isinstance(condition, (dict, OpenMap)):
        yield unknown_of(condition) or Unknown("the condition is not an object")
        return
    if isinstance(condition, OpenMap):
        yield Unknown(condition.reason)
    for operator, block in (condition.items if isinstance(condition, OpenMap) else condition).items():
        name, if_exists = operator.lower(), False
        qualifier, _, rest = name.rpartition(":")
        if rest.endswith("ifexists"):
            rest, if_exists = rest.removesuffix("ifexists"), True
        if isinstance(block, OpenMap):
            yield Unknown(block.reason)
        if isinstance(block, (dict, OpenMap)):
            for key, values in (block.items if isinstance(block, OpenMap) else block).items():
                yield _Entry(rest, qualifier, if_exists, key.lower(), values)
        elif block is not None:
            yield unknown_of(block) or Unknown("a condition is not an object")


def narrows(condition: Value) -> Tri:
    """Whether some condition leaves only known principals, accounts, networks or sources.

    Conditions are joined by “and”, so one that does is enough. `IfExists` and `ForAllValues` hold where the key is
    missing, as it is for anonymous callers, so they do not.
    """
    return disjunction(entry if isinstance(entry, Unknown) else _entry_narrows(entry) for entry in _entries(condition))


def _entry_narrows(entry: _Entry) -> Tri:
    if entry.if_exists or entry.qualifier == "forallvalues":
        return False
    key, operator = entry.key, entry.operator
    if key == "aws:sourceip":
        if operator != "ipaddress":
            return False
        return all_members(entry.values, lambda cidr: negation(is_internet(cidr)))
    if key == "elasticfilesystem:accessedviamounttarget":
        return all_members(entry.values, lambda value: is_word(value, "true")) if operator == "bool" else False
    if key not in _ARN_KEYS and key not in _IDENTITY_KEYS and key not in _CLAIM_KEYS:
        return False
    if operator in ("stringequals", "stringequalsignorecase"):
        return all_members(entry.values, _fixed)
    if operator == "stringlike" or (key in _ARN_KEYS and operator in ("arnequals", "arnlike")):
        test = _arn_is_narrow if key in _ARN_KEYS else _sub_is_narrow if key.endswith(":sub") else _name_is_narrow
        return all_members(entry.values, lambda value: _by_fillings(value, test))
    return False


def _fixed(value: Value) -> Tri:
    """Whether a value compared for equality is one that the caller does not choose. Wildcards mean themselves here, so
    whatever an unknown value turns out to be, it names one owner."""
    if isinstance(value, str):
        return "${" not in value or value.lower() in _OWN_VARIABLES
    if isinstance(value, Text) and any("${" in part for part in value.parts if isinstance(part, str)):
        return Unknown(value.reason)
    return True


def _by_fillings(value: Value, test: object) -> Tri:
    """The test's answer for a pattern, part of which may be unknown: an attribute of a managed resource is taken for
    a name without wildcards; anything else may be one."""
    assert callable(test)
    if isinstance(value, str):
        return bool(test(value)) and ("${" not in value or value.lower() in _OWN_VARIABLES)
    blocked = unknown_of(value)
    if not isinstance(value, (Text, Unknown)):
        return blocked or Unknown("a condition's value is not a string")
    parts = value.parts if isinstance(value, Text) else (value,)
    if len(parts) == 1 and is_managed(parts[0]):
        return True
    answers = {
        bool(
            test(
                "".join(
                    part if isinstance(part, str) else stand_in(part) if is_managed(part) else part.prefix + filling
                    for part in parts
                )
            )
        )
        for filling in ("x", "*")
    }
    return answers.pop() if len(answers) == 1 else blocked or Unknown("")


def names_one_owner(arn: Value) -> Tri:
    """Whether an ARN, or a pattern of ARNs, is one account's; a bucket's is its owner's where the whole name stands."""
    if arn is None or arn == "":
        return False
    if isinstance(arn, str):
        return _arn_is_narrow(arn)
    return _by_fillings(arn, _arn_is_narrow)


def _name_is_narrow(pattern: str) -> bool:
    """`o-a1b2`; `vpce-*` and `AROA*` are not: what stands before the wildcard must be more than the kind of id."""
    literal = re.split(r"[*?]", pattern, maxsplit=1)[0]
    return literal == pattern or not re.fullmatch(r"(?:[A-Za-z]{0,4}-?)", literal)


def _sub_is_narrow(pattern: str) -> bool:
    """`repo:org/*` names an owner; in `repo:org*` anybody can register one that fits."""
    kind, colon, owner = pattern.partition(":")
    if not colon or "*" in kind or "?" in kind:
        return "*" not in pattern and "?" not in pattern
    first = re.split(r"[/:]", owner, maxsplit=1)[0]
    return bool(first) and "*" not in first and "?" not in first


def _arn_is_narrow(pattern: str) -> bool:
    """An ARN that fixes the account, or (buckets have none in theirs) the whole name."""
    if "*" not in pattern and "?" not in pattern:
        return True
    parts = pattern.split(":", 5)
    if len(parts) < 6:
        return False
    account, name = parts[4], parts[5]
    if account:
        return "*" not in account and "?" not in account
    return bool(re.match(r"[^*?/]+(?:/|$)", name))


# --- plain HTTP


def is_word(value: Value, word: str) -> Tri:
    """Whether a condition's value is `true` or `false`, written as a string or not."""
    if isinstance(value, bool):
        return str(value).lower() == word
    if isinstance(value, str):
        return value.lower() == word
    return unknown_of(value) or False


def singles_out_http(condition: Value) -> Tri:
    """Whether the conditions hold for every request without TLS: nothing else may have to hold besides."""
    entries = list(_entries(condition))
    if not entries:
        return False
    return conjunction(entry if isinstance(entry, Unknown) else _holds_for_http(entry) for entry in entries)


def _holds_for_http(entry: _Entry) -> Tri:
    if entry.qualifier:
        return False
    if entry.operator == "bool" and entry.key == "aws:securetransport":
        return any_member(entry.values, lambda value: is_word(value, "false"))
    if entry.operator == "numericlessthan" and entry.key == "s3:tlsversion":
        return any_member(entry.values, _is_number)
    return False


def _is_number(value: Value) -> Tri:
    if isinstance(value, (int, float, str)):
        return bool(re.fullmatch(r"\d+(?:\.\d+)?", str(value)))
    return unknown_of(value) or False
