"""A module's folder read into declarations: what is declared, before any of it is evaluated."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from functools import lru_cache

from soc2gate.declared.terraform.files import Files
from soc2gate.declared.terraform.tree import Attribute, Block, Body, Source
from soc2gate.errors import InputError

SUFFIXES = (".tf", ".tofu", ".tf.json", ".tofu.json")


class Sources:
    """The declarations of one folder. Every instance of the module shares them."""

    __slots__ = (
        "broken",
        "data",
        "folder",
        "imports",
        "local_sources",
        "locals",
        "modules",
        "outputs",
        "providers",
        "resources",
        "variables",
    )

    def __init__(self, folder: str) -> None:
        self.folder = folder
        """Relative to the base of the scan."""
        self.resources: dict[tuple[str, str], Block] = {}
        self.data: dict[tuple[str, str], Block] = {}
        self.variables: dict[str, Block] = {}
        self.locals: dict[str, Attribute] = {}
        self.local_sources: dict[str, Source] = {}
        self.modules: dict[str, Block] = {}
        self.outputs: dict[str, Block] = {}
        self.providers: list[Block] = []
        self.imports: list[Block] = []
        self.broken: list[InputError] = []
        """What of the folder could not be read."""


def read_folder(folder: str, paths: Iterable[str], files: Files) -> Sources:
    """Read these files of one folder, overriding ones last."""
    sources = Sources(folder)
    ordinary: list[str] = []
    overriding: list[str] = []
    for path in _without_shadowed(paths):
        (overriding if _overrides(path) else ordinary).append(path)
    for path in ordinary:
        body = _read(path, files, sources)
        if body is not None:
            _declare(body, sources)
    for path in overriding:
        body = _read(path, files, sources)
        if body is not None:
            _override(body, sources)
    return sources


def configuration_files(folder: str, names: Iterable[str]) -> list[str]:
    """The paths among `names` that Terraform or OpenTofu reads."""
    return [
        posixpath.join(folder, name) if folder not in ("", ".") else name
        for name in names
        if name.endswith(SUFFIXES) and not name.startswith((".", "#")) and not name.endswith("~")
    ]


def _without_shadowed(paths: Iterable[str]) -> list[str]:
    """OpenTofu reads `main.tofu` in place of `main.tf`."""
    found = sorted(paths)
    tofu = {path.replace(".tofu", ".tf") for path in found if path.endswith((".tofu", ".tofu.json"))}
    return [path for path in found if path not in tofu]


def _overrides(path: str) -> bool:
    name = posixpath.basename(path)
    stem = name[: name.index(".")] if "." in name else name
    return stem == "override" or stem.endswith("_override")


def _read(path: str, files: Files, sources: Sources) -> Body | None:
    try:
        text = files.text(path)
    except InputError as error:
        error.path = error.path or path
        sources.broken.append(error)
        return None
    body, errors = _parsed(files.within(path), text, files.limits.depth)
    sources.broken.extend(errors)
    return body


# Examples of a module read it again for each of them: the tree of a file is the same, and nobody changes it.
@lru_cache(maxsize=512)
def _parsed(path: str, text: str, depth: int) -> tuple[Body, tuple[InputError, ...]]:
    source = Source(path, text)
    if path.endswith(".json"):
        from soc2gate.declared.terraform.hcl_json import parse_configuration

        body, errors = parse_configuration(source, depth)
    else:
        from soc2gate.declared.terraform.hcl import parse

        body, errors = parse(source, depth)
    for attribute in body.attributes.values():
        line, column = source.position(attribute.start)
        message = f"expected a block, found the argument “{attribute.name}”, which has no meaning at the top level"
        errors.append(InputError(message, path=path, line=line, column=column))
    return body, tuple(errors)


def _declare(body: Body, sources: Sources) -> None:
    for block in body.blocks:
        labels = block.labels
        wanted = _LABELS.get(block.type)
        if wanted is None:
            continue
        if len(labels) != wanted:
            _refuse(block, f"expected {wanted} label{'s' if wanted != 1 else ''}, found {len(labels)}", sources)
            continue
        if block.type == "locals":
            for name, attribute in block.body.attributes.items():
                if name in sources.locals:
                    _refuse(block, f"expected each local once, found “{name}” again", sources, attribute.start)
                    continue
                sources.locals[name] = attribute
                sources.local_sources[name] = block.source
        elif block.type == "provider":
            sources.providers.append(block)
        elif block.type == "import":
            sources.imports.append(block)
        else:
            _add(block, sources)


_LABELS = {"resource": 2, "data": 2, "module": 1, "variable": 1, "output": 1, "provider": 1, "locals": 0, "import": 0}


def _refuse(block: Block, message: str, sources: Sources, start: int | None = None) -> None:
    line, column = block.source.position(block.start if start is None else start)
    sources.broken.append(InputError(f"{block.type}: {message}", path=block.source.path, line=line, column=column))


def _table(block: Block, sources: Sources) -> dict[str, Block] | None:
    return {"module": sources.modules, "variable": sources.variables, "output": sources.outputs}.get(block.type)


def _add(block: Block, sources: Sources) -> None:
    table = _table(block, sources)
    if table is not None:
        first = table.setdefault(block.labels[0], block)
    else:
        pairs = sources.resources if block.type == "resource" else sources.data
        first = pairs.setdefault((block.labels[0], block.labels[1]), block)
    if first is not block:
        place = first.source.span(first.start, first.end)
        name = ".".join(block.labels)
        _refuse(block, f"expected a name of its own, found “{name}” again: it is on {place.path}:{place.line}", sources)


def _override(body: Body, sources: Sources) -> None:
    """Merge blocks into those of the same name, as Terraform merges override files."""
    for block in body.blocks:
        if block.type == "locals":
            for name, attribute in block.body.attributes.items():
                sources.locals[name] = attribute
                sources.local_sources[name] = block.source
            continue
        if block.type == "provider":
            _override_provider(block, sources)
            continue
        if _LABELS.get(block.type) != len(block.labels):
            continue
        table = _table(block, sources)
        if table is not None:
            name = block.labels[0]
            table[name] = _merged(table[name], block) if name in table else block
        elif block.type in ("resource", "data"):
            pairs = sources.resources if block.type == "resource" else sources.data
            key = (block.labels[0], block.labels[1])
            pairs[key] = _merged(pairs[key], block) if key in pairs else block


def _override_provider(block: Block, sources: Sources) -> None:
    alias = _alias(block)
    for at, other in enumerate(sources.providers):
        if other.labels == block.labels and _alias(other) == alias:
            sources.providers[at] = _merged(other, block)
            return
    sources.providers.append(block)


def _alias(block: Block) -> object:
    attribute = block.body.attributes.get("alias")
    return getattr(attribute.value, "value", None) if attribute is not None else None


def _merged(block: Block, other: Block) -> Block:
    """Arguments of `other` replace those of `block`; nested blocks replace all of their type."""
    merged = Block(block.type, block.labels, block.start, block.source)
    merged.end = block.end
    merged.body.attributes = {**block.body.attributes, **other.body.attributes}
    replaced = {_block_type(each) for each in other.body.blocks if each.type not in ("lifecycle", "connection")}
    merged.body.blocks = [each for each in block.body.blocks if _block_type(each) not in replaced] + other.body.blocks
    merged.overrides = {**block.overrides, **dict.fromkeys(other.body.attributes, other.source)}
    return merged


def _block_type(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type
