"""Reading a cluster: one list for each resource type, across all namespaces, into a snapshot.

Two sources give the same: the API of a running cluster, and a file that `kubectl get -A -o json` wrote. A type that
may not be listed leaves its kind unread, so that nothing of it is ever called missing; what a controller made is
judged where the controller is, and not again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias, cast

from soc2gate.errors import CollectError, InputError
from soc2gate.facts import dataclass, field, replace
from soc2gate.kinds import kubernetes_managers
from soc2gate.kinds.kubernetes import from_object
from soc2gate.kinds.kubernetes_api import NAMESPACE, POD_TEMPLATE, PREFIX, RESOURCES, ApiResource, find
from soc2gate.kinds.kubernetes_ownership import belongs_to_known, managed_by
from soc2gate.kinds.withheld import without_credentials
from soc2gate.live.kubernetes_session import ApiError, Session, Target, open_session
from soc2gate.live.progress import Progress
from soc2gate.live.snapshot import CallCount, Coverage, FailedCall, Part, Snapshot, root_of
from soc2gate.live.snapshot_json import failure_reason
from soc2gate.model.resource import LiveRef, Resource, Side
from soc2gate.model.value import Json, Unknown, Value
from soc2gate.schema.lookup import type_of
from soc2gate.version import __version__

Tell: TypeAlias = Callable[[Progress], None]
Body: TypeAlias = dict[str, Json]

PAGE = 500
"""Objects a page: what kubectl asks for, and what an API server hands out without strain."""
_WORKLOADS = tuple(name for name, resource in RESOURCES.items() if resource.template)
_NEEDS: Mapping[str, tuple[str, ...]] = {
    # What a kind's links and its owners are read from.
    NAMESPACE: (*_WORKLOADS, "Kubernetes::NetworkPolicy"),
    POD_TEMPLATE: (*_WORKLOADS, "Kubernetes::ServiceAccount"),
    # The API server is told by its own pod.
    "Kubernetes::ApiServer": ("Kubernetes::Pod",),
    "Kubernetes::Pod": _WORKLOADS,
    "Kubernetes::ReplicaSet": ("Kubernetes::Deployment",),
    "Kubernetes::Job": ("Kubernetes::CronJob",),
    "Kubernetes::Deployment": ("Kubernetes::PodDisruptionBudget",),
    "Kubernetes::StatefulSet": ("Kubernetes::PodDisruptionBudget",),
}
_NOT_LISTED = Unknown("only the metadata of a Secret is listed, so that its values never leave the cluster")


@dataclass(frozen=True, slots=True)
class KubernetesRequest:
    """What to read of which cluster."""

    kinds: tuple[str, ...]
    """Of ours (`Kubernetes::Deployment`); others are passed over."""
    clock: Callable[[], str]
    """Now, in ISO 8601 and UTC; from outside, so that a run can be repeated."""
    context: str | None = None
    """None: the kubeconfig's current context, or the cluster soc2gate itself runs in."""
    kubeconfig: str | None = None
    """None: what KUBECONFIG names, or ~/.kube/config."""
    timeout: float = 30.0
    """Seconds for one request."""
    threads: int = 4
    page: int = PAGE


def collect_kubernetes(request: KubernetesRequest, progress: Tell | None = None) -> Snapshot:
    """Read the cluster.

    Ctrl-C ends early with what was read so far, marked partial. Raises `CollectError` when the cluster cannot be
    reached or refuses the credentials, and `UsageError` without the extra or for a context that does not exist.
    """
    session = open_session(Target(request.context, request.kubeconfig, request.timeout))
    taken_at = request.clock()
    uid, version = _identify(session)
    wanted = [RESOURCES[name] for name in kinds_to_list(request.kinds)]
    lists, stopped = _list_all(session, wanted, request, progress)
    note = f"cluster {session.cluster} is {session.server}"
    note += f", uid {uid}" if uid else ""
    note += f", Kubernetes {version}" if version else ""
    part = _part(lists, session.cluster, taken_at, caller=session.user, notes=(note,))
    return _snapshot(part, finished_at=request.clock(), partial=stopped)


