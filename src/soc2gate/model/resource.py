"""Resources and the places they were written or seen: as their format spells them, and in the normal form."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TypeAlias

from soc2gate.facts import dataclass, field
from soc2gate.model.value import Value


class Side(enum.Enum):
    """Which of the two answers a resource belongs to."""

    DECLARED = "declared"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file; lines and columns count from 1, `path` is relative to where the scan started."""

    path: str
    line: int
    column: int = 1
    end_line: int = 0
    """0 when the place is one line."""


@dataclass(frozen=True, slots=True)
class LiveRef:
    """A place in a running system: which call saw the value, and when."""

    provider: str
    """`aws` or `kubernetes`."""
    account: str
    """The AWS account id, or the cluster's name."""
    region: str
    """`global` for global services; the namespace's cluster has none."""
    uid: str
    """The ARN, or `group/kind/namespace/name`."""
    call: str
    """`s3:GetBucketEncryption`, `list deployments.apps`."""
    seen_at: str
    """ISO 8601, UTC."""


Where: TypeAlias = Span | LiveRef
Places: TypeAlias = Mapping[str, Where]
"""Property path (`SecurityGroupIngress[0].CidrIp`) to where it was written or seen. A path that is not listed was
written where its nearest listed ancestor was; `place_of` looks that up."""


def place_of(places: Places, path: str, otherwise: Where) -> Where:
    """Where `path` was written: its own place, or its nearest ancestor's, or `otherwise`."""
    while path:
        found = places.get(path)
        if found is not None:
            return found
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return otherwise


def evaluation(root: str, environment: str) -> str:
    """What addresses are unique within: a root, evaluated for one environment. `infra (prod)`, or the root alone."""
    return f"{root} ({environment})" if environment else root


def root_of(name: str, environment: str) -> str:
    """The root of an evaluation; what `evaluation` made its name of."""
    return name.removesuffix(f" ({environment})") if environment else name


@dataclass(frozen=True, slots=True)
class RawResource:
    """A resource as its format spells it, with what the files decide filled in."""

    format: str
    """`terraform`, `cloudformation`, `kubernetes`."""
    type: str
    """`aws_s3_bucket`, `AWS::S3::Bucket`, `apps/v1 Deployment`."""
    address: str
    """`module.web.aws_s3_bucket.b[0]`; the logical id; `Deployment/shop/web`."""
    root: str
    """The root module's folder, the template's path, or the manifest's folder: addresses are unique within it."""
    body: Mapping[str, Value]
    """Attributes by name. Terraform's nested blocks are lists of dicts, also where only one is allowed."""
    where: Span
    places: Places
    """Paths as the format spells them: `ingress[0].cidr_blocks[1]`."""
    account: Value = None
    """From the provider configuration where it says so; None where it does not."""
    region: Value = None
    uncertain: str = ""
    """Why it is not sure that the resource will exist (count over an unknown); empty when it is."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Attribute path to a remark the evidence repeats: `default of variable "port"`."""
    data: bool = False
    """A Terraform data source: read for what it tells, not a resource of ours."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """What state or a plan tells of attributes that only deploying decides: `id`, `arn`."""
    environment: str = ""
    """The set of values its root was evaluated with, where there are several: `prod`. Then `root` names it too."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource in the normal form: the provider's own resource model, the same from every source."""

    kind: str
    address: str
    """Declared: as its format spells it. Live: the uid."""
    side: Side
    properties: Mapping[str, Value]
    where: Where
    places: Places
    root: str = ""
    """Declared: the root it belongs to. Live: `aws:<account>:<region>` or `kubernetes:<cluster>`."""
    spelling: str = ""
    """Who spelled it: `terraform aws_s3_bucket`, `cloudformation`, `manifest`, `api`."""
    identity: Mapping[str, Value] = field(default_factory=dict)
    """What matching goes by: `arn`, `id`, `name`, `account`, `region`, `namespace`; unknown where not decided."""
    related: Mapping[str, Value] = field(default_factory=dict)
    """Linked resources' properties under the link's name, read by rules as `resource.related.<Link>`; their places
    stand in `places` under `related.<Link>…`."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """Property path to why it stands there although nobody wrote it: the spelling's creation default. The comparison
    treats these as *restored*: the next apply reverts a change."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Property path to a remark the evidence repeats."""
    uncertain: str = ""
    """Judged as if created; the reason it may not be."""
    partial: bool = False
    """Stands for a companion whose target is unknown: it can fail a rule and never pass one."""
    derived_from: str = ""
    """For a derived kind (`Kubernetes::PodTemplate`): the kind of the resource it is part of."""
    members: Mapping[str, str] = field(default_factory=dict)
    """Addresses of companions folded into this resource, each to the property path it fills; the first element it adds
    where that is a list."""
    tags: Mapping[str, Value] = field(default_factory=dict)
    initial: Mapping[str, str] = field(default_factory=dict)
    """Property path to why it stands there although nobody wrote it and no apply restores it: what creating gives.
    Rules read it; the comparison leaves it free."""
    managed_by: str = ""
    """Live: what brought it when people do not declare such things (`AWS`, `default VPC`): never unmanaged."""
    environment: str = ""
    """Declared: the set of values its root was evaluated with, where there are several."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something we could not do. Never a finding, never dropped."""

    weight: Weight
    stage: str
    """`terraform`, `cloudformation`, `kubernetes`, `collect`, `rules`, `compare`."""
    message: str
    where: Where | None = None
    hint: str = ""
    new: bool | None = None
    """False when the base of a comparison has it too, in a file that has not changed since; None without a base."""
    environment: str = ""
    """Where it is met in one evaluation of a root and not in all of them: `prod`."""


@dataclass(frozen=True, slots=True)
class StateObject:
    """A Terraform state that was fetched; it holds secrets, and is kept in memory only."""

    url: str
    content: bytes
    written: str
    """ISO 8601, UTC."""


class Weight(enum.Enum):
    """How a problem weighs at the gate."""

    BROKEN = "broken"
    """Input that could not be read or was refused: always exit 3."""
    GAP = "gap"
    """Something that was not looked at: exit 3 under `on_incomplete: block`."""
    NOTE = "note"
    """Told, and of no consequence for any verdict: an unknown file format skipped, a deprecated key."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader gives of one root."""

    format: str
    root: str
    resources: tuple[RawResource, ...]
    problems: tuple[Problem, ...] = ()
    unread: tuple[str, ...] = ()
    """Why parts of this root were not read (`module "vpc" is not installed`); empty when all of it was, and only then
    is the absence of a companion certain."""
    files: tuple[str, ...] = ()
    """The files that were read for it, relative to where the scan started."""
    outputs: Mapping[str, Value] = field(default_factory=dict)
    """Root module outputs, or a stack's exports."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """File to the sha256 of what was read of it, where its own bytes hold secrets: a plan's."""
    rendered: bool = False
    """A tool made the resources of files that others are made of too: the folder a resource stands in says nothing of
    what it is deployed with."""
    renderer: tuple[str, str] = ("", "")
    """The tool that built it and its version (`helm`, `v4.1.4`): another version may build something else."""
    environment: str = ""
    """Which of its root's sets of values this is for, where there are several; `root` names it too."""
