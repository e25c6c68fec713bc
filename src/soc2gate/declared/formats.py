"""Telling YAML and JSON files apart by their content: a CloudFormation template, Kubernetes manifests, or not ours.

Most files of a repository are not ours, so the question is asked of the bytes first; what remains in doubt is parsed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from soc2gate.declared.files import decode
from soc2gate.errors import InputError
from soc2gate.facts import dataclass
from soc2gate.patterns import regex

if TYPE_CHECKING:
    from soc2gate.yaml_lines import YamlValue


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What a file holds."""

    format: str
    """`cloudformation`, `kubernetes`, `kustomization`; empty when it is not ours."""
    error: InputError | None = None
    """It looks like one of ours and cannot be read."""
    template: bool = False
    """It cannot be read because another tool fills it in first (`{{ … }}`)."""


_NOT_OURS = Sniffed("")
_RESOURCE_TYPE = rb"""["']?Type["']?\s*:\s*["']?(?:AWS|Custom|Alexa)::"""
_CLOUDFORMATION = regex(rb"""^(?:["']?AWSTemplateFormatVersion["']?\s*:|Resources\s*:[^\r\n]*$)""", re.MULTILINE)
_ANY_CLOUDFORMATION = regex(rb"""\b(?:AWSTemplateFormatVersion|Resources)["']?\s*:""")
_CERTAINLY_CLOUDFORMATION = regex(rb'\s*\{\s*"AWSTemplateFormatVersion"\s*:')
_HAS_TYPE = regex(_RESOURCE_TYPE)
_API_VERSION = regex(rb"""^["']?apiVersion["']?\s*:""", re.MULTILINE)
_KIND = regex(rb"""^["']?kind["']?\s*:""", re.MULTILINE)
_ANY_API_VERSION = regex(rb"""\bapiVersion["']?\s*:""")
_ANY_KIND = regex(rb"""\bkind["']?\s*:""")
_MARKERS = regex(rb"\{\{|\{%|<%")


def sniff(content: bytes, path: str) -> Sniffed:
    """What the file holds."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        content = content.decode("utf-16", "replace").encode()
    name = path.rsplit("/", 1)[-1]
    if name in ("kustomization.yaml", "kustomization.yml", "Kustomization"):
        return Sniffed("kustomization")
    if name == "Chart.yaml":
        return _NOT_OURS
    aws = b"AWSTemplateFormatVersion" in content or (b"::" in content and _HAS_TYPE.search(content) is not None)
    if aws and (_CLOUDFORMATION.search(content) or _CERTAINLY_CLOUDFORMATION.match(content)):
        return Sniffed("cloudformation")
    manifest = b"apiVersion" in content and b"kind" in content
    if manifest and _API_VERSION.search(content) and _KIND.search(content):
        return Sniffed("kubernetes")
    in_doubt = (aws and _ANY_CLOUDFORMATION.search(content)) or (
        manifest and _ANY_API_VERSION.search(content) and _ANY_KIND.search(content)
    )
    return _look_inside(content, path) if in_doubt else _NOT_OURS


def _look_inside(content: bytes, path: str) -> Sniffed:
    # Imported here: most files tell by their bytes, and a folder of Terraform needs no YAML.
    from soc2gate.yaml_lines import load_all

    try:
        documents = load_all(decode(content, path), path)
    except InputError as error:
        return Sniffed("", error, template=is_template_text(content))
    for document in documents:
        if is_template(document.data):
            return Sniffed("cloudformation")
        if is_object(document.data):
            return Sniffed("kubernetes")
    return _NOT_OURS


_OF_TERRAFORM = tuple(
    regex(rb"""["'](?:""" + name + rb""")["']\s*:""")
    for name in (rb"format_version|lineage|serial", rb"terraform_version|planned_values|encrypted_data")
)
_STARTS_AS_OBJECT = regex(rb"\s*\{")


def is_plan(start: bytes) -> bool:
    """Whether a file that begins so is a plan, or what is easily taken for one: a saved plan, a state.

    Its reader says which. Only files that a person named are asked about.
    """
    if start[:2] == b"PK":
        return b"tfplan" in start or b"tfconfig" in start
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start.decode("utf-16", "replace").encode()
    start = start.removeprefix(b"\xef\xbb\xbf")
    return _STARTS_AS_OBJECT.match(start) is not None and all(name.search(start) for name in _OF_TERRAFORM)


def is_template_text(content: bytes) -> bool:
    """Whether another tool (Helm, Jinja) fills this text in before it is YAML."""
    return _MARKERS.search(content) is not None


def is_template(data: YamlValue) -> bool:
    """Whether the document is a CloudFormation template."""
    if not isinstance(data, dict):
        return False
    if "AWSTemplateFormatVersion" in data:
        return True
    resources = data.get("Resources")
    if not isinstance(resources, dict):
        return False
    types = (entry.get("Type") for entry in resources.values() if isinstance(entry, dict))
    return any(isinstance(name, str) and name.startswith(("AWS::", "Custom::", "Alexa::")) for name in types)


def is_object(data: YamlValue) -> bool:
    """Whether the document is a Kubernetes object, or a list of them."""
    if not isinstance(data, dict):
        return False
    version, kind = data.get("apiVersion"), data.get("kind")
    return isinstance(version, str) and isinstance(kind, str) and bool(version and kind)