def read_dump(text: str, path: str, *, cluster: str = "", taken_at: str = "") -> Snapshot:
    """A file that `kubectl get <types> -A -o json` wrote, as live state.

    It does not say which types were asked: a kind without a single object counts as not asked. `cluster` names the
    cluster in reports; without it, the file does. Raises `InputError` for text that is no such list.
    """
    import json

    try:
        document = json.loads(text)
    except ValueError as error:
        raise InputError(f"is not JSON ({error})", path=path) from error
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(items, list):
        raise InputError(
            "is no list of objects", path=path, hint="write it with: kubectl get deployments,... -A -o json"
        )
    of_list = (str(document.get("apiVersion", "")), str(document.get("kind", "")).removesuffix("List"))
    lists = {name: _List(resource) for name, resource in RESOURCES.items()}
    for item in items:
        if isinstance(item, dict):
            resource = find(str(item.get("apiVersion", of_list[0])), str(item.get("kind", of_list[1])))
            if resource is not None:
                lists[resource.kind].take([item])
    told = [found for found in lists.values() if found.bodies]
    return _snapshot(_part(told, cluster or path, taken_at, notes=()), finished_at=taken_at)


def kinds_to_list(names: Iterable[str]) -> tuple[str, ...]:
    """The kinds to list for these: with what their links and owners are read from, and always the namespaces."""
    wanted: set[str] = set()
    pending = [name for name in names if name.startswith(PREFIX)]
    while pending:
        name = pending.pop()
        if name not in wanted:
            wanted.add(name)
            pending += _NEEDS.get(name, ())
    if wanted:
        wanted.add(NAMESPACE)
    return tuple(sorted(wanted & RESOURCES.keys()))


@dataclass(slots=True)
class _List:
    """What listing one type gave."""

    resource: ApiResource
    bodies: list[Body] = field(default_factory=list)
    reason: str = ""
    """Why not all of it was read; empty when it was."""
    error: str = ""
    """The API's own code for that."""
    made: int = 0
    failed: int = 0

    def take(self, items: list[Body]) -> None:
        if self.resource.name == "Secret":
            items = [_metadata_of(item) for item in items]
        self.bodies += items


def _metadata_of(secret: Body) -> Body:
    return {key: secret[key] for key in ("apiVersion", "kind", "metadata") if key in secret}


def _identify(session: Session) -> tuple[str, str]:
    """The cluster's uid (its kube-system namespace's, as is usual) and version; empty where they may not be read."""
    uid = version = ""
    try:
        namespace = session.get("/api/v1/namespaces/kube-system")
    except ApiError as error:
        if error.status == 401:
            raise CollectError(
                f"the cluster {session.cluster} refuses the credentials of {session.user} ({error.code})",
                hint="sign in again: `kubectl get namespaces` must work with the same context",
            ) from error
        if not error.status:
            raise CollectError(
                f"the cluster {session.cluster} cannot be reached at {session.server} ({error.code})"
            ) from error
    else:
        metadata = namespace.get("metadata")
        uid = str(metadata.get("uid") or "") if isinstance(metadata, dict) else ""
    try:
        version = str(session.get("/version").get("gitVersion") or "")
    except ApiError:
        # Not every user may ask, and nothing depends on it.
        version = ""
    return uid, version


def _list_all(
    session: Session, wanted: list[ApiResource], request: KubernetesRequest, progress: Tell | None
) -> tuple[list[_List], bool]:
    """Every list, and whether Ctrl-C stopped them. Each thread fills a list of its own."""
    from concurrent.futures import ThreadPoolExecutor, as_completed

    lists = [_List(resource, reason="not read") for resource in wanted]
    pool = ThreadPoolExecutor(max_workers=request.threads, thread_name_prefix="soc2gate-kubernetes")
    stopped = False
    try:
        running = {pool.submit(_read, session, entry, request.page): entry for entry in lists}
        read = 0
        for done, future in enumerate(as_completed(running), 1):
            future.result()
            entry = running[future]
            read += len(entry.bodies)
            if progress is not None:
                progress(Progress("kubernetes", session.cluster, "", entry.resource.kind, done, len(lists), read))
    except KeyboardInterrupt:
        stopped = True
        for entry in lists:
            if entry.reason == "not read":
                entry.reason = "collecting was stopped"
    finally:
        pool.shutdown(wait=not stopped, cancel_futures=True)
    return lists, stopped


def _read(session: Session, entry: _List, page: int) -> None:
    for attempt in (1, 2):
        try:
            for items in session.list(entry.resource, page):
                entry.made += 1
                entry.take(items)
            entry.reason = ""
            return
        except ApiError as error:
            entry.made += 1
            if error.status == 404:
                entry.reason = _served_otherwise(session, entry.resource)
                return
            if error.status == 410 and attempt == 1:
                # The list changed under a slow reader and its token expired: once more from the start.
                entry.bodies.clear()
                continue
            entry.failed += 1
            entry.error = error.code
            entry.reason = failure_reason(entry.resource.call, error.code)
            return


