"""YAML and JSON as plain data, with the line and column of every key and every list element.

Everything soc2gate reads as YAML or JSON comes through here: templates, manifests, rules, configuration. The parser is
PyYAML's C event stream (its pure Python one where the C one is missing); the builder on top of it is ours, because a
gate needs what the stock loaders do not give: positions, a refusal of duplicate keys, an end to alias bombs and to
endless nesting, and no surprises from types nobody meant.

How scalars read: YAML 1.1, as CloudFormation and kubectl read it. `yes`, `no`, `on`, `off`, `true`, `false` (in the
three usual casings) are booleans, `0644` is octal. Not read as anything but text: timestamps (`2012-10-17`),
base-60 numbers (`12:30`), `.inf`, `.nan`, and numbers beyond the range of a double. Keys are always text, as written.
"""

from __future__ import annotations

import re

from soc2gate.errors import InputError, RefusedError
from soc2gate.yaml_lines.document import Document, SourceText, SpanTable, Step, Tagged, YamlValue, split_path
from soc2gate.yaml_lines.events import YamlBuilder
from soc2gate.yaml_lines.json_text import JsonBuilder

__all__ = ["Document", "SpanTable", "Step", "Tagged", "YamlValue", "load", "load_all", "split_path"]

DEPTH = 200
ALIAS_NODES = 100_000


def load_all(text: str, path: str, *, depth: int = DEPTH, alias_nodes: int = ALIAS_NODES) -> list[Document]:
    """Every document of a YAML stream, or the one of a JSON file.

    `path` names the file in places and errors; `*.json` must be JSON, anything else may be. Raises `InputError` with
    line and column for broken text, duplicate keys and keys that are not text; `RefusedError` beyond `depth` levels of
    nesting or `alias_nodes` nodes that aliases stand for.
    """
    source = SourceText(text, path)
    if not path.endswith(".json"):
        found = _JSON_START.match(source.text)
        if found is None:
            return YamlBuilder(source, depth, alias_nodes).documents()
        # What begins like JSON may still be YAML's own flow style, with a comment or a comma too many.
        try:
            return [JsonBuilder(source, depth).document()]
        except RefusedError:
            raise
        except InputError as error:
            try:
                return YamlBuilder(SourceText(text, path), depth, alias_nodes).documents()
            except InputError:
                raise error from None
    return [JsonBuilder(source, depth).document()]


_JSON_START = re.compile(r'\s*[{\[]\s*["{}\[\]]')


def load(text: str, path: str, *, depth: int = DEPTH, alias_nodes: int = ALIAS_NODES) -> Document:
    """The one document of a file that must have at most one; an empty file is a document with `None` in it."""
    documents = load_all(text, path, depth=depth, alias_nodes=alias_nodes)
    if len(documents) > 1:
        raise InputError("expected one YAML document, found another", path=path, line=documents[1].line, column=1)
    if documents:
        return documents[0]
    return Document(None, SourceText(text, path), (0, 0, 0, 0, 0, ""), {})
