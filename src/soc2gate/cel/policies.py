"""What an IAM policy comes to: who it lets in, what it hands out, whether it insists on TLS.

A policy may be data, JSON text, or text with unknown parts inside; a statement, principal, action or resource may be
one or a list. Each question is asked of a statement in three-valued logic, and of the policy as “some statement”.
The meanings are those of the IAM user guide, “Grammar of the IAM JSON policy language”.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from soc2gate.cel import text
from soc2gate.cel.answer import Judged
from soc2gate.cel.arns import covers_all, like, widest
from soc2gate.cel.conditions import SHARED_PROVIDERS, narrows, singles_out_http
from soc2gate.cel.kleene import Tri, conjunction, disjunction, negation
from soc2gate.cel.operations import equal, unknown_of
from soc2gate.cel.statements import (
    Members,
    Statement,
    any_member,
    any_statement,
    every_statement,
    is_managed,
    statement_of,
)
from soc2gate.model.value import OpenMap, Text, Unknown, Value
from soc2gate.patterns import regex

# --- who


def allows_anyone(policy: Value) -> Tri | Judged:
    """Whether some statement allows everyone, with no condition that narrows who that is. Deny is not weighed."""
    return any_statement(policy, _lets_anyone_in)


def _lets_anyone_in(statement: Statement) -> Tri:
    return conjunction(_parts_of_opening(statement))


def _parts_of_opening(statement: Statement) -> Iterator[Tri]:
    yield equal(statement.get("Effect"), "Allow")
    yield disjunction((_is_everyone(statement.get("Principal")), _excepts(statement.get("NotPrincipal"))))
    yield negation(narrows(statement.get("Condition")))


def _excepts(not_principal: Value) -> Tri:
    """`NotPrincipal` with Allow lets in everyone but those named, anonymous callers included."""
    if not_principal is None:
        return False
    return not_principal if isinstance(not_principal, Unknown) else True


def _is_everyone(principal: Value) -> Tri:
    if principal is None:
        return False
    if isinstance(principal, (dict, OpenMap)):
        entries = principal.items if isinstance(principal, OpenMap) else principal
        answers = [any_member(value, _TESTS.get(kind, _is_star)) for kind, value in entries.items()]
        if isinstance(principal, OpenMap):
            answers.append(Unknown(principal.reason))
        return disjunction(answers)
    return any_member(principal, _is_star)


def _is_star(value: Value) -> Tri:
    """`*`."""
    if is_managed(value):
        return False
    return equal(value, "*")


_ANY_ACCOUNT = regex(r"arn:[^:]*:(?:iam|sts)::[*?]+:")


def _is_any_account(value: Value) -> Tri:
    """`*`, or an ARN with a wildcard for the account. `arn:aws:iam::<account>:root` is that account's."""
    if isinstance(value, str):
        return value == "*" or bool(_ANY_ACCOUNT.match(value))
    return _is_star(value)


def _is_shared_provider(value: Value) -> Tri:
    """`*`, or a web identity provider whose tokens everybody can get."""
    if isinstance(value, str):
        return value == "*" or value.rpartition("oidc-provider/")[2] in SHARED_PROVIDERS
    if isinstance(value, Text):
        last = text.shape_of(value).literals[-1]
        if "oidc-provider/" in last:
            return last.rpartition("oidc-provider/")[2] in SHARED_PROVIDERS
        if any("saml-provider/" in part for part in value.parts if isinstance(part, str)):
            return False
    return unknown_of(value) or False


_TESTS = {"AWS": _is_any_account, "Federated": _is_shared_provider}


def allows_service(policy: Value, service: Value) -> Tri | Judged:
    """Whether some statement allows an AWS service something; conditions and Deny are not weighed."""

    def named(statement: Statement) -> Tri:
        principal = statement.get("Principal")
        if isinstance(principal, OpenMap):
            services: Value = principal.items.get("Service", Unknown(principal.reason))
        elif isinstance(principal, dict):
            services = principal.get("Service")
        else:
            # `*` is everybody, no service of all.
            return unknown_of(principal) or False
        said = any_member(services, lambda value: equal(value, service))
        return conjunction((equal(statement.get("Effect"), "Allow"), said))

    return any_statement(policy, named)


# --- TLS


def denies_plain_http(policy: Value) -> Tri | Judged:
    """Whether the policy denies everyone every S3 action without TLS, on the bucket and on all its objects."""
    objects = any_statement(policy, lambda statement: _denies_http(statement, _is_all_objects))
    bucket = any_statement(policy, lambda statement: _denies_http(statement, _is_bucket))
    for part in (objects, bucket):
        if part is False:
            return False
    for part in (objects, bucket):
        if isinstance(part, Unknown) or (isinstance(part, Judged) and part.answer is not True):
            return part
    return objects


