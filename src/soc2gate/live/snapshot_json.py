"""The snapshot as a JSON document: writing it, reading it back, and refusing what is not one."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from soc2gate.errors import InputError
from soc2gate.facts import replace
from soc2gate.live.snapshot import (
    GLOBAL,
    MAX_BYTES,
    SCHEMA,
    CallCount,
    Coverage,
    FailedCall,
    Part,
    Snapshot,
    provider_of,
    root_of,
)
from soc2gate.model.resource import LiveRef, Resource, Side
from soc2gate.model.value import Alternatives, Json, OpenList, OpenMap, Text, Unknown, Value, Withheld
from soc2gate.suggest import closest

COLLECT_AGAIN = "collect it again: soc2gate collect --output FILE"

T = TypeVar("T")
Fields = Mapping[str, Json]


def document(snapshot: Snapshot) -> dict[str, Json]:
    """The document without its digest, ordered."""
    return {
        "schema": SCHEMA,
        "tool": dict(snapshot.tool),
        "parts": [_part_document(part) for part in snapshot.parts],
    }


def digest_of(content: Fields) -> str:
    """`sha256:…` of a document, whatever its `digest` says and however its keys are ordered."""
    bare = {key: value for key, value in content.items() if key != "digest"}
    return "sha256:" + hashlib.sha256(_canonical(bare)).hexdigest()


def written(snapshot: Snapshot, *, compressed: bool = True) -> bytes:
    """The document with its digest, as a file holds it."""
    content = document(snapshot)
    whole = {"schema": SCHEMA, "digest": digest_of(content), **content}
    data = json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=False).encode() + b"\n"
    # No time stamp inside: the same snapshot is the same bytes.
    return gzip.compress(data, compresslevel=6, mtime=0) if compressed else data


def write_document(snapshot: Snapshot, path: Path) -> None:
    """Write beside the target first: a reader never meets half a snapshot."""
    data = written(snapshot, compressed=path.name.endswith(".gz"))
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("xb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def read_document(path: Path, *, strict_digest: bool) -> Snapshot:
    """The snapshot in a file; see `Snapshot.read`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", path=str(path), hint=COLLECT_AGAIN) from error
    return read_bytes(data, path, strict_digest=strict_digest)


def read_bytes(data: bytes, path: Path, *, strict_digest: bool = True) -> Snapshot:
    """The snapshot that `written` wrote; `path` is for messages."""
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data, path)
    try:
        content: Json = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _broken_json(error, path) from error
    return parse_document(content, str(path), strict_digest=strict_digest)


def parse_document(content: Json, path: str, *, strict_digest: bool) -> Snapshot:
    """The snapshot a document tells of; see `Snapshot.parse`."""
    if not isinstance(content, dict) or "schema" not in content:
        raise InputError("is not a snapshot: it names no schema", path=path, hint=COLLECT_AGAIN)
    if content["schema"] != SCHEMA:
        raise InputError(
            f"has schema {json.dumps(content['schema'])}, and this version reads {SCHEMA}",
            path=path,
            hint="collect it again with this version of soc2gate, or read it with the one that wrote it",
        )
    if strict_digest:
        _check_digest(content, path)
    reader = _Reader(path)
    if "parts" in content:
        reader.only(content, "the snapshot", ("schema", "digest", "tool", "parts"))
        tool = {key: str(value) for key, value in reader.fields(content, "tool", "the snapshot").items()}
        parts = reader.each(content, "parts", "the snapshot", reader.part)
        return Snapshot(parts, tool)
    bare = {key: value for key, value in content.items() if key not in ("schema", "digest", "tool")}
    return Snapshot((reader.part(bare, "the snapshot"),))


