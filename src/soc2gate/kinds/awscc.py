"""The awscc provider's spelling of every AWS kind, made from the schemas: no table of ours has a line for it.

The provider itself is generated from the CloudFormation registry: `awscc_s3_bucket` is `AWS::S3::Bucket` with the
property names in snake_case, free-form JSON as text, and Cloud Control's own creation defaults, which are
CloudFormation's. So a resource of it is given its names back and goes CloudFormation's way from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from soc2gate.facts import replace
from soc2gate.kinds.describe import Spelling
from soc2gate.kinds.respelling import Respelling
from soc2gate.model.resource import RawResource
from soc2gate.model.text_json import parse_json_text
from soc2gate.model.value import Text, Unknown, Value
from soc2gate.schema import lookup
from soc2gate.schema.types import ANY, ListType, MapType, ObjectType, Type

PREFIX = "awscc_"

# https://github.com/hashicorp/terraform-provider-awscc/blob/main/internal/naming/naming.go
_REPLACED = {
    "CloudFormation": "Cloudformation",
    "CloudFront": "Cloudfront",
    "CloudWatch": "Cloudwatch",
    "CNAMEs": "Cnames",
    "FSx": "Fsx",
    "OTel": "Otel",
}


def attribute_name(name: str) -> str:
    """`db_instance_identifier` of `DBInstanceIdentifier`: the provider's own rule, step by step."""
    for old, new in _REPLACED.items():
        name = name.replace(old, new)
    out: list[str] = []
    for i, char in enumerate(name):
        following = name[i + 1 : i + 2]
        upper, lower, digit = char.isupper(), char.islower(), char.isdigit()
        if upper and following.islower():
            if i > 0 and name[i - 1].isupper():
                out.append("_")
            out.append(char.lower())
        elif (lower and (following.isupper() or following.isdigit())) or (digit and following.isalpha()):
            out += (char, "_")
        else:
            out.append(char.lower() if upper or lower or digit else "_")
    return "".join(out)


def type_name(kind: str) -> str:
    """`awscc_rds_db_instance` of `AWS::RDS::DBInstance`."""
    _, service, resource = kind.split("::")
    return f"{PREFIX}{service.lower()}_{attribute_name(resource)}"


def kinds_by_type(known: Iterable[str]) -> dict[str, str]:
    """Terraform type to CloudFormation type, of those that are known."""
    return {type_name(kind): kind for kind in known if kind.startswith("AWS::")}


def spelling_of(type_: str, theirs: Spelling) -> Spelling:
    """CloudFormation's spelling of a kind under the provider's names, for what others refer to."""
    exports = {attribute_name(name): key for name, key in theirs.exports.items() if name != "Ref"}
    if "Ref" in theirs.exports:
        # Cloud Control's identifier is what `Ref` gives, where that is one value.
        exports["id"] = theirs.exports["Ref"]
    return replace(theirs, type=type_, exports=exports)


def as_cloudformation(raw: RawResource, kind: str) -> RawResource:
    """The resource as a template would have it: the registry's names, and the same places."""
    walk = Respelling(raw, _named, scalar=_parsed)
    try:
        of = lookup.type_of(kind)
    except lookup.UnknownKind:
        # A type that is read for the part it says of another, and has no schema here.
        of = ObjectType(kind, {})
    body = walk.structure(raw.body, of, "", "")
    # What the provider alone knows (`id`) has no name there and is left out.
    return replace(
        raw, format="cloudformation", type=kind, body=body, places=walk.places, notes=walk.notes or raw.notes
    )


_names: dict[str, Mapping[str, str]] = {}


def _named(attribute: str, kind: ObjectType) -> str | None:
    if not kind.properties:
        return "".join(word.capitalize() for word in attribute.split("_"))
    known = _names.get(kind.name)
    if known is None:
        # JSON in text has the registry's names already.
        known = {name: name for name in kind.properties} | {attribute_name(name): name for name in kind.properties}
        _names[kind.name] = known
    found = known.get(attribute)
    if found is None and attribute.endswith("_id") and "Id" in kind.properties:
        # `id` is Terraform's own, so the provider puts the resource's name before it.
        return "Id"
    return found if attribute != "id" or "::" not in kind.name or "." in kind.name else None


def _parsed(value: Value, kind: Type, name: str, within: ObjectType) -> Value:
    """Free-form JSON is text in this provider: a policy document, a table's key schema."""
    text = value.parts[0] if isinstance(value, Text) else value
    structured = kind is ANY or isinstance(kind, (ObjectType, ListType, MapType))
    if structured and isinstance(value, (str, Text)) and isinstance(text, str) and text.lstrip()[:1] in ("{", "["):
        try:
            return parse_json_text(value)
        except ValueError as error:
            return Unknown(f"{name} is not valid JSON: {error}")
    return value
