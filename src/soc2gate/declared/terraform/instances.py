"""One instance of a resource or data source: its attributes, each worked out when first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc2gate.declared.terraform.expressions import (
    elements_of,
    evaluate,
)
from soc2gate.declared.terraform.places import META_ATTRIBUTES, META_BLOCKS, LazyPlaces, Trace
from soc2gate.declared.terraform.scope import MOST_WORK, Scope
from soc2gate.declared.terraform.tree import Block, Body, Literal, Node, Reference, Source, Tuple, where_of
from soc2gate.declared.terraform.unknowns import computed, derived
from soc2gate.declared.terraform.values import EvaluationError, Members, Val, plain, weigh
from soc2gate.errors import RefusedError
from soc2gate.model.resource import RawResource
from soc2gate.model.value import OpenList, OpenMap, Ref, Unknown, Value

if TYPE_CHECKING:
    from soc2gate.declared.terraform.modules import Module


class Instance(Members):
    """`aws_s3_bucket.b["a"]`: what the configuration sets is known, the rest the provider computes."""

    __slots__ = (
        "_blocks_done",
        "_busy",
        "_computed",
        "_iterators",
        "_known",
        "_trace",
        "address",
        "block",
        "body",
        "data",
        "module",
        "notes",
        "scope",
        "uncertain",
    )

    def __init__(
        self, module: Module, block: Block, address: str, scope: Scope, uncertain: str = "", data: bool = False
    ) -> None:
        self.module = module
        self.block = block
        self.address = address
        self.scope = scope
        self.uncertain = uncertain
        self.data = data
        self.body: dict[str, Val] = {}
        """What is worked out so far."""
        self.notes: dict[str, str] = {}
        self._computed: dict[str, Val] = {}
        self._known: dict[str, Val] | None = None
        self._trace: Trace = []
        self._iterators: dict[str, str] = {}
        """Of the dynamic blocks around what is evaluated: that their values come from a default."""
        self._blocks_done = False
        self._busy: set[str] = set()

    # Asked by other expressions

    def member(self, name: str) -> Val:
        found = self._computed.get(name)
        if found is not None:
            return found
        value = self._member(name)
        if value is None:
            # Not set, or set to null: the provider may have something to say.
            value = self._provided(name)
        elif isinstance(value, Unknown) and value.ref is None:
            value = Unknown(value.reason, Ref(self.address, name), value.depends, value.not_null, value.prefix)
        self._computed[name] = value
        return value

    def _member(self, name: str) -> Val:
        if name in self.body:
            value = self.body[name]
            if value == [] and name not in self.block.body.attributes:
                return None
            return _Part.of(self, name, value) if isinstance(value, (list, OpenList)) else value
        attribute = self.block.body.attributes.get(name)
        if attribute is not None and name not in META_ATTRIBUTES:
            return self._attribute(name, attribute.value, attribute.start, attribute.end)
        if any(_written_type(block) == name for block in self.block.body.blocks):
            self._evaluate_blocks()
            # A dynamic block that makes none sets nothing: what is there then is the provider's to say.
            return _Part.of(self, name, self.body.get(name)) if self.body.get(name) != [] else None
        return None

    def _provided(self, name: str) -> Val:
        if self.data:
            if self._known is None:
                from soc2gate.declared.terraform.data_sources import known_attributes

                self._known = known_attributes(self)
            if name in self._known:
                return self._known[name]
        return computed(self.address, name)

    def as_object(self) -> Val:
        self.evaluate()
        items = {name: self.member(name) for name in self.body}
        if self.data:
            self._provided("id")
            items.update(self._known or {})
        return OpenMap(items, computed(self.address, "*"), "known after apply")

    # Evaluation

    def _attribute(self, name: str, node: Node, start: int, end: int) -> Val:
        if node.__class__ is Literal:
            value = self.body[name] = node.value
            return value
        if name in self._busy:
            raise EvaluationError(f"{self.address}.{name} is computed from itself")
        self._busy.add(name)
        context = self.module.run.context
        doubts = context.doubts
        run = self.module.run
        try:
            run.go_deeper(self.address)
            source = self.block.overrides.get(name, self.block.source)
            value = self.body[name] = self._value(node, self.scope, name, source, start, end)
        finally:
            run.depth -= 1
            self._busy.discard(name)
            context.doubts = doubts
        return value

    def _value(self, node: Node, scope: Scope, path: str, source: Source, start: int, end: int) -> Val:
        try:
            value = evaluate(node, scope)
        except (EvaluationError, RefusedError) as error:
            self.module.run.failed(f"{self.address}.{path}", error, source.span(start, end))
            return Unknown(f"could not be evaluated: {error.message}")
        if node.__class__ is Reference:
            self._note(path, node)
        elif node.__class__ is Tuple:
            for at, element in enumerate(node.elements):
                if element.__class__ is Reference:
                    self._note(f"{path}[{at}]", element)
        return value

    def _note(self, path: str, node: Node) -> None:
        note = self._iterators.get(getattr(node, "root", "")) or self.module.from_default(node, self.block)
        if note:
            self.notes[path] = note

    def evaluate(self) -> None:
        """Work out everything that the block sets."""
        body = self.body
        for name, attribute in self.block.body.attributes.items():
            if name not in body and name not in META_ATTRIBUTES:
                node = attribute.value
                if node.__class__ is Literal:
                    body[name] = node.value
                else:
                    self._attribute(name, node, attribute.start, attribute.end)
        self._evaluate_blocks()

    def _evaluate_blocks(self) -> None:
        if self._blocks_done:
            return
        if not self.block.body.blocks:
            self._blocks_done = True
            return
        if "*" in self._busy:
            raise EvaluationError(f"{self.address} is computed from itself")
        self._busy.add("*")
        context = self.module.run.context
        doubts = context.doubts
        run = self.module.run
        try:
            run.go_deeper(self.address)
            found: dict[str, Val] = {}
            self._trace.clear()
            self._nested(self.block.body, self.scope, "", found, META_BLOCKS)
            self.body.update(found)
            self._blocks_done = True
        finally:
            run.depth -= 1
            self._busy.discard("*")
            context.doubts = doubts

    def _nested(self, body: Body, scope: Scope, prefix: str, out: dict[str, Val], skip: frozenset[str]) -> None:
        """The nested blocks of a body, static and dynamic, as lists under their type."""
        lists: dict[str, _Elements] = {}
        for block in body.blocks:
            name = block.type
            if name in skip:
                continue
            if name == "dynamic" and len(block.labels) == 1:
                name = block.labels[0]
                self._dynamic(block, scope, prefix + name, lists.setdefault(name, _Elements()))
                continue
            elements = lists.setdefault(name, _Elements())
            path = f"{prefix}{name}[{len(elements.items) + len(elements.more)}]"
            elements.items.append(self._element(block, block.body, scope, path))
        for name, elements in lists.items():
            out[name] = elements.value()

    def _element(self, block: Block, body: Body, scope: Scope, path: str) -> dict[str, Val]:
        self._trace.append((path, block, body))
        element: dict[str, Val] = {}
        for name, attribute in body.attributes.items():
            node = attribute.value
            if node.__class__ is Literal:
                element[name] = node.value
            else:
                element[name] = self._value(node, scope, f"{path}.{name}", block.source, attribute.start, attribute.end)
        if body.blocks:
            self._nested(body, scope, path + ".", element, frozenset())
        return element

    def _dynamic(self, block: Block, scope: Scope, path: str, elements: _Elements) -> None:
        """The elements a `dynamic` block makes; of an undecided `for_each`, one that stands for those there may be."""
        attributes = block.body.attributes
        content = block.body.block("content")
        source = block.source
        each = attributes.get("for_each")
        if each is None or content is None:
            self.module.run.failed(
                f"{self.address}.{path}",
                EvaluationError("a dynamic block needs for_each and content"),
                source.span(block.start, block.end),
            )
            elements.open_with({}, "a dynamic block that is not complete")
            return
        iterator = block.labels[0]
        named = attributes.get("iterator")
        if named is not None and isinstance(named.value, Reference):
            iterator = named.value.root
        collection = self._value(each.value, scope, f"{path} for_each", source, each.start, each.end)
        note = self.module.from_default(each.value, self.block)
        outer = self._iterators
        if note or iterator in outer:
            self._iterators = {**outer, iterator: note}
        inner = scope.inner()
        limit = self.module.run.limits.range_items
        try:
            for known, key, value in elements_of(collection, scope.context):
                inner.names[iterator] = {"key": key, "value": value}
                at = f"{path}[{len(elements.items) + len(elements.more)}]"
                if len(elements.items) >= limit:
                    raise RefusedError(f"a dynamic block of more than {limit} elements")
                element = self._element(content, content.body, inner, at)
                if known:
                    elements.items.append(element)
                else:
                    elements.open_with(element, derived(collection).reason)
        except (EvaluationError, RefusedError) as error:
            self.module.run.failed(f"{self.address}.{path}", error, source.span(each.start, each.end))
            elements.open_with(Unknown(error.message), f"could not be evaluated: {error.message}")
        finally:
            self._iterators = outer

    # The result

    def resource(self) -> RawResource:
        """What `kinds` gets."""
        self.evaluate()
        if self.data:
            self._provided("id")
            for name, value in (self._known or {}).items():
                self.body.setdefault(name, value)
        body: dict[str, Value] = {}
        for name, value in self.body.items():
            kind = value.__class__
            if kind is str or kind is bool or kind is int or value is None:
                body[name] = value
                continue
            if kind is list or kind is dict:
                try:
                    self.module.run.context.spend(weigh(value, MOST_WORK))
                except RefusedError as error:
                    span = where_of(self.block)
                    self.module.run.failed(f"{self.address}.{name}", error, span)
                    value = Unknown(error.message)
            body[name] = plain(value)
        block = self.block
        type_ = block.labels[0]
        account, region = self.module.providers.account_and_region(self)
        return RawResource(
            "terraform",
            type_,
            self.address,
            self.module.run.root.path,
            body,
            where_of(block),
            LazyPlaces(block, self._trace),
            account,
            region,
            self.uncertain,
            self.notes,
            self.data,
        )


class _Elements:
    """Elements of nested blocks of one type while they are gathered."""

    __slots__ = ("items", "more", "reason")

    def __init__(self) -> None:
        self.items: list[Val] = []
        self.more: list[Val] = []
        self.reason = ""

    def open_with(self, template: Val, reason: str) -> None:
        self.more.append(template)
        self.reason = self.reason or reason

    def value(self) -> Val:
        if self.more:
            return OpenList(tuple(self.items), tuple(self.more), self.reason)
        return self.items


class _Part(Members):
    """A nested block as other expressions see it: what it does not set the provider may compute."""

    __slots__ = ("address", "path", "values")

    def __init__(self, address: str, path: str, values: dict[str, Val]) -> None:
        self.address = address
        self.path = path
        self.values = values

    @staticmethod
    def of(instance: Instance, name: str, value: Val) -> Val:
        """Nested blocks under `name`, wrapped; anything else as it is."""
        if name in instance.block.body.attributes or value is None:
            return value
        return _Part._wrapped(instance.address, name, value)

    @staticmethod
    def _wrapped(address: str, path: str, value: Val) -> Val:
        def wrap(at: int, element: Val) -> Val:
            return _Part(address, f"{path}[{at}]", element) if isinstance(element, dict) else element

        if isinstance(value, list):
            return [wrap(at, element) for at, element in enumerate(value)]
        if isinstance(value, OpenList):
            items = tuple([wrap(at, element) for at, element in enumerate(value.items)])
            more = tuple([wrap(len(items) + at, element) for at, element in enumerate(value.more)])
            return value.__class__(items, more, value.reason)
        return value

    def member(self, name: str) -> Val:
        value = self.values.get(name)
        path = f"{self.path}.{name}"
        if value is None:
            return computed(self.address, path)
        if isinstance(value, (list, OpenList)):
            return _Part._wrapped(self.address, path, value)
        if isinstance(value, Unknown) and value.ref is None:
            return Unknown(value.reason, Ref(self.address, path), value.depends, value.not_null, value.prefix)
        return value

    def as_object(self) -> Val:
        return OpenMap(self.values, computed(self.address, f"{self.path}.*"), "known after apply")


def _written_type(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and len(block.labels) == 1 else block.type
