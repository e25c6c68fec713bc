"""Which files decide what a resource is: its own, and those its expressions lead to.

A commit that changes a variable, a local value, a module call or a tfvars file can make a resource fail that stands in
an untouched file. So that such a finding is told, references are followed here as written, without evaluating: through
variables to the module calls and value files that set them, through locals, through outputs, and to the attributes of
other resources. A file that is not certainly out of it counts as deciding.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.declared.terraform.run import Run
from soc2gate.declared.terraform.sources import Sources
from soc2gate.declared.terraform.tree import Attribute, Block, Body, Call, Literal, Node, ObjectItem, Reference
from soc2gate.errors import InputError
from soc2gate.facts import dataclass

READS_FILES = re.compile(r"\b(?:file\w*|templatefile)\s*\(")
"""The functions by which a configuration reads other files."""
_FILE_FUNCTIONS = re.compile(r"file\w*|templatefile")
_MODULE_STEP = re.compile(r'module\.([\w-]+)(?:\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?\.')


@dataclass(frozen=True, slots=True)
class Place:
    """One module as one call sees it."""

    sources: Sources
    caller: Place | None = None
    call: Block | None = None


class Dependence:
    """Follows references within one root."""

    def __init__(self, root: Root, base: Path, options: ReadOptions) -> None:
        self._run = Run(root, base, options)
        self._top = Place(self._run.sources(self._run.folder))
        self._value_files = self._find_value_files(options)
        self._called: dict[tuple[int, str], Place | None] = {}
        self._places: list[Place] = [self._top]
        self._indexes: dict[str, _Index] = {}
        self._walks: dict[tuple[int, int], _Walk] = {}
        self._references: dict[int, list[Reference | Call]] = {}

    def deciding(self, address: str, seen: frozenset[tuple[str, int]]) -> tuple[frozenset[str], bool]:
        """The files that decide the resource at `address`, and whether other files that are read may do so too.

        `seen` holds the places (file, line) of what a finding rests on: companions there are followed as well.
        """
        place, rest = self._locate(address)
        if place is None:
            return frozenset(), True
        bare = rest[: rest.index("[")] if rest.endswith("]") else rest
        type_, _, name = bare.removeprefix("data.").partition(".")
        index = self._index(place.sources)
        block = place.sources.resources.get((type_, name)) or place.sources.data.get((type_, name))
        blocks = [] if block is None else [block]
        for path, line in seen:
            blocks += index.holding(path, line)
        walks = [self._from(place, each) for each in blocks]
        walk = _Walk(self)
        for other in index.naming.get((type_, name), ()):
            # A companion that this change makes disappear is seen nowhere: whether it exists still decides.
            walk.existence(place, other)
        walk.calls(place)
        walks.append(walk)
        return frozenset().union(*(each.files for each in walks)), any(each.reads_files for each in walks)

    def _from(self, place: Place, block: Block) -> _Walk:
        """Where one block leads; it is walked once, however many findings rest on it."""
        key = (id(place), id(block))
        found = self._walks.get(key)
        if found is None:
            found = self._walks[key] = _Walk(self)
            found.block(place, block)
        return found

    def references(self, node: object) -> list[Reference | Call]:
        """Every name and every function call in a piece of syntax that the folders read so far hold."""
        found = self._references.get(id(node))
        if found is None:
            found = self._references[id(node)] = list(_references(node))
        return found

    def _index(self, sources: Sources) -> _Index:
        found = self._indexes.get(sources.folder)
        if found is None:
            found = self._indexes[sources.folder] = _Index(sources, self.references)
        return found

    def called(self, place: Place, name: str) -> Place | None:
        """The module that a call in `place` leads to; None where it is not here to be read."""
        key = (id(place), name)
        if key not in self._called:
            self._called[key] = self._call(place, name)
        return self._called[key]

    def _call(self, place: Place, name: str) -> Place | None:
        block = place.sources.modules.get(name)
        attribute = block.body.attributes.get("source") if block is not None else None
        source = attribute.value.value if attribute is not None and isinstance(attribute.value, Literal) else None
        if block is None or not isinstance(source, str) or not source.startswith("."):
            return None
        folder = posixpath.normpath(posixpath.join(place.sources.folder, source))
        try:
            called = Place(self._run.sources("" if folder == "." else folder), place, block)
        except InputError:
            return None  # the reader met it too, and reported it
        self._places.append(called)
        return called

    def value_files(self, name: str) -> list[str]:
        """The tfvars files that set a variable of the root."""
        wanted = re.compile(rf'^\s*\{{?\s*"?{re.escape(name)}"?\s*[=:]', re.MULTILINE)
        return [path for path, text in self._value_files.items() if wanted.search(text)]

    def _find_value_files(self, options: ReadOptions) -> dict[str, str]:
        folder = self._run.folder
        names = [
            name
            for name in self._run.files.names(folder or ".")
            if name in ("terraform.tfvars", "terraform.tfvars.json")
            or name.endswith((".auto.tfvars", ".auto.tfvars.json"))
        ]
        found = {}
        for name in [*names, *options.var_files]:
            path = posixpath.normpath(posixpath.join(folder, name))
            try:
                found[path] = self._run.files.text(path)
            except InputError:
                continue  # the reader met it too, and reported it
        return found

    def _locate(self, address: str) -> tuple[Place | None, str]:
        place: Place | None = self._top
        while place is not None and (step := _MODULE_STEP.match(address)):
            place, address = self.called(place, step.group(1)), address[step.end() :]
        return place, address


class _Walk:
    """One walk from one resource; everything is visited once."""

    def __init__(self, dependence: Dependence) -> None:
        self.dependence = dependence
        self.files: set[str] = set()
        self.reads_files = False
        self._seen: set[tuple[int, int]] = set()

    def block(self, place: Place, block: Block) -> None:
        self.files.add(block.source.path)
        self.files.update(source.path for source in block.overrides.values())
        self.node(place, block.body)

    def existence(self, place: Place, block: Block) -> None:
        """What decides whether a block makes anything at all."""
        for name in ("count", "for_each"):
            attribute = block.body.attributes.get(name)
            if attribute is not None:
                self.node(place, attribute.value)

    def calls(self, place: Place) -> None:
        """The calls that lead here, whether they happen, and where they lead."""
        while place.call is not None and place.caller is not None:
            self.files.add(place.call.source.path)
            self.existence(place.caller, place.call)
            place = place.caller

    def node(self, place: Place, node: object) -> None:
        key = (id(place), id(node))
        if key in self._seen:
            return
        self._seen.add(key)
        for found in self.dependence.references(node):
            if isinstance(found, Call):
                self.reads_files = self.reads_files or _FILE_FUNCTIONS.fullmatch(found.name) is not None
            else:
                self.reference(place, found)

    def reference(self, place: Place, reference: Reference) -> None:
        names = [step for step in reference.steps if isinstance(step, str)]
        first = names[0] if names else ""
        sources = place.sources
        if reference.root == "var":
            self.variable(place, first)
        elif reference.root == "local":
            attribute = sources.locals.get(first)
            if attribute is not None:
                self.files.add(sources.local_sources[first].path)
                self.node(place, attribute.value)
        elif reference.root == "module":
            self.module(place, first, names[1] if len(names) > 1 else "")
        elif reference.root == "data":
            block = sources.data.get((first, names[1])) if len(names) > 1 else None
            if block is not None:
                self.block(place, block)
        else:
            block = sources.resources.get((reference.root, first))
            if block is not None:
                self.attribute(place, block, names[1] if len(names) > 1 else "")

    def variable(self, place: Place, name: str) -> None:
        block = place.sources.variables.get(name)
        if block is not None:
            self.block(place, block)
        if place.call is None or place.caller is None:
            self.files.update(self.dependence.value_files(name))
            return
        self.files.add(place.call.source.path)
        argument = place.call.body.attributes.get(name)
        if argument is not None:
            self.files.add(place.call.overrides.get(name, place.call.source).path)
            self.node(place.caller, argument.value)

    def module(self, place: Place, name: str, output: str) -> None:
        call = place.sources.modules.get(name)
        called = self.dependence.called(place, name)
        if call is not None:
            self.files.add(call.source.path)
        if called is not None:
            outputs = called.sources.outputs
            for block in [outputs[output]] if output in outputs else list(outputs.values()):
                self.block(called, block)

    def attribute(self, place: Place, block: Block, name: str) -> None:
        """What another resource's attribute depends on: how it was written; a computed one depends on no file."""
        written = block.body.attributes.get(name)
        if written is not None:
            self.files.add(block.overrides.get(name, block.source).path)
            self.node(place, written.value)
        elif not name or any(nested.type == name for nested in block.body.blocks):
            self.block(place, block)


