"""Prowler's OCSF JSON, read: detection findings about a running account or cluster, those that passed included.

Its `status_code` is the verdict (`PASS`, `FAIL`, `MANUAL`); `status` says whether somebody muted it.
"""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.bridges.reported import FAIL, PASS, SKIPPED, UNKNOWN, Json, Report, Reported, items, table, text
from soc2gate.model.resource import LiveRef, Problem, Weight

ENGINE = "prowler"
_VERDICTS = {"PASS": PASS, "FAIL": FAIL, "MANUAL": UNKNOWN}
_PROVIDERS = ("aws", "kubernetes")


def is_ocsf(told: Json) -> bool:
    entries = told if isinstance(told, list) else [told]
    return bool(entries) and all(
        isinstance(one, dict) and "metadata" in one and "status_code" in one for one in entries
    )


def read(told: Json, *, source: str) -> Report:
    """What Prowler reports of AWS and Kubernetes; of other providers only how much there was."""
    entries = [table(entry) for entry in (told if isinstance(told, list) else [told])]
    known = [entry for entry in entries if _provider(entry) in _PROVIDERS]
    problems = []
    if len(known) < len(entries):
        others = sorted({_provider(entry) or "no provider" for entry in entries} - set(_PROVIDERS))
        text_ = f"{len(entries) - len(known)} results of {', '.join(others)} are about nothing that soc2gate judges"
        problems.append(Problem(Weight.NOTE, ENGINE, text_))
    version = next((_product(entry) for entry in entries if _product(entry)), "")
    return Report(ENGINE, version, source, tuple(map(_result, known)), tuple(problems))


def _product(entry: Mapping[str, Json]) -> str:
    return text(table(table(entry.get("metadata")).get("product")).get("version"))


def _provider(entry: Mapping[str, Json]) -> str:
    told = text(table(entry.get("unmapped")).get("provider")) or text(table(entry.get("cloud")).get("provider"))
    return told.lower()


def _result(entry: Mapping[str, Json]) -> Reported:
    resource = table(next(iter(items(entry.get("resources"))), None))
    cloud = table(entry.get("cloud"))
    info = table(entry.get("finding_info"))
    check = text(table(entry.get("metadata")).get("event_code"))
    verdict = _VERDICTS.get(text(entry.get("status_code")), UNKNOWN)
    detail = text(entry.get("status_detail")) or text(entry.get("message"))
    muted = text(entry.get("status")).lower() == "suppressed"
    uid = text(resource.get("uid")) or text(resource.get("name"))
    provider = _provider(entry)
    account = text(table(cloud.get("account")).get("uid")) or text(table(entry.get("unmapped")).get("provider_uid"))
    seen = text(entry.get("time_dt")) or text(info.get("created_time_dt"))
    region = text(cloud.get("region")) or text(resource.get("region"))
    return Reported(
        check=check,
        verdict=SKIPPED if muted and verdict == FAIL else verdict,
        name=text(info.get("title")) or check,
        address=uid,
        type=text(resource.get("type")),
        reason="muted in Prowler" if muted else detail,
        guideline=next(filter(None, map(text, items(table(entry.get("remediation")).get("references")))), ""),
        live=LiveRef(provider, account, region, uid, f"prowler:{check}", seen),
    )
