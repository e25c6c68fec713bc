"""What was seen of a running account or cluster, kept in one file: the live side of every comparison.

Collecting needs credentials; everything after it reads a `Snapshot`, so that another machine, or an auditor a year
later, gives the same answer. A file holds *parts*, one per AWS account or cluster:

    {"schema": "soc2gate.snapshot/1", "digest": "sha256:…", "tool": {"name": "soc2gate", "version": "0.1.0"},
     "parts": [{
       "provider": "aws", "account": "123456789012", "caller": "arn:aws:iam::123456789012:user/ci",
       "taken_at": "2026-11-21T09:00:00Z", "finished_at": "…", "partial": false,
       "regions_asked": ["eu-west-1"], "regions_read": ["eu-west-1"],
       "coverage":  [{"kind": "AWS::EC2::Volume", "region": "eu-west-1", "read": true},
                     {"kind": "AWS::EC2::VPC", "region": "eu-west-1", "read": false, "reason": "… was denied (…)"}],
       "calls":     [{"call": "ec2:DescribeVolumes", "region": "eu-west-1", "made": 1, "failed": 0}],
       "failed_calls": [{"call": "…", "action": "…", "kind": "…", "region": "…", "uid": "…", "property": "…",
                         "error": "AccessDenied", "reason": "s3:GetBucketVersioning was denied (AccessDenied)"}],
       "resources": [{"kind": "AWS::S3::Bucket", "uid": "arn:aws:s3:::logs", "region": "eu-west-1",
                      "call": "s3:ListBuckets", "read": ["BucketName"],
                      "calls": {"VersioningConfiguration": "s3:GetBucketVersioning"},
                      "identity": {"name": "logs"}, "tags": {}, "properties": {…}}]}]}

`read` and `calls` name the properties that were looked at, found or not: by the resource's own `call`, and by others.
Properties are in the normal form. What could not be read is written as `{"$unknown": "why"}`, with
`"withheld": {"secret": true, "digest": "…"}` where it was read, judged and not kept (kinds/withheld.py); a key
of the provider's that begins with `$` is written with one more (`$$…`). The digest is the sha256 of the same document
without `digest`, as JSON with sorted keys, no spaces and no escapes beyond JSON's own. A name that ends in
`.gz` is compressed.

**The short form** for rule fixtures (`*.live.json`), read with `strict_digest=False`: one part without the wrapping,
and only what the case needs. `account` is 123456789012 and `region` us-east-1 unless said, every kind counts as
read, and a failed call makes the property it names unknown:

    {"schema": "soc2gate.snapshot/1", "provider": "aws", "account": "123456789012",
     "resources": [{"kind": "AWS::S3::Bucket", "region": "eu-west-1", "uid": "arn:aws:s3:::logs",
                    "properties": {"BucketName": "logs"}}],
     "failed_calls": [{"kind": "AWS::S3::Bucket", "uid": "arn:aws:s3:::logs", "call": "s3:GetBucketVersioning",
                       "property": "VersioningConfiguration", "error": "AccessDenied"}]}

`property` may be a path (`LaunchTemplateData.MetadataOptions`), `related.Policy` for a link, several of them separated
by commas, or `*`: nothing of that resource but what stands there was readable. Without a `uid` the kind could not be
listed in its `region` (or at all).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from soc2gate.errors import InputError
from soc2gate.facts import dataclass, field, replace
from soc2gate.model.outcome import SnapshotInfo
from soc2gate.model.resource import LiveRef, Problem, Resource, Weight
from soc2gate.model.value import Json

SCHEMA = "soc2gate.snapshot/1"
GLOBAL = "global"
"""The region of services that have none."""
_MANY = 5
"""From so many kinds on that could not be read for one reason, they are told as one."""
MAX_BYTES = 2_000_000_000
"""A snapshot may not unpack to more than this."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether one kind was read in one region; `global` for services without regions, empty for clusters."""

    kind: str
    region: str
    read: bool = True
    reason: str = ""
    """Why not: `ec2:DescribeVolumes was denied (UnauthorizedOperation)`."""


@dataclass(frozen=True, slots=True)
class CallCount:
    """How often one operation was called in one region, and how often it failed."""

    call: str
    region: str
    made: int
    failed: int = 0


@dataclass(frozen=True, slots=True)
class FailedCall:
    """One call that gave no answer. Codes that mean absence are answers, and do not stand here."""

    call: str
    """`s3:GetBucketVersioning`, `list secrets`."""
    kind: str
    region: str
    error: str
    """The API's own code: `AccessDenied`."""
    reason: str = ""
    """For people: `s3:GetBucketVersioning was denied (AccessDenied)`."""
    uid: str = ""
    """The resource it was about; empty when the kind could not be listed."""
    property: str = ""
    """The property that is unknown because of it."""
    action: str = ""
    """The permission it needs, where that differs from `call`."""


