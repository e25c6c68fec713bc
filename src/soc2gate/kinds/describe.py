"""How a kind is described: its spellings, creation defaults, companions, links and live calls, as data.

One `Kind` per entry of `kinds/aws/<service>.py` and `kinds/kubernetes.py`. The tables say what tables can; a function
stands where they cannot. Nothing here imports an SDK: a live call is described, `live/` makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from soc2gate.facts import dataclass, field
from soc2gate.model.value import Json, Value

if TYPE_CHECKING:
    from soc2gate.kinds.draft import Draft, Piece
    from soc2gate.model.resource import RawResource, Resource


class Neighbours(Protocol):
    """The resources around one: of its root; live, of its account and region, and of all regions for what is global."""

    def of(self, kind: str) -> Sequence[Resource]:
        """All of a kind."""

    def at(self, kind: str, address: str) -> Resource | None:
        """The one of a kind that has this address in the root."""


Siblings: TypeAlias = "Callable[[str], Sequence[Draft]]"
"""From a type to the companions of this type in the same root."""


@dataclass(frozen=True, slots=True)
class Default:
    """What a spelling creates when nobody writes the property."""

    path: str
    """A property path; `Rules[*].Ebs.Encrypted` for each element. Filled in only where its parent exists."""
    value: Value
    """A constant, or an `Unknown` where the subnet, the image or the account decides."""
    source: str
    """Where that is documented; the evidence says it: `aws_db_instance creates 0`."""
    when: Callable[[Mapping[str, Value]], bool | None] | None = None
    """A condition on the other properties; None from it means that is unknown, and so is the property."""
    kept: bool = True
    """Whether the next apply reverts a change made by hand (*restored*). False where the property is merely what
    creating gives and is left alone afterwards (Terraform's optional and computed attributes): rules read it, the
    comparison leaves it free."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one format spells the kind: a Terraform resource type, or CloudFormation's own."""

    type: str
    """`aws_s3_bucket`; for CloudFormation the kind's own name."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Attribute path (`versioning.enabled` goes through a single nested block) to property path."""
    build: Callable[[Draft], None] | None = None
    """What the table cannot say."""
    defaults: tuple[Default, ...] = ()
    exports: Mapping[str, str] = field(default_factory=dict)
    """Attribute that others refer to (`id`, `arn`, `bucket`; `Ref`, `Arn`) to the identity key or property it is."""
    split: Callable[[RawResource], Sequence[RawResource]] | None = None
    """From one block to the resources of this kind in it (an API's OpenAPI document to its methods); none where it
    holds none."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A resource of its own that says part of another: a bucket's versioning, a group's rule, a role's attachment."""

    type: str
    """Its Terraform or CloudFormation type."""
    kind: str
    """The kind it fills in."""
    target: str
    """The attribute that names the resource it belongs to."""
    into: str
    """The property path it fills; `related.<Link>` for a link, `identity.<key>` for a name it gives."""
    build: Callable[[Draft], Piece]
    """Its part of the target, in the normal form, from a draft over the companion's own body; the *elements* (a list)
    where `many`. None: it adds nothing."""
    many: bool = False
    """Whether `into` is a list and this adds to it."""
    plural: bool = False
    """Whether `target` is a list and this belongs to each resource it names."""
    id_is_target: bool = False
    """Whether the companion's own `id` (CloudFormation: `Ref`) is that of its target: `aws_s3_bucket_versioning.v.id`
    is the bucket's name."""
    stands_as: str = ""
    """A kind of its own that it forms when its target is not declared here; otherwise it then forms a partial resource
    of `kind`, which can only fail."""
    stands_with: str = ""
    """The property of that kind which lists what it belongs to."""
    silent: bool = False
    """Whether it stands for itself anyway, so that nothing needs to stand for it where its target is not declared."""
    when: Callable[[Draft], bool | None] | None = None
    """Whether this one belongs to `kind` at all, for types that may belong to several; None means that is unknown."""
    via: Callable[[Draft, Siblings], Sequence[Value] | None] | None = None
    """Where what `target` names is none of the kind but something that others put on one (an address on a network
    interface, and that on an instance): what names the resource then; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Left:
    """A property that something else decides where code leaves it unsaid."""

    path: str
    """With `[*]` for each element."""
    source: str
    """Who decides it, and where that is documented."""
    when: Callable[[Mapping[str, Value]], bool] | None = None
    """From the declared properties, whether it is so; always where there is none."""


@dataclass(frozen=True, slots=True)
class Link:
    """Another kind that belongs to this one, for rules to read as `resource.related.<name>`."""

    kind: str
    many: bool = True
    by: str = ""
    """The linked kind's property that names this resource (`ResourceId`); empty where everything of that kind in the
    same account (or, for a singleton of a region, the same region) belongs to it."""
    reads: Callable[[Resource], Value] | None = None
    """In place of `by`, where the name stands deeper or as part of an ARN: what in the linked one names this resource,
    a list where it may name several; None where it names none."""
    when: Callable[[Mapping[str, Value]], bool | None] | None = None
    """Whether a linked resource's properties make it count at all (`ResourceType == "VPC"`); None: it may."""
    to: Callable[[Resource], Value] | None = None
    """For links the other way round: what in this resource names the linked one (an instance's `SubnetId`). The link is
    unknown where that is not among what was read, and absent where nothing is named (None)."""
    find: Callable[[Resource, Sequence[Resource]], Sequence[Resource]] | None = None
    """For links that go by anything else (selectors, namespaces): the ones that belong to this resource, among those
    of the linked kind in the same root. It may make some up: a key that only another account can tell of."""
    doubt: Callable[[Resource, Resource], str] | None = None
    """With `find`: why it is not sure that one which was found belongs to this resource; empty where it is."""


@dataclass(frozen=True, slots=True)
class Call:
    """One read operation of the live API."""

    service: str
    """boto3's name: `s3`."""
    operation: str
    """boto3's method: `get_bucket_encryption`."""
    action: str
    """The IAM action it needs: `s3:GetEncryptionConfiguration`."""
    parameters: Mapping[str, str | int | list[Json] | dict[str, Json]] = field(default_factory=dict)
    """Parameter to a value; a string `{Name}` is filled from the listed item, `{account}` from the caller."""
    result: str = ""
    """Dotted path to what is wanted in the answer; empty for all of it. A list where `items` is set."""
    absent_on: tuple[str, ...] = ()
    """Error codes that *mean* absence; every other error is unreadable, never absent."""
    into: str = ""
    """For a detail call: the property path it fills, so that a failure makes exactly that unknown. `*` where it tells
    all there is to know of the resource; several are separated by commas."""
    after: Call | None = None
    """An operation that makes ready what this one fetches (IAM's credential report): it is asked again until it answers
    `State: COMPLETE`."""
    within: Call | None = None
    """For a further listing (`also`), and for a holder that is itself held: lists what it is asked of, one by one, as
    `LiveSpelling.within` does for the first."""
    only: Callable[[Mapping[str, Json]], bool] | None = None
    """For a listing: which of what it lists count."""
    needs: str = ""
    """The field that an item must have for this detail call to be asked of it, or that tells this listing's items from
    those of another; empty where all have it."""


@dataclass(frozen=True, slots=True)
class LiveSpelling:
    """How the live API tells of a kind."""

    enumerate: Call | None
    """Lists the resources; its `result` is the list. None: exactly one exists per account (`scope` global) or per
    region, and its item is empty; or, with `worldwide`, there are none but those."""
    details: tuple[Call, ...] = ()
    """Asked once per resource; each answer reaches `build` under its operation's name."""
    build: Callable[[LiveItem], None] | None = None
    """From answers to the normal form, through the draft in the item."""
    scope: str = "region"
    """`region` or `global` (asked once)."""
    tells: tuple[str, ...] = ()
    """Properties that the listing, or a call `into` `*`, tells of also by leaving them out: their absence is absence.
    What neither is named here nor written nor some call's `into` was not looked at."""
    keep: Callable[[Mapping[str, Json], str], bool] | None = None
    """From a listed item and the region asked, whether it is one of ours to tell here (no shadow trails); asked before
    the detail calls are made."""
    also: tuple[Call, ...] = ()
    """Further listings of the same kind (snapshots of clusters beside those of instances)."""
    within: Call | None = None
    """Lists what holds the resources, where they can be listed only one holder at a time (a load balancer's
    listeners): `enumerate` is then asked for each, with `{within.…}` in its parameters filled from the holder, and
    each item keeps its holder as `within`."""
    worldwide: Call | None = None
    """For kinds of regions: lists those that belong to none (web ACLs of CloudFront). It is asked once, in us-east-1,
    where AWS keeps them, and so are their detail calls."""
    split: Callable[[Mapping[str, Json]], Sequence[Mapping[str, Json]]] | None = None
    """From one listed item to the resources in it (a function's policy to its permissions)."""


def calls_of(live: LiveSpelling) -> Iterator[Call]:
    """Every call that reading a kind may take."""
    pending = [live.enumerate, live.within, live.worldwide, *live.also, *live.details]
    while pending:
        call = pending.pop(0)
        if call is not None:
            yield call
            pending[:0] = [call.after, call.within]


@dataclass(frozen=True, slots=True)
class LiveItem:
    """One listed resource with the answers to its detail calls: what a `build` of the live side works from.

    It writes through `draft`, whose `get` and `at` read the item, and each answer under its operation's name:
    `draft.set("VersioningConfiguration.Status", draft.at("get_bucket_versioning.Status"))`.
    """

    item: Mapping[str, Json]
    answers: Mapping[str, Json]
    """Operation to result; None where the API said absent. An operation whose call failed is missing here."""
    failures: Mapping[str, str]
    """Operation to why it failed; the property named by the call's `into` becomes unknown with this reason."""
    account: str
    region: str
    partition: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of the normal form."""

    name: str
    """`AWS::S3::Bucket`."""
    title: str
    """What a person calls it: `S3 bucket`."""
    terraform: tuple[Spelling, ...] = ()
    cloudformation: Spelling | None = None
    also_cloudformation: tuple[Spelling, ...] = ()
    """CloudFormation types that are this kind under another name (an inline topic policy)."""
    manifest: Spelling | None = None
    companions: tuple[Companion, ...] = ()
    links: Mapping[str, Link] = field(default_factory=dict)
    live: LiveSpelling | None = None
    names: tuple[str, ...] = ()
    """Identity keys or properties whose declared value names one live resource within its account and region."""
    holds: Callable[[Mapping[str, Value]], Sequence[Value]] | None = None
    """From the properties, the names of what is this resource's alone (an instance's network interfaces), by which
    companions may name it too."""
    singleton: bool = False
    """One per account or region: never missing, never unmanaged."""
    shown_by: tuple[str, ...] = ()
    """For a singleton: kinds that, where code declares one, show that the code is about this as well, even if the root
    does not own the account."""
    unordered: tuple[str, ...] = ()
    """Property paths compared as sets although the schema does not say so, each for a reason in a comment."""
    ignored: tuple[str, ...] = ()
    """Property paths never compared, each for a reason in a comment."""
    settings: tuple[str, ...] = ()
    """Paths of lists of named settings of which the API always tells all: those that code leaves out keep what the
    service gave them, and are not compared."""
    whole: tuple[str, ...] = ()
    """Paths of maps in which, and in all maps below, what is left out says something too: a selector of nothing selects
    everything."""
    compared: tuple[str, ...] = ()
    """Property paths compared although the schema calls them write-only (our live reader can read them) or has them not
    at all (code can write them: the settings of an account)."""
    part_of: str = ""
    """The kind that owns this one (a bucket policy's bucket): judged for itself, and neither missing (but see `missed`)
    nor unmanaged with its owner, which tells of the same thing."""
    missed: bool = False
    """Of a kind with `part_of`: whether one that is declared and not found live is told as missing all the same, since
    people delete it by itself. False where not all that is there is listed, or nobody could tell one from another."""
    derives: Callable[[Resource], Sequence[Resource]] | None = None
    """Resources of other kinds that are part of this one (a bucket's policy, a workload's pod template), made from the
    finished resource on both sides; each says so in `derived_from`."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Of what it derives, the kinds that are elements of one of its own properties, and the property."""
    left: tuple[Left, ...] = ()
    """What something else decides where code leaves it unsaid, whatever it comes to: no change by hand."""
    owned: bool = False
    """Whether it is paired by the names of what it belongs to (identity `owners`), since one may belong to several."""
    concludes: Callable[[Resource, Neighbours], Resource] | None = None
    """What follows from other resources together (which events some alarm watches), once links are drawn."""
