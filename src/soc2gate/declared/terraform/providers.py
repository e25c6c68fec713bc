"""Provider configurations: which account and region a resource goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc2gate.declared.terraform.expressions import (
    evaluate,
)
from soc2gate.declared.terraform.scope import Scope
from soc2gate.declared.terraform.tree import Block, Literal, Node, Object, Reference
from soc2gate.declared.terraform.values import EvaluationError, Val, first_special, plain
from soc2gate.errors import RefusedError
from soc2gate.model.value import Text, Unknown, Value
from soc2gate.patterns import regex

if TYPE_CHECKING:
    from soc2gate.declared.terraform.instances import Instance
    from soc2gate.declared.terraform.modules import Module

_ROLE = regex(r"arn:[\w-]+:iam::(\d{12}):")
_AWS = ("aws", "awscc")


class Providers:
    """The provider configurations that one module instance sees."""

    __slots__ = ("_call_scope", "_found", "_module")

    def __init__(self, module: Module, call_scope: Scope | None) -> None:
        self._module = module
        self._call_scope = call_scope
        self._found: dict[tuple[str, str], tuple[Value, Value]] = {}

    def account_and_region(self, instance: Instance) -> tuple[Value, Value]:
        """Where an instance goes: from its provider, and from its own `region`."""
        attribute = instance.block.body.attributes.get("provider")
        type_ = instance.block.labels[0]
        name, alias = _named(attribute.value) if attribute is not None else (type_.partition("_")[0], "")
        account, region = self.configured(name, alias)
        if name in _AWS and instance.body.get("region") is not None:
            region = plain(instance.body["region"])
        return account, region

    def configured(self, name: str, alias: str) -> tuple[Value, Value]:
        """Account and region of one provider configuration."""
        key = (name, alias)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._configured(name, alias)
        return found

    def _configured(self, name: str, alias: str) -> tuple[Value, Value]:
        module = self._module
        for block in module.sources.providers:
            if block.labels[0] == name and _alias(block) == alias:
                return self._read(block, name)
        if module.call is not None and module.parent is not None:
            passed = module.call.body.attributes.get("providers")
            if passed is not None and isinstance(passed.value, Object):
                wanted = f"{name}.{alias}" if alias else name
                for item in passed.value.items:
                    key = item.key if isinstance(item.key, str) else ".".join(part for part in _named(item.key) if part)
                    if key == wanted:
                        return module.parent.providers.configured(*_named(item.value))
            if not alias:
                return module.parent.providers.configured(name, "")
        options = module.run.options
        if name not in _AWS:
            return None, None
        if alias:
            return options.account, Unknown(f'provider "{name}.{alias}" is not configured here')
        return options.account, options.region

    def _read(self, block: Block, name: str) -> tuple[Value, Value]:
        options = self._module.run.options
        ours = name in _AWS
        region = self._value(block, block, "region")
        account: Value = None
        for role in block.body.blocks:
            if role.type == "assume_role":
                account = _account_of(self._value(block, role, "role_arn")) or account
        if account is None:
            allowed = self._value(block, block, "allowed_account_ids")
            if isinstance(allowed, list) and len(allowed) == 1:
                account = allowed[0]
        if account is None and ours:
            account = options.account
        if region is None and ours:
            region = options.region
        return account, region

    def _value(self, provider: Block, block: Block, name: str) -> Value:
        attribute = block.body.attributes.get(name)
        if attribute is None:
            return None
        try:
            return plain(evaluate(attribute.value, self._module.scope))
        except (EvaluationError, RefusedError) as error:
            source = provider.overrides.get(name, provider.source)
            where = source.span(attribute.start, attribute.end)
            self._module.run.failed(f'provider "{provider.labels[0]}" {name}', error, where)
            return Unknown(error.message)


def _account_of(role: Value) -> Value:
    """The account in a role's ARN."""
    text = role.parts[0] if isinstance(role, Text) else role
    if isinstance(text, str):
        found = _ROLE.match(text)
        if found is not None:
            return found.group(1)
    special = first_special(role)
    if special is not None:
        return Unknown(f"the assumed role is not known: {special.reason}", depends=getattr(special, "depends", ()))
    return None


def _named(node: Node) -> tuple[str, str]:
    """`aws.east` as name and alias; a quoted one is the way of Terraform 0.11."""
    if isinstance(node, Literal) and isinstance(node.value, str):
        name, _, alias = node.value.partition(".")
        return name, alias
    if isinstance(node, Reference):
        step: Val = node.steps[0] if node.steps else ""
        return node.root, step if isinstance(step, str) else ""
    return "", ""


def _alias(block: Block) -> str:
    attribute = block.body.attributes.get("alias")
    value = getattr(attribute.value, "value", "") if attribute is not None else ""
    return value if isinstance(value, str) else ""
