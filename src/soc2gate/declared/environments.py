"""One root, evaluated for each of its environments: production and staging are two deployments of the same files.

Each evaluation has a name of its own (`infra (prod)`), so that what is found in it is told apart everywhere that goes
by root and address. What every evaluation meets alike, such as a file that cannot be read, is told once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from soc2gate.declared.source import Root
from soc2gate.facts import replace
from soc2gate.model.resource import Problem, Reading, evaluation, root_of

FORMATS = ("terraform", "cloudformation", "helm")
"""What values decide about."""


def evaluations(roots: Iterable[Root], names: Callable[[Root], Sequence[str]]) -> tuple[Root, ...]:
    """The roots, each once for every environment that `names` gives of it."""
    return tuple(
        replace(root, environment=name)
        for root in roots
        for name in ((names(root) if root.format in FORMATS else ()) or ("",))
    )


def told_apart(reading: Reading, environment: str) -> Reading:
    """A reading that says which evaluation of its root it is."""
    name = evaluation(reading.root, environment)
    return replace(
        reading,
        root=name,
        environment=environment,
        resources=tuple(replace(each, root=name, environment=environment) for each in reading.resources),
        problems=tuple(replace(each, environment=environment) for each in reading.problems),
    )


def problems_of(readings: Sequence[Reading]) -> list[Problem]:
    """The problems of all readings; what all evaluations of a root have in common once, as of no environment."""
    evaluated: Counter[str] = Counter()
    met: Counter[tuple[str, Problem]] = Counter()
    for reading in readings:
        folder = root_of(reading.root, reading.environment)
        evaluated[folder] += 1
        met.update({(folder, _plain(problem)) for problem in reading.problems})
    out: dict[tuple[str, Problem], Problem] = {}
    for reading in readings:
        folder = root_of(reading.root, reading.environment)
        for problem in reading.problems:
            everywhere = met[folder, _plain(problem)] == evaluated[folder]
            told = _plain(problem) if everywhere else problem
            out.setdefault((folder, told), told)
    return list(out.values())


def _plain(problem: Problem) -> Problem:
    return replace(problem, environment="") if problem.environment else problem
