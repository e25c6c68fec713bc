"""Modules at work: what every name in one instance of a module stands for.

A module is evaluated lazily. Nothing is computed before something asks for it, everything is computed once, and what
asks for itself on the way is a cycle. An error stays where it was written: that value is unknown, with the error as
its reason, and the rest goes on.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping

from soc2gate.declared.terraform.conversion import convert
from soc2gate.declared.terraform.expansion import Expansion, expand
from soc2gate.declared.terraform.expressions import (
    evaluate,
)
from soc2gate.declared.terraform.instances import Instance
from soc2gate.declared.terraform.providers import Providers
from soc2gate.declared.terraform.run import Run
from soc2gate.declared.terraform.scope import Scope
from soc2gate.declared.terraform.sources import Sources
from soc2gate.declared.terraform.tree import Block, Call, Literal, Node, Reference, Source, Step, where_of
from soc2gate.declared.terraform.types import read_type
from soc2gate.declared.terraform.unknowns import Typed
from soc2gate.declared.terraform.values import ANY, EvaluationError, Members, Type, Val, weigh
from soc2gate.errors import InputError, RefusedError
from soc2gate.facts import dataclass
from soc2gate.model.resource import Span, Weight
from soc2gate.model.value import SPECIAL, Unknown

MOST_PARTS = 200_000
"""Of one value, what is repeated in it counted each time."""
_CALL_ARGUMENTS = frozenset(("source", "version", "count", "for_each", "depends_on", "providers"))


@dataclass(frozen=True, slots=True)
class Given:
    """A value for a root variable from outside the configuration."""

    value: Val
    origin: str
    """`terraform.tfvars`, `-var`, `TF_VAR_port`."""
    where: Span | None = None


class Module(Members):
    """One instance of a module: the root, or what one `module` block (or one of its instances) called."""

    __slots__ = (
        "_busy",
        "_memo",
        "address",
        "call",
        "given",
        "key",
        "parent",
        "providers",
        "run",
        "scope",
        "sources",
        "uncertain",
    )

    def __init__(
        self,
        run: Run,
        sources: Sources,
        address: str = "",
        parent: Module | None = None,
        call: Block | None = None,
        call_scope: Scope | None = None,
    ) -> None:
        self.run = run
        self.sources = sources
        self.address = address
        """`module.web[0]`; empty for the root."""
        self.parent = parent
        self.call = call
        self.key: str = call.labels[0] if call is not None else ""
        """How modules.json calls it: `web.vpc`."""
        if parent is not None and parent.key:
            self.key = f"{parent.key}.{self.key}"
        self.given: Mapping[str, Given] = {}
        """Of the root: variables set from outside."""
        self.scope = Scope(self, run.context)
        self.uncertain: str = parent.uncertain if parent is not None else ""
        self.providers = Providers(self, call_scope)
        self._memo: dict[tuple[str, str], Val] = {}
        self._busy: set[tuple[str, str]] = set()
        if call_scope is not None:
            self._memo["scope", ""] = call_scope
        run.modules.append(self)
        if len(run.modules) > run.limits.range_items:
            raise RefusedError(f"more than {run.limits.range_items} module instances")

    def forget(self) -> None:
        """Let go of everything computed. Instances and scopes point back here, and reference counting alone would
        keep such a circle for ever."""
        self._memo.clear()
        del self.scope, self.providers

    @property
    def prefix(self) -> str:
        """What addresses in this module start with."""
        return f"{self.address}." if self.address else ""

    # Names

    def resolve(self, root: str, steps: tuple[Step, ...], scope: Scope) -> tuple[Val, int]:
        """What a name stands for here; the seam to the evaluator."""
        first = steps[0] if steps else None
        if not isinstance(first, str):
            raise EvaluationError(f"“{root}” alone is no value")
        if root == "var":
            return self.variable(first), 1
        if root == "local":
            return self.local(first), 1
        if root == "module":
            return self.called(first).value, 1
        if root == "path":
            return self._path(first), 1
        if root in ("terraform", "tofu"):
            return self._terraform(first), 1
        if root in ("each", "count", "self"):
            raise EvaluationError(f"“{root}.{first}” has no meaning here")
        if root == "data" or root == "resource":
            second = steps[1] if len(steps) > 1 else None
            if not isinstance(second, str):
                raise EvaluationError(f"“{root}.{first}” alone is no value")
            return self.resource(first, second, data=root == "data").value, 2
        if root == "ephemeral":
            return Unknown("ephemeral: it exists only while Terraform runs"), len(steps)
        return self.resource(root, first).value, 1

    def _path(self, name: str) -> Val:
        if name == "module":
            return posixpath.relpath(self.sources.folder or ".", self.run.folder or ".")
        if name == "root":
            return "."
        if name == "cwd":
            return Unknown("where Terraform runs decides it", depends=("path.cwd",))
        raise EvaluationError(f"there is no “path.{name}”")

    def _terraform(self, name: str) -> Val:
        if name == "workspace":
            return self.run.options.workspace
        if name == "applying":
            return Unknown("whether Terraform plans or applies decides it", depends=("terraform.applying",))
        raise EvaluationError(f"there is no “terraform.{name}”")

    def _once(self, kind: str, name: str, compute: Callable[[], Val]) -> Val:
        """The value of a name, computed when first asked for; EvaluationError when it asks for itself."""
        key = (kind, name)
        memo = self._memo
        if key in memo:
            return memo[key]
        spelled = f"{self.prefix}{kind}.{name}" if kind else f"{self.prefix}{name}"
        if key in self._busy:
            raise EvaluationError(f"{spelled} is computed from itself")
        # Whether this can fail is not a question of the expression that asks for it.
        context = self.run.context
        doubts = context.doubts
        self._busy.add(key)
        try:
            self.run.go_deeper(spelled)
            value = memo[key] = compute()
        finally:
            self.run.depth -= 1
            self._busy.discard(key)
            context.doubts = doubts
        return value

    def contained(self, node: Node, scope: Scope, what: str, source: Source, span: tuple[int, int]) -> Val:
        """The value of an expression; when it has none, unknown and a problem."""
        try:
            value = evaluate(node, scope)
            if isinstance(value, (list, dict)) and not isinstance(node, Reference):
                self.run.context.spend(weigh(value, MOST_PARTS))
            return value
        except (EvaluationError, RefusedError) as error:
            self.run.failed(self.prefix + what, error, source.span(*span))
            return Unknown(f"could not be evaluated: {error.message}")

    # Variables, locals, outputs

    def variable(self, name: str) -> Val:
        value = self._memo.get(("var", name), _MISSING)
        if value is _MISSING:
            return self._once("var", name, lambda: self._variable(name))
        return value

    def _variable(self, name: str) -> Val:
        block = self.sources.variables.get(name)
        if block is None:
            return self._undeclared(f"variable “{name}”", name, self.sources.variables)
        attributes = block.body.attributes
        value = self._given(name, block)
        nullable = self._flag(block, "nullable", True)
        if value is None and not nullable and "default" in attributes:
            value = self._default(name, block)
        try:
            wanted = self._type(block)
            value = convert(value, wanted)
        except EvaluationError as error:
            outside = self.given.get(name)
            where = outside.where if outside is not None and outside.where else where_of(block)
            origin = f" ({outside.origin})" if outside is not None else ""
            message = f"the value of {self.prefix}var.{name}{origin} does not fit its type: {error.message}"
            self.run.problem(Weight.GAP, message, where)
            value = Unknown(f'variable "{name}" was given a value of another type', depends=(f"var.{name}",))
        sensitive = self._flag(block, "sensitive", False) or self._flag(block, "ephemeral", False)
        if sensitive and value is not None and not isinstance(value, Unknown):
            # Nothing of it is kept: not in a finding, not in a digest.
            there = value not in ("", [], {})
            value = Unknown(f'variable "{name}" is sensitive', depends=(f"var.{name}",), not_null=there)
        if value.__class__ is Unknown and value.ref is None and not wanted.has_any():
            return Typed(value.reason, None, value.depends, value.not_null, value.prefix, type=wanted)
        return value

    def _given(self, name: str, block: Block) -> Val:
        """The value from the caller or from outside, else the default, else unknown."""
        if self.call is not None:
            argument = self.call.body.attributes.get(name)
            if argument is not None and name not in _CALL_ARGUMENTS:
                assert self.parent is not None
                scope: Scope = self._memo["scope", ""]
                what = f"module.{self.call.labels[0]}.{name}"
                source = self.call.overrides.get(name, self.call.source)
                return self.parent.contained(argument.value, scope, what, source, (argument.start, argument.end))
        elif name in self.given:
            return self.given[name].value
        if "default" in block.body.attributes:
            return self._default(name, block)
        if self.call is not None:
            where = where_of(self.call)
            self.run.problem(Weight.GAP, f'{self.address} is not given its required variable "{name}"', where)
            return Unknown(f'{self.address} is not given its required variable "{name}"', depends=(f"var.{name}",))
        return Unknown(f'variable "{name}" has no default and no value was given', depends=(f"var.{name}",))

    def _default(self, name: str, block: Block) -> Val:
        self._memo["default", name] = True
        default = block.body.attributes["default"]
        return self.contained(
            default.value, self.scope, f"the default of var.{name}", block.source, (default.start, default.end)
        )

    def _type(self, block: Block) -> Type:
        attribute = block.body.attributes.get("type")
        if attribute is None:
            return ANY
        try:
            return read_type(attribute.value, self.scope)
        except EvaluationError as error:
            where = block.source.span(attribute.start, attribute.end)
            self.run.failed(f"the type of {self.prefix}var.{block.labels[0]}", error, where)
            return ANY

    def _flag(self, block: Block, name: str, otherwise: bool) -> bool:
        attribute = block.body.attributes.get(name)
        if attribute is None:
            return otherwise
        value = getattr(attribute.value, "value", otherwise)
        return value is True or value == "true"

    def from_default(self, node: Node, repeated: Block | None = None) -> str:
        """The remark that a value came from a variable's default, or nothing; looks through locals, inputs and what
        `repeated`, the block that the expression stands in, is made for each of."""
        module: Module | None = self
        for _ in range(50):
            if isinstance(node, Call) and node.name in _REMAKING and len(node.arguments) == 1:
                node = node.arguments[0]
            if (
                module is None
                or not isinstance(node, Reference)
                or not node.steps
                or not isinstance(node.steps[0], str)
            ):
                return ""
            name = node.steps[0]
            if node.root == "local":
                attribute = module.sources.locals.get(name)
            elif node.root == "var":
                if ("default", name) in module._memo:
                    return f'default of variable "{name}"'
                attribute = module.call.body.attributes.get(name) if module.call is not None else None
                repeated, module = module.call, module.parent
            elif node.root == "each" and repeated is not None:
                attribute, repeated = repeated.body.attributes.get("for_each"), None
            else:
                return ""
            if attribute is None:
                return ""
            node = attribute.value
        return ""

    def local(self, name: str) -> Val:
        value = self._memo.get(("local", name), _MISSING)
        if value is not _MISSING:
            return value
        attribute = self.sources.locals.get(name)
        if attribute is None:
            return self._undeclared(f"local “{name}”", name, self.sources.locals)
        source = self.sources.local_sources[name]
        span = (attribute.start, attribute.end)
        return self._once(
            "local", name, lambda: self.contained(attribute.value, self.scope, f"local.{name}", source, span)
        )

    def output(self, name: str) -> Val:
        """The value of an output, with nothing secret in it."""
        return self._once("output", name, lambda: self._output(name))

    def _output(self, name: str) -> Val:
        block = self.sources.outputs.get(name)
        attribute = block.body.attributes.get("value") if block is not None else None
        if block is None or attribute is None:
            return self._undeclared(f"output “{name}” of {self.address or 'the root'}", name, self.sources.outputs)
        value = self.contained(
            attribute.value, self.scope, f"output.{name}", block.source, (attribute.start, attribute.end)
        )
        if self._flag(block, "sensitive", False) and value is not None and not isinstance(value, Unknown):
            return Unknown(f'output "{name}" is sensitive', not_null=value not in ("", [], {}))
        return value

    def member(self, name: str) -> Val:
        return self.output(name)

    def as_object(self) -> Val:
        return {name: self.output(name) for name in self.sources.outputs}

    def _undeclared(self, what: str, name: str, declared: Mapping[str, object]) -> Val:
        if self.sources.broken:
            # It may stand in what could not be read.
            return Unknown(f"{what} may be declared in a file that could not be read")
        from soc2gate.suggest import did_you_mean

        raise EvaluationError(f"{what} is not declared", hint=did_you_mean(name, declared))

    # Resources

    def resource(self, type_: str, name: str, data: bool = False) -> Expansion:
        """All instances of a resource or data source."""
        kind = "data" if data else "resource"
        found = self._memo.get((kind, f"{type_}.{name}"))
        if found is not None:
            return found  # type: ignore[no-any-return]
        table = self.sources.data if data else self.sources.resources
        block = table.get((type_, name))
        if block is None:
            what = f"{'data source' if data else 'resource'} “{type_}.{name}”"
            return Expansion(self._undeclared(what, name, {pair[1]: None for pair in table if pair[0] == type_}), [])
        address = f"{self.prefix}{'data.' if data else ''}{type_}.{name}"

        def make(scope: Scope, suffix: str, uncertain: str) -> Instance:
            return Instance(self, block, address + suffix, scope, uncertain or self.uncertain, data)

        found = self._once(kind, f"{type_}.{name}", lambda: expand(self, block, address, make))
        assert isinstance(found, Expansion)
        return found

    # Called modules

    def called(self, name: str) -> Expansion:
        """All instances of the module that a `module` block calls."""
        found = self._memo.get(("module", name))
        if found is not None:
            return found  # type: ignore[no-any-return]
        block = self.sources.modules.get(name)
        if block is None:
            return Expansion(self._undeclared(f"module “{name}”", name, self.sources.modules), [])
        found = self._once("module", name, lambda: self._call(name, block))
        assert isinstance(found, Expansion)
        return found

    def _call(self, name: str, block: Block) -> Expansion:
        where = where_of(block)
        try:
            sources = self._called_sources(name, block, where)
        except InputError as error:
            error.message = f'module "{name}": {error.message}'
            self.run.broken(error, where)
            sources = None
        if sources is None:
            self.run.unread[f'module "{name}" could not be read'] = None
        if sources is None or isinstance(sources, str):
            reason = sources or f'module "{name}" could not be read'
            return Expansion(Unknown(reason, depends=(f"{self.prefix}module.{name}",)), [])
        address = f"{self.prefix}module.{name}"
        declarations = sources

        def make(scope: Scope, suffix: str, uncertain: str) -> Module:
            module = Module(self.run, declarations, address + suffix, self, block, scope)
            module.uncertain = uncertain or self.uncertain
            return module

        return expand(self, block, address, make)

    def _called_sources(self, name: str, block: Block, where: Span) -> Sources | str | None:
        """The declarations of the called module; a text saying why there are none when it is not installed."""
        attribute = block.body.attributes.get("source")
        source = evaluate(attribute.value, self.scope) if attribute is not None else None
        if not isinstance(source, str):
            if isinstance(source, SPECIAL):
                return self._not_installed(name, "its source is not known", where)
            raise InputError("expected a source, found none")
        if source.startswith(("./", "../")) or source in (".", ".."):
            folder = self.run.files.within(posixpath.join(self.sources.folder, source))
        elif source.startswith(("/", "~")):
            raise RefusedError(f"its source “{source}” is outside the folder that is scanned: not read")
        else:
            key = f"{self.key}.{name}" if self.key else name
            installed = self.run.installed(key)
            if installed is None or not self.run.files.is_folder(installed):
                return self._not_installed(name, source, where)
            folder = self.run.files.within(installed)
        if not self.run.files.is_folder(folder):
            raise InputError(f"its source “{source}” is no folder")
        folder = "" if folder == "." else folder
        self._check_nesting(folder)
        return self.run.sources(folder)

    def _check_nesting(self, folder: str) -> None:
        depth = 0
        module: Module | None = self
        while module is not None:
            if module.sources.folder == folder:
                raise RefusedError(f"the module in “{folder or '.'}” calls itself")
            depth += 1
            module = module.parent
        if depth >= self.run.limits.module_depth:
            raise RefusedError(f"modules nest deeper than {self.run.limits.module_depth} levels")

    def _not_installed(self, name: str, source: str, where: Span) -> str:
        message = f'module "{name}" ({source}) is not installed: its resources were not looked at'
        self.run.problem(Weight.GAP, message, where, "run terraform init")
        self.run.unread[f'module "{name}" ({source}) is not installed'] = None
        return f'module "{name}" is not installed'

    def validate_variables(self) -> None:
        """Note every validation that the given values fail."""
        for name, block in self.sources.variables.items():
            for rule in block.body.blocks:
                condition = rule.body.attributes.get("condition")
                if rule.type != "validation" or condition is None:
                    continue
                try:
                    holds = evaluate(condition.value, self.scope)
                except (EvaluationError, RefusedError):
                    continue
                if holds is False or holds == "false":
                    said = rule.body.attributes.get("error_message")
                    text = said.value.value if said is not None and isinstance(said.value, Literal) else ""
                    message = f"the value of {self.prefix}var.{name} fails its validation" + (
                        f": {text}" if text else ""
                    )
                    self.run.problem(Weight.NOTE, message, block.source.span(rule.start, rule.end))


_MISSING = object()
_REMAKING = frozenset(
    ("toset", "tolist", "tomap", "tostring", "tonumber", "tobool", "distinct", "compact", "nonsensitive")
)
"""Functions that hand on the values they are given."""