@dataclass(frozen=True, slots=True)
class Part:
    """One account or cluster, as it was seen."""

    provider: str
    """`aws` or `kubernetes`."""
    account: str
    """The AWS account id, or the cluster's name."""
    caller: str = ""
    taken_at: str = ""
    finished_at: str = ""
    regions_asked: tuple[str, ...] = ()
    regions_read: tuple[str, ...] = ()
    """Asked regions in which at least one kind was read."""
    coverage: tuple[Coverage, ...] = ()
    """Empty in a hand-written part: then everything counts as read."""
    calls: tuple[CallCount, ...] = ()
    failed_calls: tuple[FailedCall, ...] = ()
    resources: tuple[Resource, ...] = ()
    """As seen, not yet linked."""
    partial: bool = False
    """Stopped before it was done."""
    notes: tuple[str, ...] = ()
    """Remarks for the report: how the regions were chosen."""
    digest_key: str = ""
    """The name of the key that digests of what is not kept were made with; empty where none were made."""

    @property
    def info(self) -> SnapshotInfo:
        return SnapshotInfo(
            digest="",
            taken_at=self.taken_at,
            provider=self.provider,
            account=self.account,
            caller=self.caller,
            regions_asked=self.regions_asked,
            regions_read=self.regions_read,
            calls=sum(count.made for count in self.calls),
            failed_calls=len(self.failed_calls),
            partial=self.partial,
        )

    def why_unread(self, kind: str, region: str = "") -> str | None:
        """Why resources of this kind may exist in `region` without standing here; None when they were all read.

        Without a region (it is not known) every region asked must have been read.
        """
        if not self.coverage:
            listing = [
                failed.reason
                for failed in self.failed_calls
                if failed.kind == kind and not failed.uid and (not region or failed.region in (region, GLOBAL, ""))
            ]
            return listing[0] if listing else None
        of_kind = [entry for entry in self.coverage if entry.kind == kind]
        if not of_kind:
            return f"{kind} was not asked of {self.account}"
        # Of some kinds (web ACLs) some belong to a region and some to none; reading these tells nothing of a region.
        whole = {GLOBAL, ""} if all(entry.region in (GLOBAL, "") for entry in of_kind) else {""}
        here = [entry for entry in of_kind if not region or entry.region in (region, *whole)]
        if not here:
            return f"{region} was not asked of {self.account}"
        return next((entry.reason for entry in here if not entry.read), None)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Live state as one file holds it."""

    parts: tuple[Part, ...]
    tool: Mapping[str, str] = field(default_factory=dict)
    """`name` and `version` of what collected it."""

    @property
    def digest(self) -> str:
        """`sha256:…` over the canonical content."""
        from soc2gate.live.snapshot_json import digest_of, document

        return digest_of(document(self))

    @property
    def infos(self) -> tuple[SnapshotInfo, ...]:
        """For reports, one per part."""
        digest = self.digest
        return tuple(replace(part.info, digest=digest) for part in self.parts)

    @property
    def info(self) -> SnapshotInfo:
        """All parts as one; lists are joined, numbers added."""
        infos = self.infos
        return SnapshotInfo(
            digest=infos[0].digest if infos else self.digest,
            taken_at=min((info.taken_at for info in infos), default=""),
            provider=", ".join(_once(info.provider for info in infos)),
            account=", ".join(_once(info.account for info in infos)),
            caller=", ".join(_once(info.caller for info in infos if info.caller)),
            regions_asked=_once(region for info in infos for region in info.regions_asked),
            regions_read=_once(region for info in infos for region in info.regions_read),
            calls=sum(info.calls for info in infos),
            failed_calls=sum(info.failed_calls for info in infos),
            partial=any(info.partial for info in infos),
        )

    def resources(self) -> tuple[Resource, ...]:
        """Every resource seen, linked: `related` holds what belongs to it."""
        from soc2gate.live.linking import linked

        return linked(self.parts)

    def problems(self) -> tuple[Problem, ...]:
        """What could not be looked at, as gaps; calls that failed alike on several resources are told once."""
        return tuple(problem for part in self.parts for problem in _problems_of(part))

    def why_unread(self, kind: str, region: str = "", account: str = "") -> str | None:
        """Why a declared resource's absence here proves nothing; None when it does.

        `account` is the AWS account or the cluster where that is known. A declared resource that is not found is
        *missing* only when this is None, else *undecided* with this reason.
        """
        parts = [part for part in self.parts if part.provider == provider_of(kind)]
        if not parts:
            return f"no {'cluster' if provider_of(kind) == 'kubernetes' else 'account'} was read that could hold it"
        if account:
            parts = [part for part in parts if part.account == account]
            if not parts:
                return f"{account} was not read"
        reasons = [part.why_unread(kind, region) for part in parts]
        return next((reason for reason in reasons if reason is not None), None)

    def was_read(self, kind: str, region: str = "", account: str = "") -> bool:
        """Whether absence from this snapshot is certain; `why_unread` says why not."""
        return self.why_unread(kind, region, account) is None

    def write(self, path: Path) -> None:
        """Write the file in one step, so that a reader never meets half of it.

        Raises OSError where the folder cannot be written.
        """
        from soc2gate.live.snapshot_json import write_document

        write_document(self, path)

    @classmethod
    def read(cls, path: Path, *, strict_digest: bool = True) -> Snapshot:
        """The snapshot in `path`.

        With `strict_digest=False` the digest is not asked for: for excerpts written by hand. Raises `InputError` for
        a file that is missing, cut off, changed since it was written, or of another schema.
        """
        from soc2gate.live.snapshot_json import read_document

        return read_document(path, strict_digest=strict_digest)

    @classmethod
    def parse(cls, document: Json, path: str, *, strict_digest: bool = True) -> Snapshot:
        """As `read`, of a document already loaded; `path` is for messages."""
        from soc2gate.live.snapshot_json import parse_document

        return parse_document(document, path, strict_digest=strict_digest)

    @classmethod
    def join(cls, snapshots: Iterable[Snapshot]) -> Snapshot:
        """One snapshot of several: an account and a cluster.

        Raises `InputError` when two of them hold the same account or cluster: which one to believe is not ours to say.
        """
        given = tuple(snapshots)
        parts = [part for snapshot in given for part in snapshot.parts]
        seen: set[tuple[str, str]] = set()
        for part in parts:
            key = (part.provider, part.account)
            if key in seen:
                raise InputError(
                    f"two snapshots hold {part.provider} {part.account}",
                    hint="give the newer one only",
                )
            seen.add(key)
        tool = given[0].tool if given else {}
        return cls(tuple(sorted(parts, key=lambda part: (part.provider, part.account))), tool)


def provider_of(kind: str) -> str:
    """Which provider a kind belongs to."""
    return "kubernetes" if kind.startswith("Kubernetes::") else "aws"


def root_of(provider: str, account: str, region: str) -> str:
    """What stands for a root on the live side: `aws:123456789012:eu-west-1`, `kubernetes:prod`."""
    return f"{provider}:{account}:{region}" if region else f"{provider}:{account}"


def _once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _problems_of(part: Part) -> list[Problem]:
    problems = []
    if part.partial:
        problems.append(
            Problem(Weight.GAP, "collect", f"collecting from {part.account} was stopped before it was done")
        )
    alike: dict[tuple[str, str, str], list[FailedCall]] = {}
    for failed in part.failed_calls:
        alike.setdefault((failed.call, failed.region, failed.reason), []).append(failed)
    for (call, region, reason), group in sorted(alike.items()):
        first = group[0]
        problems.append(
            Problem(
                Weight.GAP,
                "collect",
                f"could not look: {_told(call, reason, region, group)}",
                where=LiveRef(part.provider, part.account, region, first.uid, call, part.taken_at),
                hint=_hint(part, first),
            )
        )
    told = {(failed.kind, failed.region) for failed in part.failed_calls if not failed.uid}
    unread: dict[tuple[str, str], list[str]] = {}
    for entry in part.coverage:
        if not entry.read and (entry.kind, entry.region) not in told:
            unread.setdefault((entry.region, entry.reason), []).append(entry.kind)
    for (region, reason), names in unread.items():
        # A source that holds little says of every kind the same.
        for what in names if len(names) < _MANY else [f"{len(names)} kinds ({names[0]}, {names[1]}, …)"]:
            message = f"could not look: {what} in {region or part.account}: {reason}"
            place = LiveRef(part.provider, part.account, region, "", "", part.taken_at)
            problems.append(Problem(Weight.GAP, "collect", message, where=place))
    problems.extend(Problem(Weight.NOTE, "collect", note) for note in part.notes)
    return problems


def _told(call: str, reason: str, region: str, group: list[FailedCall]) -> str:
    """`s3:GetBucketVersioning of arn:aws:s3:::logs in eu-west-1 was denied (AccessDenied)`."""
    uids = _once(failed.uid for failed in group if failed.uid)
    of_what = f" of {uids[0]}" if uids else ""
    if len(uids) > 1:
        of_what += f" and {len(uids) - 1} more"
    place = f" in {region}" if region and region != GLOBAL else ""
    what_happened = reason.removeprefix(call)
    return f"{call}{of_what}{place}{what_happened}" if what_happened != reason else f"{call}{of_what}{place}: {reason}"


def _hint(part: Part, failed: FailedCall) -> str:
    if "denied" not in failed.reason:
        return ""
    needed = failed.action or failed.call
    return f"allow {needed} to {part.caller}" if part.caller else f"allow {needed}"
