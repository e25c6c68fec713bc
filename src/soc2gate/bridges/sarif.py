"""SARIF 2.1.0 of any tool, read: one report for each run in it.

A result without a kind is a failure; a suppressed one is skipped, with the reason the file gives. What a tool says it
could not do is a problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from soc2gate.bridges.reported import (
    FAIL,
    PASS,
    SKIPPED,
    UNKNOWN,
    Json,
    Places,
    Report,
    Reported,
    items,
    number,
    table,
    text,
)
from soc2gate.model.resource import Problem, Span, Weight

_KINDS = {"fail": FAIL, "pass": PASS, "open": UNKNOWN, "review": UNKNOWN}
"""What else there is (`notApplicable`, `informational`) says nothing about a control."""


def is_sarif(told: Json) -> bool:
    return isinstance(told, dict) and isinstance(told.get("runs"), list)


def read(told: Json, places: Places, *, source: str) -> list[Report]:
    """The runs of a SARIF file, each of the tool that it names."""
    return [_run(table(run), places, source) for run in items(table(told).get("runs"))]


def _run(run: Mapping[str, Json], places: Places, source: str) -> Report:
    driver = table(table(run.get("tool")).get("driver"))
    engine = (text(driver.get("name")) or "unnamed tool").casefold()
    rules = [table(rule) for rule in items(driver.get("rules"))]
    by_id = {text(rule.get("id")): rule for rule in rules}
    bases = {name: text(table(value).get("uri")) for name, value in table(run.get("originalUriBaseIds")).items()}
    results = []
    for entry in map(table, items(run.get("results"))):
        rule = _rule_of(entry, rules, by_id)
        verdict = _KINDS.get(text(entry.get("kind")) or "fail")
        if verdict is not None:
            results.append(_result(entry, rule, verdict, places, bases))
    version = text(driver.get("semanticVersion")) or text(driver.get("version"))
    return Report(engine, version, source, tuple(results), tuple(_problems(run, engine, places, bases)))


def _rule_of(
    entry: Mapping[str, Json], rules: list[Mapping[str, Json]], by_id: Mapping[str, Mapping[str, Json]]
) -> Mapping[str, Json]:
    reference = table(entry.get("rule"))
    name = text(entry.get("ruleId")) or text(reference.get("id"))
    if name in by_id:
        return by_id[name]
    index = entry.get("ruleIndex", reference.get("index"))
    if isinstance(index, int) and not name and 0 <= index < len(rules):
        return rules[index]
    return {"id": name}


def _result(
    entry: Mapping[str, Json], rule: Mapping[str, Json], verdict: str, places: Places, bases: Mapping[str, str]
) -> Reported:
    location = table(next(iter(items(entry.get("locations"))), None))
    physical = table(location.get("physicalLocation"))
    region = table(physical.get("region"))
    first = number(region.get("startLine"))
    logical = table(next(iter(items(location.get("logicalLocations"))), None))
    skipped = [table(one) for one in items(entry.get("suppressions")) if table(one).get("status") != "rejected"]
    message = text(table(entry.get("message")).get("text"))
    name = text(table(rule.get("shortDescription")).get("text")) or text(rule.get("name"))
    return Reported(
        check=text(rule.get("id")),
        verdict=SKIPPED if skipped and verdict == FAIL else verdict,
        name=name or message.partition("\n")[0],
        address=text(logical.get("fullyQualifiedName")),
        path=_path(table(physical.get("artifactLocation")), places, bases),
        line=first,
        end_line=max(first, number(region.get("endLine"), first)),
        reason=text(skipped[0].get("justification")) if skipped else message if verdict == UNKNOWN else "",
        guideline=text(rule.get("helpUri")),
    )


def _path(location: Mapping[str, Json], places: Places, bases: Mapping[str, str]) -> str:
    uri = text(location.get("uri"))
    base = bases.get(text(location.get("uriBaseId")), "")
    names = [_local(base.rstrip("/") + "/" + uri)] if base.startswith("file:") else []
    return places.relative([*names, _local(uri)])


def _local(uri: str) -> str:
    """A file's name out of a URI; the URI itself where it is none of a file."""
    split = urlsplit(uri)
    if split.scheme == "file" or not split.scheme:
        return unquote(split.path, errors="surrogateescape")
    return unquote(uri)


def _problems(run: Mapping[str, Json], engine: str, places: Places, bases: Mapping[str, str]) -> Iterator[Problem]:
    for invocation in map(table, items(run.get("invocations"))):
        told = [
            *items(invocation.get("toolExecutionNotifications")),
            *items(invocation.get("toolConfigurationNotifications")),
        ]
        errors = [table(note) for note in told if table(note).get("level") == "error"]
        for note in errors:
            said = text(table(note.get("message")).get("text")) or "an error it says nothing about"
            place = table(table(next(iter(items(note.get("locations"))), None)).get("physicalLocation"))
            path = _path(table(place.get("artifactLocation")), places, bases) if place else ""
            where = Span(path, number(table(place.get("region")).get("startLine"))) if path else None
            yield Problem(Weight.GAP, engine, f"{engine} says: {said}", where)
        if invocation.get("executionSuccessful") is False and not errors:
            yield Problem(Weight.GAP, engine, f"{engine} says that it did not end well, and not why")