def encode(value: Value) -> Json:
    """A value as the snapshot writes it; `decode` gives it back unchanged."""
    if isinstance(value, dict):
        return {("$" + key if key.startswith("$") else key): encode(child) for key, child in value.items()}
    if isinstance(value, list):
        return [encode(child) for child in value]
    if isinstance(value, Unknown):
        told: dict[str, Json] = {"$unknown": value.reason}
        if value.not_null:
            told["not_null"] = True
        if value.withheld is not None:
            told["withheld"] = _without_empty({"secret": value.withheld.secret, "digest": value.withheld.digest})
        return told
    if isinstance(value, OpenList):
        return {
            "$list": [encode(child) for child in value.items],
            "more": [encode(child) for child in value.more],
            "reason": value.reason,
        }
    if isinstance(value, OpenMap):
        items: dict[str, Json] = {key: encode(child) for key, child in value.items.items()}
        return {"$map": items, "more": encode(value.more), "reason": value.reason}
    if isinstance(value, Alternatives):
        return {"$one_of": [encode(child) for child in value.options], "reason": value.reason}
    if isinstance(value, Text):
        return {"$text": [part if isinstance(part, str) else encode(part) for part in value.parts]}
    return value


def decode(value: Json) -> Value:
    """The value that `encode` wrote."""
    if isinstance(value, list):
        return [decode(child) for child in value]
    if not isinstance(value, dict):
        return value
    for marker, build in _MARKERS.items():
        if marker in value:
            return build(value)
    return {(key[1:] if key.startswith("$$") else key): decode(child) for key, child in value.items()}


def _decode_all(values: Json) -> tuple[Value, ...]:
    return tuple(decode(value) for value in values) if isinstance(values, list) else ()


def _decode_withheld(value: Fields) -> Withheld | None:
    told = value.get("withheld")
    secret = told.get("secret") if isinstance(told, dict) else None
    return (
        Withheld(secret if isinstance(secret, bool) else None, str(told.get("digest", "")))
        if isinstance(told, dict)
        else None
    )


def _decode_text(value: Fields) -> Value:
    return Text(tuple(part for part in _decode_all(value["$text"]) if isinstance(part, (str, Unknown))))


def _decode_map(value: Fields) -> Value:
    items = value["$map"] if isinstance(value["$map"], dict) else {}
    return OpenMap(
        {key: decode(child) for key, child in items.items()},
        decode(value.get("more")),
        str(value.get("reason", "")),
    )


_MARKERS: Mapping[str, Callable[[Fields], Value]] = {
    "$unknown": lambda value: Unknown(
        str(value["$unknown"]), not_null=bool(value.get("not_null", False)), withheld=_decode_withheld(value)
    ),
    "$list": lambda value: OpenList(
        _decode_all(value["$list"]), _decode_all(value.get("more")), str(value.get("reason", ""))
    ),
    "$map": _decode_map,
    "$one_of": lambda value: Alternatives(_decode_all(value["$one_of"]), str(value.get("reason", ""))),
    "$text": _decode_text,
}


def _canonical(content: Json) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def _check_digest(content: Fields, path: str) -> None:
    said = content.get("digest")
    if said is None:
        raise InputError("carries no digest, so nobody can tell whether it was changed", path=path, hint=COLLECT_AGAIN)
    found = digest_of(content)
    if said != found:
        raise InputError(
            f"was changed after it was written: its digest says {said} and its content is {found}",
            path=path,
            hint=COLLECT_AGAIN,
        )


def _unpacked(data: bytes, path: Path) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        out = unpacker.decompress(data, MAX_BYTES)
    except zlib.error as error:
        raise InputError(f"is damaged gzip ({error})", path=str(path), hint=COLLECT_AGAIN) from error
    if unpacker.unconsumed_tail:
        raise InputError(
            f"unpacks to more than {MAX_BYTES:,} bytes", path=str(path), hint="collect fewer kinds at once"
        )
    if not unpacker.eof:
        raise InputError("is cut off: the gzip stream does not end", path=str(path), hint=COLLECT_AGAIN)
    return out


def _broken_json(error: ValueError | RecursionError, path: Path) -> InputError:
    if isinstance(error, RecursionError):
        return InputError("is nested too deeply to be a snapshot", path=str(path), hint=COLLECT_AGAIN)
    if isinstance(error, json.JSONDecodeError):
        told = "is cut off or not JSON" if error.pos >= len(error.doc.rstrip()) else "is not JSON"
        return InputError(
            f"{told} ({error.msg})", path=str(path), line=error.lineno, column=error.colno, hint=COLLECT_AGAIN
        )
    return InputError("is not UTF-8 text", path=str(path), hint=COLLECT_AGAIN)


