"""Terraform: HCL and JSON configuration read and evaluated without Terraform, a provider or the network.

`read` takes the files of one root module and gives every resource instance with what the files decide filled in. The
way goes: `sources` reads folders into declarations (`hcl`, `hcl_json` read syntax into the `tree`), `variables` finds
the root's inputs, `modules` answers names, `expressions` and `functions` evaluate, `expansion` makes instances of
`count` and `for_each`, `instances` fills their bodies. What is not decided is never guessed: `unknowns`.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.declared.terraform.modules import Given, Module
from soc2gate.declared.terraform.run import Run
from soc2gate.declared.terraform.tree import where_of
from soc2gate.declared.terraform.values import EvaluationError, plain
from soc2gate.declared.terraform.variables import given_values
from soc2gate.errors import InputError, RefusedError
from soc2gate.model.resource import RawResource, Reading, Weight
from soc2gate.model.value import Value

__all__ = ["read", "room_for_recursion"]

_FRAMES = 12_000


def read(root: Root, base: Path, options: ReadOptions) -> Reading:
    """Read one root module and the modules it calls. Bad input becomes problems; nothing is raised for it.

    Paths in the result are relative to `base`, and no file outside it is opened.
    """
    return evaluate(Run(root, base, options))


def evaluate(run: Run, given: Mapping[str, Given] | None = None) -> Reading:
    """`read`, with the values of the root's variables given instead of looked for: a plan tells what they were."""
    root = run.root
    resources: list[RawResource] = []
    outputs: dict[str, Value] = {}
    with room_for_recursion(), _no_collection():
        try:
            sources = run.sources(run.folder)
            module = Module(run, sources)
            module.given = given_values(run, sources) if given is None else dict(given)
            _gather(module, resources)
            if sources.imports:
                # Imported here: few roots bring in what runs already.
                from soc2gate.declared.terraform.imports import imported

                resources = imported(resources, sources.imports)
            outputs = {name: plain(module.output(name)) for name in sources.outputs}
        except InputError as error:
            run.broken(error)
            run.unread[error.message] = None
        except RecursionError:
            run.broken(RefusedError("references or values nest too deep"))
            run.unread["references or values nest too deep"] = None
        for each in run.modules:
            each.forget()
    return Reading(
        "terraform",
        root.path,
        tuple(resources),
        tuple(run.problems.values()),
        tuple(run.unread),
        tuple(sorted(run.files.read_paths)),
        outputs,
    )


def _gather(module: Module, resources: list[RawResource]) -> None:
    """All resources of a module and of those it calls, in the order of their files."""
    run = module.run
    module.validate_variables()
    for data, table in ((False, module.sources.resources), (True, module.sources.data)):
        for (type_, name), block in table.items():
            try:
                expansion = module.resource(type_, name, data)
            except EvaluationError as error:
                run.problem(Weight.GAP, error.message, where_of(block))
                run.unread[error.message] = None
                continue
            for instance in expansion.instances:
                try:
                    resources.append(instance.resource())
                except RecursionError:
                    run.broken(RefusedError(f"{instance.address}: its values nest too deep"), where_of(block))
                    run.unread[f"{instance.address}: its values nest too deep"] = None
                except (EvaluationError, RefusedError) as error:
                    run.failed(instance.address, error, where_of(block))
                    run.unread[f"{instance.address}: {error.message}"] = None
    for name, block in module.sources.modules.items():
        where = where_of(block)
        try:
            for called in module.called(name).instances:
                _gather(called, resources)
        except EvaluationError as error:
            run.failed(f"{module.prefix}module.{name}", error, where)
            run.unread[f"module.{name}: {error.message}"] = None
        except RefusedError as error:
            run.broken(error, where)
            run.unread[f"module.{name}: {error.message}"] = None


@contextmanager
def room_for_recursion() -> Iterator[None]:
    """Let references lead on for hundreds of steps.

    The evaluator counts its own depth and stops long before this. Python's frames live on the heap since 3.11, so a
    higher limit costs no C stack.
    """
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector out: there is nothing for it to find, and walking a million nodes of trees takes
    longer than reading them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
