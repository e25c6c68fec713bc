"""Small Terraform roots written into a temporary folder and read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from terraform_oracle import root_of

from soc2gate.declared.options import ReadOptions
from soc2gate.declared.terraform import read
from soc2gate.model.resource import RawResource, Reading
from soc2gate.model.value import Value


def written(folder: Path, files: Mapping[str, str] | str) -> Path:
    """The files (or one `main.tf`) written below `folder`."""
    for name, text in ({"main.tf": files} if isinstance(files, str) else files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


def reading(
    folder: Path, files: Mapping[str, str] | str, options: ReadOptions | None = None, root: str = ""
) -> Reading:
    """What the reader makes of these files; `root` is the root module's folder within them."""
    written(folder, files)
    return read(root_of(folder / root if root else folder, folder), folder, options or ReadOptions())


def resources(reading: Reading) -> dict[str, RawResource]:
    """Resources by address."""
    return {resource.address: resource for resource in reading.resources}


def value_of(folder: Path, expression: str, before: str = "") -> Value:
    """The value of one expression."""
    found = reading(folder, f'{before}\nresource "test_it" "it" {{\n  value = {expression}\n}}\n')
    assert not found.problems, found.problems
    return resources(found)["test_it.it"].body["value"]