# From Part to document. Fields at their usual value are left out: snapshots of large accounts stay readable.


def _part_document(part: Part) -> dict[str, Json]:
    keyed: dict[str, Json] = {"digest_key": part.digest_key} if part.digest_key else {}
    return keyed | {
        "provider": part.provider,
        "account": part.account,
        "caller": part.caller,
        "taken_at": part.taken_at,
        "finished_at": part.finished_at,
        "partial": part.partial,
        "regions_asked": list(part.regions_asked),
        "regions_read": list(part.regions_read),
        "notes": list(part.notes),
        "coverage": [_coverage_document(entry) for entry in sorted(part.coverage, key=lambda c: (c.kind, c.region))],
        "calls": [
            {"call": count.call, "region": count.region, "made": count.made, "failed": count.failed}
            for count in sorted(part.calls, key=lambda c: (c.call, c.region))
        ],
        "failed_calls": [
            _without_empty(
                {
                    "call": failed.call,
                    "action": failed.action,
                    "kind": failed.kind,
                    "region": failed.region,
                    "uid": failed.uid,
                    "property": failed.property,
                    "error": failed.error,
                    "reason": failed.reason,
                }
            )
            for failed in sorted(part.failed_calls, key=lambda f: (f.kind, f.region, f.uid, f.call, f.property))
        ],
        "resources": [
            _resource_document(resource, part)
            for resource in sorted(part.resources, key=lambda r: (r.kind, _ref(r).region, _ref(r).uid))
        ],
    }


def _coverage_document(entry: Coverage) -> dict[str, Json]:
    told: dict[str, Json] = {"kind": entry.kind, "region": entry.region, "read": entry.read}
    if entry.reason:
        told["reason"] = entry.reason
    return told


def _resource_document(resource: Resource, part: Part) -> dict[str, Json]:
    seen = _ref(resource)
    told: dict[str, Json] = {"kind": resource.kind, "uid": seen.uid, "region": seen.region, "call": seen.call}
    if seen.seen_at != part.taken_at:
        told["seen_at"] = seen.seen_at
    places = {path: place.call for path, place in sorted(resource.places.items()) if isinstance(place, LiveRef)}
    calls: dict[str, Json] = {path: call for path, call in places.items() if call != seen.call}
    read: list[Json] = [path for path, call in places.items() if call == seen.call]
    optional: dict[str, Json] = {
        "read": read,
        "calls": calls,
        "identity": encode(dict(resource.identity)),
        "tags": encode(dict(resource.tags)),
        "managed_by": resource.managed_by,
        "derived_from": resource.derived_from,
        "uncertain": resource.uncertain,
        "notes": dict(resource.notes),
        "related": encode(dict(resource.related)),
    }
    return {**told, **_without_empty(optional), "properties": encode(dict(resource.properties))}


def _ref(resource: Resource) -> LiveRef:
    if not isinstance(resource.where, LiveRef):
        raise TypeError(f"{resource.address} is not a live resource")
    return resource.where


