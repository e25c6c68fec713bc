"""Records of what people brought or decided: manual evidence, and reviews of access.

They stand in the ledger among the evaluation records, signed and chained as those are, so that nobody can bring, change
or take back one of them later without it being noticed. Each is an in-toto Statement about a file, which it names by
digest; `json_schemas/kept.schema.json` is their form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from soc2gate.errors import EvidenceError
from soc2gate.evidence.statement import EVALUATOR, STATEMENT_FORM, Link
from soc2gate.facts import dataclass
from soc2gate.model.value import Json
from soc2gate.version import __version__

MANUAL_TYPE = "urn:soc2gate:manual-evidence:1"
REVIEW_TYPE = "urn:soc2gate:access-review:1"
TYPES = (MANUAL_TYPE, REVIEW_TYPE)


@dataclass(frozen=True, slots=True)
class Subject:
    """A file that a record is about."""

    name: str
    sha256: str


def build(
    kind: str,
    subjects: Sequence[Subject],
    said: Mapping[str, Json],
    *,
    recorded_at: str,
    invocation: Mapping[str, Json],
    link: Link,
) -> dict[str, Json]:
    """The statement, ready to be sealed; `said` is what this kind of record has of its own."""
    return {
        "_type": STATEMENT_FORM,
        "subject": [{"name": one.name, "digest": {"sha256": one.sha256}} for one in subjects],
        "predicateType": kind,
        "predicate": {
            "evaluator": {"id": EVALUATOR, "version": __version__},
            "time": {"recorded_at": recorded_at},
            "invocation": dict(invocation),
            **said,
            "record": {"sequence": link.sequence, "previous": {"sha256": link.previous} if link.previous else None},
        },
    }


def schema_of(name: str) -> Any:
    """A JSON Schema of the package."""
    return json.loads((Path(__file__).parent.parent / "json_schemas" / f"{name}.schema.json").read_text("utf-8"))


def require(statement: Mapping[str, Any]) -> None:
    """Raises `EvidenceError` for a statement that does not have the form of its kind."""
    import jsonschema

    schemas = schema_of("kept")
    # By its kind, not by `oneOf`: then what is told is what is wrong with it.
    kind = statement.get("predicateType")
    schema = next(one for one in schemas["oneOf"] if one["properties"]["predicateType"]["const"] == kind)
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(dict(statement)))
    if error is not None:
        place = "/".join(str(step) for step in error.absolute_path)
        raise EvidenceError(f"the statement does not fit its schema at {place}: {error.message[:200]}")
