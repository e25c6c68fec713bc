"""Data sources whose answer the configuration alone decides.

A data source is a question to a provider, so nearly all of them stay unknown. Policy documents are the exception that
matters: the provider only writes down what the block says.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from soc2gate.declared.terraform.policies import policy_document
from soc2gate.declared.terraform.tree import Source, where_of
from soc2gate.declared.terraform.unknowns import derived
from soc2gate.declared.terraform.values import EvaluationError, Val
from soc2gate.errors import InputError, RefusedError
from soc2gate.model.value import SPECIAL, Unknown

if TYPE_CHECKING:
    from soc2gate.declared.terraform.instances import Instance

_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn", "cn.com.amazonaws"),
    "us-gov-": ("aws-us-gov", "amazonaws.com", "com.amazonaws"),
    "us-iso-": ("aws-iso", "c2s.ic.gov", "gov.ic.c2s"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov", "gov.sgov.sc2s"),
}


def known_attributes(instance: Instance) -> dict[str, Val]:
    """What is known of a data source beyond what its block sets; empty for all but a few."""
    answer = _ANSWERS.get(instance.block.labels[0])
    return answer(instance) if answer is not None else {}


def _policy_document(instance: Instance) -> dict[str, Val]:
    instance.evaluate()
    try:
        pretty, compact = policy_document(instance.body)
    except EvaluationError as error:
        block = instance.block
        instance.module.run.failed(instance.address, error, where_of(block))
        unknown = Unknown(f"could not be evaluated: {error.message}")
        return {"json": unknown, "minified_json": unknown}
    return {"json": pretty, "minified_json": compact}


def _region_of(instance: Instance) -> Val:
    return instance.module.providers.account_and_region(instance)[1]


def _partition(instance: Instance) -> dict[str, Val]:
    region = _region_of(instance)
    partition, suffix, reverse = "aws", "amazonaws.com", "com.amazonaws"
    if isinstance(region, str):
        for prefix, names in _PARTITIONS.items():
            if region.startswith(prefix):
                partition, suffix, reverse = names
    return {"partition": partition, "id": partition, "dns_suffix": suffix, "reverse_dns_prefix": reverse}


def _region(instance: Instance) -> dict[str, Val]:
    instance.evaluate()
    asked = instance.body.get("name")
    region = asked if asked is not None else _region_of(instance)
    if not isinstance(region, str):
        return {}
    return {"name": region, "id": region, "region": region}


def _caller_identity(instance: Instance) -> dict[str, Val]:
    account = instance.module.providers.account_and_region(instance)[0]
    return {"account_id": account, "id": account} if isinstance(account, str) else {}


def _template_file(instance: Instance) -> dict[str, Val]:
    from soc2gate.declared.terraform.functions.files import render

    instance.evaluate()
    template = instance.body.get("template")
    if not isinstance(template, str):
        return {"rendered": derived(template)} if isinstance(template, SPECIAL) else {}
    try:
        return {"rendered": render(Source("", template), instance.body.get("vars") or {}, instance.scope)}
    except (EvaluationError, RefusedError) as error:
        block = instance.block
        instance.module.run.failed(instance.address, error, where_of(block))
        return {"rendered": Unknown(f"could not be evaluated: {error.message}")}


def _local_file(instance: Instance) -> dict[str, Val]:
    instance.evaluate()
    name = instance.body.get("filename")
    run = instance.module.run
    if not isinstance(name, str):
        return {}
    try:
        if name.startswith(("/", "~")):
            raise RefusedError(f"“{name}” is outside the folder that is scanned: not read")
        return {"content": run.files.text(posixpath.join(run.folder, name))}
    except RefusedError as error:
        run.failed(instance.address, error, where_of(instance.block))
    except InputError as error:
        failure = EvaluationError(error.message)
        run.failed(instance.address, failure, where_of(instance.block))
    return {"content": Unknown(f"the file “{name}” could not be read")}


_ANSWERS: Mapping[str, Callable[[Instance], dict[str, Val]]] = {
    "aws_iam_policy_document": _policy_document,
    "aws_partition": _partition,
    "aws_region": _region,
    "aws_caller_identity": _caller_identity,
    "template_file": _template_file,
    "local_file": _local_file,
}