def _without_empty(fields: dict[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in fields.items() if value not in ("", {}, [])}


# From document to Part, saying what is wrong where.

_PART = (
    "provider",
    "account",
    "caller",
    "taken_at",
    "finished_at",
    "partial",
    "regions_asked",
    "regions_read",
    "notes",
    "digest_key",
    "coverage",
    "calls",
    "failed_calls",
    "resources",
)
_RESOURCE = (
    "kind",
    "uid",
    "region",
    "call",
    "seen_at",
    "read",
    "calls",
    "identity",
    "tags",
    "managed_by",
    "derived_from",
    "uncertain",
    "notes",
    "related",
    "properties",
)
_FAILED = ("call", "action", "kind", "region", "uid", "property", "error", "reason")


class _Reader:
    """Reads fields of the right shape out of one document, and names the place of one that is not."""

    def __init__(self, path: str) -> None:
        self.path = path

    def wrong(self, message: str, hint: str = "") -> InputError:
        return InputError(message, path=self.path, hint=hint or COLLECT_AGAIN)

    def only(self, fields: Fields, what: str, known: tuple[str, ...]) -> None:
        for key in fields:
            if key not in known:
                near = closest(key, known)
                raise self.wrong(f"{what} has no field “{key}”", f"did you mean “{near}”?" if near else "")

    def object(self, value: Json, what: str) -> Fields:
        if not isinstance(value, dict):
            raise self.wrong(f"{what} should be an object, and is {_shape(value)}")
        return value

    def fields(self, fields: Fields, key: str, what: str) -> Fields:
        return self.object(fields.get(key) or {}, f"“{key}” of {what}")

    def text(self, fields: Fields, key: str, what: str, otherwise: str | None = "") -> str:
        value = fields.get(key, otherwise)
        if not isinstance(value, str):
            if value is None:
                raise self.wrong(f"{what} lacks “{key}”")
            raise self.wrong(f"“{key}” of {what} should be text, and is {_shape(value)}")
        return value

    def texts(self, fields: Fields, key: str, what: str) -> tuple[str, ...]:
        value = fields.get(key) or []
        if not isinstance(value, list):
            raise self.wrong(f"“{key}” of {what} should be a list, and is {_shape(value)}")
        return tuple(str(item) for item in value)

    def each(self, fields: Fields, key: str, what: str, read: Callable[[Fields, str], T]) -> tuple[T, ...]:
        value = fields.get(key) or []
        if not isinstance(value, list):
            raise self.wrong(f"“{key}” of {what} should be a list, and is {_shape(value)}")
        return tuple(read(self.object(item, f"{key}[{n}]"), f"{key}[{n}]") for n, item in enumerate(value))

    def part(self, fields: Fields, what: str) -> Part:
        self.only(fields, what, _PART)
        provider = self.text(fields, "provider", what, "aws")
        if provider not in ("aws", "kubernetes"):
            raise self.wrong(f"{what} has provider “{provider}”; known are aws and kubernetes")
        account = self.text(fields, "account", what, "123456789012" if provider == "aws" else "cluster")
        taken_at = self.text(fields, "taken_at", what)
        bare = Part(
            provider=provider,
            account=account,
            caller=self.text(fields, "caller", what),
            taken_at=taken_at,
            finished_at=self.text(fields, "finished_at", what),
            regions_asked=self.texts(fields, "regions_asked", what),
            regions_read=self.texts(fields, "regions_read", what),
            partial=bool(fields.get("partial", False)),
            notes=self.texts(fields, "notes", what),
            digest_key=self.text(fields, "digest_key", what),
            coverage=self.each(fields, "coverage", what, self.coverage),
            calls=self.each(fields, "calls", what, self.call_count),
            failed_calls=self.each(fields, "failed_calls", what, self.failed),
        )
        resources = self.each(fields, "resources", what, lambda item, place: self.resource(item, place, bare))
        return replace(bare, resources=tuple(with_failures(resource, bare.failed_calls) for resource in resources))

    def coverage(self, fields: Fields, what: str) -> Coverage:
        self.only(fields, what, ("kind", "region", "read", "reason"))
        return Coverage(
            self.text(fields, "kind", what, None),
            self.text(fields, "region", what),
            fields.get("read", True) is True,
            self.text(fields, "reason", what),
        )

    def call_count(self, fields: Fields, what: str) -> CallCount:
        self.only(fields, what, ("call", "region", "made", "failed"))
        made, failed = fields.get("made", 0), fields.get("failed", 0)
        if not isinstance(made, int) or not isinstance(failed, int):
            raise self.wrong(f"“made” and “failed” of {what} should be numbers")
        return CallCount(self.text(fields, "call", what, None), self.text(fields, "region", what), made, failed)

    def failed(self, fields: Fields, what: str) -> FailedCall:
        self.only(fields, what, _FAILED)
        call = self.text(fields, "call", what, None)
        error = self.text(fields, "error", what)
        return FailedCall(
            call=call,
            kind=self.text(fields, "kind", what, None),
            region=self.text(fields, "region", what),
            error=error,
            reason=self.text(fields, "reason", what) or failure_reason(call, error),
            uid=self.text(fields, "uid", what),
            property=self.text(fields, "property", what),
            action=self.text(fields, "action", what),
        )

    def resource(self, fields: Fields, what: str, part: Part) -> Resource:
        self.only(fields, what, _RESOURCE)
        kind = self.text(fields, "kind", what, None)
        uid = self.text(fields, "uid", what, None)
        if provider_of(kind) != part.provider:
            raise self.wrong(f"{what} is a {kind} in a part of provider {part.provider}")
        region = self.text(fields, "region", what, "us-east-1" if part.provider == "aws" else "")
        seen = LiveRef(
            part.provider,
            part.account,
            region,
            uid,
            self.text(fields, "call", what),
            self.text(fields, "seen_at", what, part.taken_at),
        )
        calls = self.fields(fields, "calls", what)
        notes = self.fields(fields, "notes", what)
        properties = _decoded(self.fields(fields, "properties", what))
        # A hand-written excerpt does not say what was looked at: what it tells was.
        read = self.texts(fields, "read", what) if "read" in fields or calls else tuple(properties)
        return Resource(
            kind=kind,
            address=uid,
            side=Side.LIVE,
            properties=properties,
            where=seen,
            places={
                **dict.fromkeys(read, seen),
                **{path: replace(seen, call=str(call)) for path, call in calls.items()},
            },
            root=root_of(part.provider, part.account, region),
            spelling="api",
            identity=_decoded(self.fields(fields, "identity", what)),
            related=_decoded(self.fields(fields, "related", what)),
            notes={path: str(note) for path, note in notes.items()},
            derived_from=self.text(fields, "derived_from", what),
            uncertain=self.text(fields, "uncertain", what),
            tags=_decoded(self.fields(fields, "tags", what)),
            managed_by=self.text(fields, "managed_by", what),
        )


def failure_reason(call: str, error: str) -> str:
    """`s3:GetBucketVersioning was denied (AccessDenied)`: what a failed call is called everywhere."""
    if not error:
        return f"{call} failed"
    if error in THROTTLED:
        return f"{call} was throttled ({error})"
    return f"{call} was denied ({error})" if is_denied(error) else f"{call} failed ({error})"


THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "TooManyRequestsException",
        "EC2ThrottledException",
        "TransactionInProgressException",
    }
)