def _served_otherwise(session: Session, resource: ApiResource) -> str:
    """Why there may be objects of a type that is not served as we read it; empty when the cluster has none.

    A server from before a version stores the same objects under an older one (HorizontalPodAutoscalers as
    autoscaling/v1, until Kubernetes 1.23 brought autoscaling/v2). From the reference page "API Groups and Versions".
    """
    if not resource.group:
        return ""
    try:
        for version in _names(session.get(f"/apis/{resource.group}"), "versions", "version"):
            if version != resource.version:
                served = session.get(f"/apis/{resource.group}/{version}")
                if resource.plural in _names(served, "resources", "name"):
                    return f"the cluster serves it as {resource.group}/{version}, which soc2gate does not read"
    except ApiError as error:
        # Not even the group: there are none of it.
        return (
            "" if error.status == 404 else f"which versions the cluster serves it in could not be asked: {error.code}"
        )
    return ""


def _names(answer: Body, of: str, key: str) -> list[str]:
    listed = answer.get(of)
    found = [item.get(key) for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return [name for name in found if isinstance(name, str)]


def _part(lists: list[_List], cluster: str, taken_at: str, *, notes: tuple[str, ...], caller: str = "") -> Part:
    unread = {entry.resource.kind: entry.reason for entry in lists if entry.reason}
    uids = _uids(lists)
    resources: list[Resource] = []
    for entry in lists:
        for body in entry.bodies:
            if not belongs_to_known(body, uids):
                resources += _resource(body, entry.resource, cluster, taken_at, unread)
    return Part(
        provider="kubernetes",
        account=cluster,
        caller=caller,
        taken_at=taken_at,
        coverage=_coverage(lists, unread),
        calls=tuple(CallCount(e.resource.call, "", e.made, e.failed) for e in lists if e.made),
        failed_calls=tuple(
            FailedCall(e.resource.call, e.resource.kind, "", e.error, e.reason) for e in lists if e.error
        ),
        resources=tuple(sorted(resources, key=lambda resource: (resource.kind, resource.address))),
        notes=notes,
    )


def _uids(lists: list[_List]) -> set[str]:
    """Of everything that may own something."""
    found: set[str] = set()
    for entry in lists:
        if entry.resource.template:
            for body in entry.bodies:
                metadata = body.get("metadata")
                uid = metadata.get("uid") if isinstance(metadata, dict) else None
                if isinstance(uid, str):
                    found.add(uid)
    return found


def _resource(
    body: Body, resource: ApiResource, cluster: str, taken_at: str, unread: Mapping[str, str]
) -> list[Resource]:
    metadata = body.get("metadata")
    told: Mapping[str, Json] = metadata if isinstance(metadata, dict) else {}
    uid = resource.uid(str(told.get("namespace") or ""), str(told.get("name") or ""))
    seen = LiveRef("kubernetes", cluster, "", uid, resource.call, taken_at)
    whole = dict(cast("Mapping[str, Value]", body))
    if resource.name == "Secret":
        whole |= dict.fromkeys(("data", "type", "immutable"), _NOT_LISTED)
    made, _ = from_object(
        whole,
        resource=resource,
        side=Side.LIVE,
        where=seen,
        # The API told of the whole object: what it left out is not there, and a comparison may say so.
        places={name: seen for name in type_of(resource.kind).properties if name != "status"},
        root=root_of("kubernetes", cluster, ""),
        managed_by=managed_by(body, resource, unread),
        account=cluster,
        notes=kubernetes_managers.changes(body),
    )
    # The pod template is derived again wherever a snapshot is read: stored once is enough.
    return [replace(found, properties=_kept(found.properties)) for found in made[:1]]


def _kept(properties: Mapping[str, Value]) -> Mapping[str, Value]:
    kept = without_credentials(dict(properties))
    return kept if isinstance(kept, dict) else properties


def _coverage(lists: list[_List], unread: Mapping[str, str]) -> tuple[Coverage, ...]:
    entries = [Coverage(e.resource.kind, "", not e.reason, e.reason) for e in lists]
    listed = {entry.kind for entry in entries}
    if listed.issuperset(_WORKLOADS):
        reason = next((unread[name] for name in _WORKLOADS if name in unread), "")
        entries.append(Coverage(POD_TEMPLATE, "", not reason, reason))
    return tuple(sorted(entries, key=lambda entry: entry.kind))


def _snapshot(part: Part, *, finished_at: str, partial: bool = False) -> Snapshot:
    finished = replace(part, finished_at=finished_at, partial=partial)
    return Snapshot((finished,), {"name": "soc2gate", "version": __version__})
