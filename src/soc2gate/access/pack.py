"""The pack that reviewers get: every principal with what it may do, who is to review it and by when.

It is written twice: as JSON, which later names it by digest, and as a table whose `decision` people fill in. The table
carries the digest, so that decisions cannot be handed in for another pack; its privileges are never read back.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from soc2gate.access import aws, kubernetes
from soc2gate.access.principals import Found, Principal, as_json
from soc2gate.errors import UsageError
from soc2gate.evidence.reviews import AccessReviews, PrincipalReview
from soc2gate.expectations import AccessReview
from soc2gate.facts import dataclass
from soc2gate.live.snapshot import Snapshot
from soc2gate.model.value import Json

SCHEMA = "soc2gate.access-pack/1"
DECISIONS = ("keep", "remove", "change")
COLUMNS = (
    "principal", "type", "place", "level", "privileges", "mfa", "last_used", "keys", "assumed_by", "member_of",
    "reviewer", "due", "last_decision", "remark", "decision", "decided_by", "decided_on", "note", "pack",
)  # fmt: skip
FILLED_IN = ("decision", "decided_by", "decided_on", "note")


def find(snapshot: Snapshot) -> Found:
    """Every principal of a snapshot, of all its accounts and clusters."""
    resources = snapshot.resources()
    found = [(aws if part.provider == "aws" else kubernetes).principals(part, resources) for part in snapshot.parts]
    left_out: dict[str, int] = {}
    for one in found:
        for what, number in one.left_out.items():
            left_out[what] = left_out.get(what, 0) + number
    return Found(
        tuple(principal for one in found for principal in one.principals),
        tuple(unread for one in found for unread in one.unread),
        left_out,
    )


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack, and the JSON file it is."""

    document: Mapping[str, Any]
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def principals(self) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = self.document["principals"]
        return found

    @property
    def still_there(self) -> list[Mapping[str, Any]]:
        return [row for row in self.principals if row["still_there"]]


def make(snapshot: Snapshot, asked: AccessReview, now: str, known: AccessReviews | None) -> Pack:
    """The pack of a snapshot; `known` is what the ledger says of earlier reviews, None where none was read."""
    found = find(snapshot)
    before = {one.id: one for one in known.principals if not one.gone_at} if known is not None else {}
    observed = {f"{part.provider}:{part.account}": part.taken_at for part in snapshot.parts}
    rows: list[Json] = [
        _row(one, asked, before.get(one.id), now, observed[one.place], asked_ledger=known is not None)
        for one in found.principals
    ]
    document: dict[str, Json] = {
        "schema": SCHEMA,
        "made_at": now,
        "observed_at": min(filter(None, observed.values()), default=now),
        "snapshots": [*sorted({info.digest.removeprefix("sha256:") for info in snapshot.infos})],
        "places": [*sorted(observed)],
        "unread": [{"place": one.place, "what": one.what, "reason": one.reason} for one in found.unread],
        "left_out": dict(found.left_out),
        "principals": rows,
    }
    return Pack(document, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _row(
    one: Principal, asked: AccessReview, before: PrincipalReview | None, now: str, seen_at: str, *, asked_ledger: bool
) -> dict[str, Json]:
    reviewer, days = asked.of(one.id)
    remark = "" if asked_ledger else "no ledger was read: earlier decisions are not known"
    due = (date.fromisoformat(now[:10]) + timedelta(days=asked.answer_days)).isoformat()
    still = False
    last: dict[str, Json] | None = None
    if before is not None and before.unique_id and one.unique_id and before.unique_id != one.unique_id:
        remark = "made anew under the name of one that was reviewed before"
        before = None
    elif before is None and asked_ledger:
        remark = "never reviewed"
    if before is not None:
        due = before.due
        decided = before.last
        if decided is None:
            remark = f"never reviewed, first seen {before.first_seen[:10]}"
        else:
            last = {"decision": decided.decision, "by": decided.by, "on": decided.on, "record": decided.record}
            still = decided.decision == "remove" and decided.recorded_at < seen_at
            if still:
                remark = f"was to be removed ({decided.by}, {decided.on}) and is still there"
    return {
        **as_json(one),
        "reviewer": reviewer,
        "every_days": days,
        "due": due,
        "last_decision": last,
        "still_there": still,
        "remark": remark,
    }


def as_csv(pack: Pack) -> str:
    """The table that reviewers fill in; a name that a spreadsheet would take for a formula has a `'` before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in pack.principals:
        writer.writerow([_inert(_cell(row, column, pack.digest)) for column in COLUMNS])
    return out.getvalue()


def _cell(row: Mapping[str, Any], column: str, digest: str) -> str:
    if column == "principal":
        return str(row["id"])
    if column == "pack":
        return digest
    if column in FILLED_IN:
        return ""
    value = row[column]
    if column == "keys":
        return "; ".join(_key(one) for one in value)
    if column == "last_decision":
        return f"{value['decision']} ({value['by']}, {value['on']})" if value else ""
    return "; ".join(value) if isinstance(value, list) else str(value)


def _key(key: Mapping[str, Any]) -> str:
    state = {True: "active", False: "inactive", None: "unknown whether active"}[key["active"]]
    age = f"{key['age_days']} days old" if key["age_days"] is not None else "age unknown"
    return f"{state}, {age}, last used {key['last_used']}"


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def plain(cell: str) -> str:
    """A cell as it was before `_inert`."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def load(text: str, told: str) -> Pack:
    """A pack from its JSON; raises `UsageError` for what is not one."""
    import jsonschema

    from soc2gate.evidence.kept import schema_of

    try:
        document = json.loads(text)
        jsonschema.validate(document, schema_of("access-pack"))
    except ValueError:
        raise UsageError(f"{told} is not JSON") from None
    except jsonschema.ValidationError as error:
        place = "/".join(str(step) for step in error.absolute_path)
        raise UsageError(f"{told} is not the JSON of an access review: {place}: {error.message[:200]}") from None
    return Pack(document, text)