def is_denied(error: str) -> bool:
    """Whether an error code says that the caller may not ask."""
    lowered = error.lower()
    return lowered.startswith(("accessdenied", "unauthorized", "notauthorized", "forbidden", "authorizationerror")) or (
        error in ("403", "AllAccessDisabled", "AuthFailure", "OptInRequired")
    )


def with_failures(resource: Resource, failed_calls: tuple[FailedCall, ...]) -> Resource:
    """The resource with every property unknown that a failed call should have told of."""
    mine = [f for f in failed_calls if f.uid and f.uid == resource.address and f.kind in ("", resource.kind)]
    if not mine:
        return resource
    properties = dict(resource.properties)
    related = dict(resource.related)
    for failed in mine:
        unknown = Unknown(failed.reason)
        for path in (one.strip() for one in failed.property.split(",")):
            if path.startswith("related."):
                related.setdefault(path.removeprefix("related."), unknown)
            elif path and path != "*":
                set_unknown(properties, path, unknown)
    return replace(resource, properties=properties, related=related)


def set_unknown(properties: dict[str, Value], path: str, unknown: Unknown) -> None:
    """Make `A.B` unknown unless something stands there; objects on the way are copied, never changed."""
    head, _, rest = path.partition(".")
    here = properties.get(head)
    if not rest:
        if here is None:
            properties[head] = unknown
        return
    if here is None or isinstance(here, dict):
        inner = dict(here or {})
        set_unknown(inner, rest, unknown)
        properties[head] = inner


def _decoded(fields: Fields) -> dict[str, Value]:
    return {(key[1:] if key.startswith("$$") else key): decode(value) for key, value in fields.items()}


def _shape(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    return {str: "text", list: "a list", dict: "an object"}[type(value)]


__all__ = ["GLOBAL", "decode", "digest_of", "document", "encode", "parse_document", "read_document", "write_document"]
