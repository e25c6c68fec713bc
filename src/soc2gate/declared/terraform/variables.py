"""Values for the root's variables: from the environment, variable files and `-var`, later ones over earlier ones."""

from __future__ import annotations

import posixpath

from soc2gate.declared.terraform.expressions import (
    evaluate,
)
from soc2gate.declared.terraform.modules import Given
from soc2gate.declared.terraform.run import Run
from soc2gate.declared.terraform.scope import Context, Scope
from soc2gate.declared.terraform.sources import Sources
from soc2gate.declared.terraform.tree import Block, Body, Call, Node, Reference, Source, Step
from soc2gate.declared.terraform.values import EvaluationError, Val
from soc2gate.errors import InputError, RefusedError
from soc2gate.model.resource import Weight
from soc2gate.model.value import Unknown


class _Nothing:
    """A variables file refers to nothing."""

    def resolve(self, root: str, steps: tuple[Step, ...], scope: Scope) -> tuple[Val, int]:
        raise EvaluationError(f"a value here cannot refer to “{root}”")


def given_values(run: Run, sources: Sources) -> dict[str, Given]:
    """By name, in Terraform's order of precedence."""
    given: dict[str, Given] = {}
    for name, text in sorted(run.options.environment.items()):
        if name.startswith("TF_VAR_") and name.removeprefix("TF_VAR_") in sources.variables:
            _from_text(name.removeprefix("TF_VAR_"), text, name, run, sources, given)
    for path in _automatic_files(run):
        _from_file(path, run, given)
    for name in run.options.var_files:
        path = posixpath.join(run.folder, name)
        try:
            if not run.files.is_file(path):
                raise InputError("expected a file of variables, found none", path=path)
        except InputError as error:
            run.broken(error)
            continue
        _from_file(path, run, given)
    for name, text in run.options.variables.items():
        if name not in sources.variables:
            run.problem(Weight.NOTE, f"a value was given for the variable “{name}”, which is not declared", None)
            continue
        _from_text(name, text, "-var", run, sources, given)
    return given


def _automatic_files(run: Run) -> list[str]:
    names = run.files.names(run.folder or ".")
    found: list[str] = [name for name in ("terraform.tfvars", "terraform.tfvars.json") if name in names]
    found += [name for name in names if name.endswith((".auto.tfvars", ".auto.tfvars.json"))]
    return [posixpath.join(run.folder, name) for name in found]


def _from_file(path: str, run: Run, given: dict[str, Given]) -> None:
    try:
        source = Source(run.files.within(path), run.files.text(path))
    except InputError as error:
        error.path = error.path or path
        run.broken(error)
        return
    if path.endswith(".json"):
        from soc2gate.declared.terraform.hcl_json import parse_values

        body, errors = parse_values(source, run.limits.depth)
    else:
        from soc2gate.declared.terraform.hcl import parse

        body, errors = parse(source, run.limits.depth)
    for broken in errors:
        run.broken(broken)
    _refuse_blocks(body, source, run)
    scope = Scope(_Nothing(), Context(run.limits))
    for name, attribute in body.attributes.items():
        where = source.span(attribute.start, attribute.end)
        try:
            value = evaluate(attribute.value, scope)
        except (EvaluationError, RefusedError) as error:
            run.failed(f"the value of “{name}”", error, where)
            value = Unknown(f"could not be evaluated: {error.message}")
        given[name] = Given(value, posixpath.basename(path), where)


def _refuse_blocks(body: Body, source: Source, run: Run) -> None:
    for block in body.blocks:
        line, column = source.position(block.start)
        message = f"expected “name = value”, found the block “{block.type}”"
        run.broken(InputError(message, path=source.path, line=line, column=column))


def _from_text(name: str, text: str, origin: str, run: Run, sources: Sources, given: dict[str, Given]) -> None:
    """A value given as text: taken as it is for simple types, read as an expression for the others."""
    if not _takes_expression(sources.variables[name]):
        given[name] = Given(text, origin)
        return
    from soc2gate.declared.terraform.hcl import parse_expression

    try:
        node = parse_expression(Source(f"{origin} {name}", text), run.limits.depth)
        value = evaluate(node, Scope(_Nothing(), Context(run.limits)))
    except InputError as error:
        run.problem(Weight.BROKEN, f"the value given for the variable “{name}” ({origin}): {error.message}", None)
        value = Unknown(f"the value given for it ({origin}) could not be read")
    given[name] = Given(value, origin)


def _takes_expression(block: Block) -> bool:
    attribute = block.body.attributes.get("type")
    if attribute is None:
        return False
    node: Node = attribute.value
    if isinstance(node, Reference):
        return node.root not in ("string", "number", "bool")
    return isinstance(node, Call)
