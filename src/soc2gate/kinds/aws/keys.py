"""Whose key a live resource is encrypted with: the link from it to the account's own KMS keys.

An ARN does not say who manages the key it names: `aws/dynamodb` has one that looks like any other. The account's list
of keys does, and the reader of keys leaves those of AWS out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from soc2gate.facts import replace
from soc2gate.kinds.describe import Link
from soc2gate.model.resource import Resource, Side
from soc2gate.model.value import Unknown, Value

KEY = "AWS::KMS::Key"


def encryption_keys(path: str) -> Link:
    """Live, the customer's keys that the property at `path` names, for rules to read as `related.EncryptionKeys`.

    Nothing where it names none, or one that is not among the account's keys: AWS's own. A key of another account is a
    customer's, since those of AWS serve their own account only. In code there is nothing to find: who writes a key
    there says whose it is (`customer_key`).
    """

    def find(owner: Resource, keys: Sequence[Resource]) -> Sequence[Resource]:
        return list(_keys_named(owner, path, keys)) if owner.side is Side.LIVE else ()

    return Link(KEY, find=find)


def _keys_named(owner: Resource, path: str, keys: Sequence[Resource]) -> Iterator[Resource]:
    named = _at(owner.properties, path)
    if named is None or named == "":
        return
    if not isinstance(named, str):
        # The call that tells the key failed: any may be meant.
        reason = getattr(named, "reason", f"{path} is not known")
        yield _made_up(owner, {"KeyManager": Unknown(reason)}, reason)
        return
    for key in keys:
        if named in (key.address, *(key.identity.get(name) for name in ("arn", "id", "alias"))):
            yield key
            return
    alias = named.rpartition(":")[2]
    if alias.startswith("alias/"):
        if not alias.startswith("alias/aws/"):
            # People cannot give a key an alias under aws/, and AWS gives its keys no other.
            yield _made_up(owner, {"KeyManager": "CUSTOMER"}, "")
        return
    account = named.split(":")[4] if named.count(":") >= 5 else None
    # `aws:123456789012:eu-west-1` is where the owner was seen.
    if account and account != owner.root.split(":")[1]:
        yield _made_up(owner, {"Arn": named, "KeyManager": "CUSTOMER"}, "")


def _made_up(owner: Resource, properties: Mapping[str, Value], uncertain: str) -> Resource:
    return replace(owner, kind=KEY, properties=properties, places={}, related={}, uncertain=uncertain)


def _at(properties: Mapping[str, Value], path: str) -> Value:
    value: Value = dict(properties)
    for step in path.split("."):
        if not isinstance(value, dict):
            return value
        value = value.get(step)
    return value
