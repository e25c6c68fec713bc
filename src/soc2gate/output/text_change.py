"""The parts of the text report about a change: what was there before, and what the change does to each criterion."""

from __future__ import annotations

from collections.abc import Iterator

from soc2gate.model.outcome import Effect, Run, Verdict
from soc2gate.model.resource import Span, Weight
from soc2gate.output import told
from soc2gate.output.style import Style

_SHOWN = 20


def already_there(run: Run, style: Style, verbose: bool) -> Iterator[str]:
    """Findings that the base or the baseline knows: a line each, none of them closes the gate."""
    old = [item for item in run.findings if item.new is False and item.waiver is None]
    old = [item for item in old if item.verdict is Verdict.FAIL]
    if not old:
        return
    old.sort(key=lambda item: (-item.severity, item.root, item.address, item.rule))
    yield style.heading(f"THERE BEFORE ({len(old)})")
    shown = old if verbose else old[:_SHOWN]
    for item in shown:
        place = f"{item.where.path}:{item.where.line}" if isinstance(item.where, Span) else ""
        yield f"  {style.severity(item.severity)} {item.rule}  {told.subject(item)}  {style.dim(place)}"
    if len(shown) < len(old):
        yield style.dim(f"  and {len(old) - len(shown)} more; --verbose lists them")
    yield ""


def effects(run: Run, style: Style) -> Iterator[str]:
    """What the change improves, worsens and leaves, and what it does to the gate itself."""
    if run.baseline is not None:
        yield from _baseline(run)
    diff = run.diff
    if diff is None:
        return
    yield style.heading("WHAT THIS CHANGE DOES")
    yield style.dim(f"  compared with {diff.base[:12]}, where {diff.head[:12]} left {diff.asked}")
    for effect in (Effect.WORSENS, Effect.MIXED, Effect.IMPROVES, Effect.LEAVES):
        for one in diff.criteria:
            if one.effect is effect:
                counts = f"{one.introduced} new, {one.resolved} resolved, {one.remaining} as before"
                yield f"  {one.id.ljust(6)} {effect.value.ljust(9)} {style.dim(counts)}"
    if not diff.criteria:
        yield "  no criterion gains or loses a finding"
    for gone in diff.resolved[:_SHOWN]:
        yield f"  resolved  {gone.rule}  {gone.address}"
    if len(diff.resolved) > _SHOWN:
        yield style.dim(f"  and {len(diff.resolved) - _SHOWN} more are resolved")
    old = sum(item.new is False and item.weight is not Weight.NOTE for item in run.problems)
    if old:
        yield f"  {old} place{'s' if old != 1 else ''} could not be looked at before either"
    if diff.policy:
        yield ""
        yield style.heading(f"POLICY CHANGES ({len(diff.policy)})")
        yield style.dim("  they count once they are merged; this run was judged by the base's gate")
        for change in diff.policy:
            yield f"  {change.change.ljust(8)} {change.what}  {change.path}" + (
                f": {change.detail}" if change.detail else ""
            )
    yield ""


def _baseline(run: Run) -> Iterator[str]:
    assert run.baseline is not None
    if run.baseline.gone:
        number = len(run.baseline.gone)
        said = "1 entry" if number == 1 else f"{number} entries"
        yield f"{said} of {run.baseline.path} no longer occur{'s' if number == 1 else ''}:"
        for rule, address in run.baseline.gone[:_SHOWN]:
            yield f"  {rule}  {address}"
        yield "  write it again: soc2gate baseline"
        yield ""