def _references(node: object) -> Iterator[Reference | Call]:
    """Every name and every function call in a piece of syntax."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, (list, tuple)):
            waiting += current
        elif isinstance(current, dict):
            waiting += current.values()
        else:
            if isinstance(current, (Reference, Call)):
                yield current
            waiting += [getattr(current, slot) for slot in _parts(type(current))]


_PARTS: dict[type, tuple[str, ...]] = {}


def _parts(sort: type) -> tuple[str, ...]:
    """Where a piece of syntax holds others."""
    found = _PARTS.get(sort)
    if found is None:
        slots = sort.__slots__ if issubclass(sort, (Node, Attribute, Body, Block, ObjectItem)) else ()
        found = _PARTS[sort] = tuple(slot for slot in slots if slot not in ("source", "start"))
    return found


class _Index:
    """The resources of one folder by the lines they stand on, and by the resources they name: made once."""

    def __init__(self, sources: Sources, references: Callable[[object], list[Reference | Call]]) -> None:
        self.naming: dict[tuple[str, str], list[Block]] = {}
        self._lines: dict[str, list[tuple[int, int, Block]]] = {}
        for block in sources.resources.values():
            span = block.source.span(block.start, block.end)
            lines = self._lines.setdefault(block.source.path, [])
            lines.append((span.line, max(span.line, span.end_line), block))
            named = {
                (found.root, found.steps[0])
                for found in references(block.body)
                if isinstance(found, Reference) and found.steps and isinstance(found.steps[0], str)
            }
            for key in sorted(named):
                self.naming.setdefault(key, []).append(block)
        for lines in self._lines.values():
            lines.sort(key=lambda entry: entry[:2])

    def holding(self, path: str, line: int) -> list[Block]:
        """The resources around a line."""
        lines = self._lines.get(path, [])
        at = bisect_right(lines, line, key=lambda entry: entry[0])
        # Blocks do not nest at the top level: only the last that begins before the line can hold it.
        return [block for _, last, block in lines[max(0, at - 1) : at] if line <= last]
