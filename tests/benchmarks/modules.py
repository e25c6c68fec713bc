"""Public modules, evaluated: how many resources, how many known and unknown values, and every error.

    python tests/benchmarks/modules.py FOLDER…

Each FOLDER is a checkout called `<namespace>-terraform-<provider>-<name>`: `cloudposse-terraform-aws-vpc`. The
module, the modules in it and each of its examples are roots. A module that one of them takes from the registry is
looked for among the folders, as `terraform init` would have put it there; where it is missing, that is counted and no
error. Nothing is fetched. For whoever changes the evaluator: an error told here is one that real Terraform has to
tell as well.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from soc2gate.declared.discover import discover
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.declared.terraform import read
from soc2gate.declared.terraform.hcl import parse
from soc2gate.declared.terraform.tree import Literal, Source
from soc2gate.model.resource import Reading, Weight
from soc2gate.model.value import SPECIAL, OpenList, OpenMap, Value

_REGISTRY = re.compile(r"^(?:registry\.terraform\.io/)?([\w-]+)/([\w-]+)/([\w-]+)(?://(.*))?$")


def main(folders: list[Path]) -> None:
    """Print a line for each checkout, and its errors below it."""
    print(f"{'module':46} {'roots':>5} {'resources':>9} {'known':>7} {'unknown':>7} {'not there':>9} {'errors':>6}")
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        for folder in folders:
            shutil.copytree(folder, base / folder.name, symlinks=True)
        for folder in folders:
            _tell(folder.name, base)


def _tell(name: str, base: Path) -> None:
    counts: Counter[str] = Counter()
    errors: list[str] = []
    for root in discover((name,), base).roots:
        if root.format != "terraform":
            continue
        _install(root, base)
        found = read(root, base, ReadOptions())
        counts["roots"] += 1
        _count(found, counts)
        for problem in found.problems:
            if problem.weight is Weight.NOTE:
                continue
            if "is not installed" in problem.message:
                counts["not there"] += 1
            elif "is not given its required variable" not in problem.message:
                where = problem.where
                errors.append(f"{getattr(where, 'path', root.path)}:{getattr(where, 'line', 0)}: {problem.message}")
    row = [counts[key] for key in ("roots", "resources", "known", "unknown", "not there")]
    distinct = sorted(set(errors))
    print(f"{name:46} {row[0]:5} {row[1]:9} {row[2]:7} {row[3]:7} {row[4]:9} {len(distinct):6}")
    for error in distinct:
        print(f"    {error}")


def _count(found: Reading, counts: Counter[str]) -> None:
    counts["resources"] += sum(not resource.data for resource in found.resources)
    for resource in found.resources:
        for value in resource.body.values():
            _count_value(value, counts)


def _count_value(value: Value, counts: Counter[str]) -> None:
    """Leaves: what an open collection may still hold counts as one unknown."""
    if isinstance(value, dict):
        for child in value.values():
            _count_value(child, counts)
    elif isinstance(value, list):
        for child in value:
            _count_value(child, counts)
    elif isinstance(value, (OpenList, OpenMap)):
        counts["unknown"] += 1
        for child in value.items.values() if isinstance(value, OpenMap) else value.items:
            _count_value(child, counts)
    elif value is not None:
        counts["unknown" if isinstance(value, SPECIAL) else "known"] += 1


def _install(root: Root, base: Path) -> None:
    """Write the modules.json that `terraform init` would, for what is among the folders."""
    entries: list[dict[str, str]] = []
    _calls(root.path, "", root.path, base, entries)
    target = base / root.path / ".terraform" / "modules"
    target.mkdir(parents=True, exist_ok=True)
    (target / "modules.json").write_text(json.dumps({"Modules": entries}), encoding="utf-8")


def _calls(folder: str, key: str, root: str, base: Path, entries: list[dict[str, str]]) -> None:
    if key.count(".") > 10:
        return
    for path in sorted((base / folder).glob("*.tf")):
        body, _ = parse(Source(path.name, path.read_text("utf-8")), 200)
        for block in body.blocks:
            source = block.body.attributes.get("source")
            if block.type != "module" or source is None or not isinstance(source.value, Literal):
                continue
            inner = f"{key}.{block.labels[0]}" if key else block.labels[0]
            found = _folder(str(source.value.value), folder, base)
            if found is not None:
                entries.append({"Key": inner, "Dir": os.path.relpath(found, root or ".")})
                _calls(found, inner, root, base, entries)


def _folder(source: str, caller: str, base: Path) -> str | None:
    if source.startswith(("./", "../")):
        local = os.path.normpath(os.path.join(caller, source))
        return local if (base / local).is_dir() else None
    match = _REGISTRY.match(source)
    if match is None:
        return None
    namespace, name, provider, below = match.groups()
    found = os.path.join(f"{namespace}-terraform-{provider}-{name}", below or "")
    return os.path.normpath(found) if (base / found).is_dir() else None


if __name__ == "__main__":
    main([Path(name).resolve() for name in sys.argv[1:]])
