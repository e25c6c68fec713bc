"""checkov's JSON: read, whichever of its three shapes it has.

Where nothing was scanned it is one flat object, for one framework an object with `results`, for several a list of
those. A file it could not parse is named in `parsing_errors` and nowhere else; it leaves with 0 all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

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
from soc2gate.errors import InputError
from soc2gate.model.resource import Problem, Span, Weight

ENGINE = "checkov"
_LISTS = {"passed_checks": PASS, "failed_checks": FAIL, "skipped_checks": SKIPPED, "unknown_checks": UNKNOWN}


def read(told: Json, places: Places, *, source: str = "") -> Report:
    """What checkov reports. Raises `InputError` for what is none of its shapes."""
    parts = told if isinstance(told, list) else [told]
    results: list[Reported] = []
    problems: list[Problem] = []
    version = ""
    for part in parts:
        if not isinstance(part, dict) or not ("results" in part or "checkov_version" in part):
            raise InputError(
                "is not what `checkov -o json` writes", path=source or "checkov", hint="checkov -d . -o json > r.json"
            )
        version = (
            version or text(table(part.get("summary")).get("checkov_version")) or text(part.get("checkov_version"))
        )
        held = table(part.get("results"))
        for name, verdict in _LISTS.items():
            results += [_result(table(entry), verdict, places) for entry in items(held.get(name))]
        problems += _parse_errors(held, places)
    return Report(ENGINE, version, source, tuple(results), tuple(dict.fromkeys(problems)))


def _result(entry: Mapping[str, Json], verdict: str, places: Places) -> Reported:
    lines = items(entry.get("file_line_range"))
    first = number(lines[0]) if lines else 1
    resource = text(entry.get("resource"))
    address, kind = _address(resource, text(entry.get("resource_address")))
    names = [text(entry.get(key)) for key in ("file_abs_path", "repo_file_path", "file_path")]
    return Reported(
        check=text(entry.get("check_id")),
        verdict=verdict,
        name=text(entry.get("check_name")),
        address=address,
        type=kind,
        path=places.relative(names),
        line=first,
        end_line=max(first, number(lines[1]) if len(lines) > 1 else first),
        reason=text(table(entry.get("check_result")).get("suppress_comment")),
        guideline=text(entry.get("guideline")),
    )


def _address(resource: str, full: str) -> tuple[str, str]:
    """The resource as soc2gate addresses it, as far as the name tells, and its type.

    checkov writes `AWS::S3::Bucket.Logs`, `Deployment.shop.web` and Terraform's own addresses.
    """
    if resource.startswith("AWS::"):
        kind, _, logical = resource.partition(".")
        return logical, kind
    parts = resource.split(".")
    if parts[0][:1].isupper():
        # A container's checks have the container behind the pod's name.
        return "/".join(parts[:3]), f"Kubernetes::{parts[0]}"
    address = full or resource
    # A key may hold dots of its own: `module.shop["eu.west"].aws_s3_bucket.logs`.
    parts = re.sub(r"\[[^\]]*\]", "", address).split(".")
    return address, parts[-2] if len(parts) > 1 else ""


def _parse_errors(held: Mapping[str, Json], places: Places) -> Iterator[Problem]:
    for name in items(held.get("parsing_errors")):
        path = places.relative([text(name)])
        yield Problem(
            Weight.GAP,
            ENGINE,
            f"checkov could not parse {path}: none of its checks was asked there",
            Span(path, 1) if path else None,
        )