def _denies_http(statement: Statement, covers: object) -> Tri:
    return conjunction(_parts_of_denial(statement, covers))


def _parts_of_denial(statement: Statement, covers: object) -> Iterator[Tri]:
    assert callable(covers)
    yield equal(statement.get("Effect"), "Deny")
    yield _is_everyone(statement.get("Principal"))
    yield any_member(statement.get("Action"), lambda action: disjunction(_same(action, name) for name in ("s3:*", "*")))
    yield any_member(statement.get("Resource"), covers)
    yield singles_out_http(statement.get("Condition"))


def _same(value: Value, name: str) -> Tri:
    return value.lower() == name if isinstance(value, str) else equal(value, name)


def _bucket_path(arn: str) -> str:
    return arn.rpartition(":::")[2]


def _is_all_objects(resource: Value) -> Tri:
    """`*`, `bucket/*`, `bucket*`; a prefix inside the bucket is not all of it."""
    if isinstance(resource, str):
        bucket, slash, key = _bucket_path(resource).partition("/")
        return key == "*" if slash else bucket.endswith("*")
    if isinstance(resource, Text):
        # The parts that are not known are taken for the bucket's name or ARN, which hold no slash.
        literals = "\0".join(text.shape_of(resource).literals)
        _, slash, key = _bucket_path(literals).partition("/")
        if slash:
            return key == "*"
        if literals.endswith("*"):
            return True
        last = resource.parts[-1]
        return text.unknown_part(resource) if isinstance(last, Unknown) and not is_managed(last) else False
    if is_managed(resource):
        return False
    return unknown_of(resource) or False


def _is_bucket(resource: Value) -> Tri:
    """The bucket itself: `*`, `bucket`, `bucket*`."""
    if isinstance(resource, str):
        return "/" not in _bucket_path(resource)
    if isinstance(resource, Text):
        literals = "".join(text.shape_of(resource).literals)
        return "/" not in _bucket_path(literals)
    if is_managed(resource):
        return True
    return unknown_of(resource) or False


# --- what is handed out

_ANY_ACTIONS = ("s3:getobject", "iam:createuser", "zq1:w7")
_ANY_RESOURCES = (
    "arn:aws:s3:::zq1/w7",
    "arn:aws:iam::123456789012:role/zq1",
    "arn:aws:ec2:eu-west-1:123456789012:instance/zq1",
    "arn:aws:sns:us-east-1:123456789012:w7",
)


def grants_admin(policy: Value) -> Tri | Judged:
    """Whether some statement allows every action on every resource. Conditions on it do not make it less."""
    return any_statement(policy, _is_admin)


def _is_admin(statement: Statement) -> Tri:
    return conjunction(_parts_of_admin(statement))


def _parts_of_admin(statement: Statement) -> Iterator[Tri]:
    yield equal(statement.get("Effect"), "Allow")
    yield disjunction((any_member(statement.get("Action"), _is_everything), _leaves_iam(statement.get("NotAction"))))
    yield disjunction(
        (any_member(statement.get("Resource"), is_every_resource), _excepts(statement.get("NotResource")))
    )


def _is_everything(action: Value) -> Tri:
    wide, doubt = widest(action)
    if not wide or not all(like(wide.lower(), sample) for sample in _ANY_ACTIONS):
        return (doubt or False) if not wide else False
    return True if doubt is None else doubt


def is_every_resource(resource: Value) -> Tri:
    """`*`, or an ARN that is nothing but wildcards."""
    return covers_all(resource, _ANY_RESOURCES)


def _leaves_iam(not_action: Value) -> Tri:
    """Whether `NotAction` leaves in some action of IAM with which the holder can grant itself the rest."""
    if not_action is None:
        return False
    # Imported here: a table that few policies need.
    from soc2gate.cel.escalation import ALONE, covers

    return disjunction(_leaves(not_action, action, covers) for action in ALONE if action.startswith("iam:"))


def _leaves(not_action: Value, action: str, covers: Callable[[Value, str], Tri]) -> Tri:
    return negation(any_member(not_action, lambda pattern: covers(pattern, action)))


# --- what adds up to more


def grants_escalation(policy: Value) -> Tri | Judged:
    """Whether the policy lets its holder grant itself more; see `escalation` for the ways."""
    # Imported here: a table that one rule needs.
    from soc2gate.cel import escalation

    found = every_statement(policy)
    if isinstance(found, Unknown):
        return found
    return escalation.some_way(_grants(found))


def _grants(found: Members) -> list[tuple[Statement, Unknown | None]]:
    """The statements, each with the reason why it may not stand there."""
    out: list[tuple[Statement, Unknown | None]] = []
    for values, doubt in ((found.items, None), (found.more, Unknown(found.reason))):
        for value in values:
            statement = statement_of(value)
            out.append((Statement({}, statement) if isinstance(statement, Unknown) else statement, doubt))
    return out
