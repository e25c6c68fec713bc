"""The use cases, each readable as a page: what `scan`, `collect` and `verify` do, in order.

Nothing clever stands here. Each step takes one thing and gives the next: files → readings → resources in the normal
form → findings → disagreements → decision → `Run`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from soc2gate import kinds
from soc2gate.engine.evaluate import evaluate
from soc2gate.facts import replace
from soc2gate.finishing import Found, finish
from soc2gate.model.outcome import Run
from soc2gate.reading import Declared, read_declared
from soc2gate.request import Request

if TYPE_CHECKING:
    from soc2gate.comparing import Looked
    from soc2gate.live.progress import Progress
    from soc2gate.live.snapshot import Snapshot


def scan(request: Request) -> Run:
    """Judge the code alone. Opens no socket, needs no credentials.

    Raises `UsageError` when there is nothing to scan, `ConfigError` for a rule that does not compile.
    """
    if request.config.cloud_control:
        from soc2gate import opted

        opted.allow_cloud_control(request)
    declared = read_declared(request)
    request.doing(f"asking {len(request.rules.rules)} rules about {len(declared.resources)} resources")
    findings = evaluate(request.rules, declared.resources, now=request.now)
    return finish(request, "scan", declared, Found(findings))


def collect(
    request: Request,
    *,
    providers: Iterable[str],
    asked: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
    engine: str | None = None,
) -> Snapshot:
    """Read live state of the named providers (`aws`, `kubernetes`) into one snapshot.

    `asked` limits the kinds; empty means every kind that has a live reader. With an `engine` (`dask://host:port`) its
    workers read the AWS accounts. Raises `CollectError` when a side cannot be reached at all, `UsageError` where an
    extra is missing.
    """
    # Imported here: a scan never pays for the live side.
    from soc2gate import opted, sides
    from soc2gate.kinds.withheld import digest_key, key_name
    from soc2gate.live.aws import collect_aws
    from soc2gate.live.kubernetes import KubernetesRequest, collect_kubernetes
    from soc2gate.live.snapshot import Snapshot

    digest_key()  # one that cannot be used is told before anything is asked
    opted.allow_cloud_control(request)
    wanted = tuple(asked) or tuple(kind for kind in kinds.known_kinds() if kinds.has_live(kind))
    snapshots = []
    for provider in providers:
        of_provider = tuple(kind for kind in wanted if sides.provider_of(kind) == provider)
        if provider == "aws":
            accounts = opted.aws_request(request, of_provider)
            if engine is None:
                snapshots.append(collect_aws(accounts, progress))
            else:
                from soc2gate.live.on_dask import collect_on_dask

                snapshots.append(collect_on_dask(engine, accounts, request.config.cloud_control, progress))
        else:
            kubeconfig = request.config.kubeconfig
            cluster = KubernetesRequest(
                kinds=of_provider,
                clock=request.clock,
                context=request.context or request.config.kube_context,
                kubeconfig=str(kubeconfig) if kubeconfig else None,
            )
            snapshots.append(collect_kubernetes(cluster, progress))
    joined = Snapshot.join(snapshots)
    return replace(joined, parts=tuple(replace(part, digest_key=key_name()) for part in joined.parts))


def verify(
    request: Request,
    snapshot: Snapshot | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    keep: Callable[[Snapshot], None] | None = None,
    accept: Callable[[str], None] | None = None,
    then: Callable[[Looked], None] | None = None,
) -> Run:
    """Judge code and live state with the same rules, and compare them.

    Live state comes from `snapshot`, or is collected now from the providers that the code deploys to; `keep` is given
    what was collected, `accept` the file that accepts all that code never says, and `then` both sides and where they
    disagree. Raises what `scan` and `collect` raise.
    """
    from soc2gate import comparing, opted
    from soc2gate.kinds.withheld import digest_key

    digest_key()
    opted.allow_cloud_control(request)
    request = opted.with_fetched_states(request)
    declared = read_declared(request)
    if snapshot is None:
        snapshot = look(request, declared, progress=progress)
        if keep is not None:
            keep(snapshot)
    looked = comparing.compare(request, declared.resources, snapshot)
    if then is not None:
        then(looked)
    return finish(request, "verify", declared, comparing.found(request, looked, snapshot, accept))


def look(request: Request, declared: Declared, *, progress: Callable[[Progress], None] | None = None) -> Snapshot:
    """Read live state of what the code declares, where it deploys to. Raises what `collect` raises."""
    from soc2gate import sides

    return collect(
        replace(request, regions=sides.regions_of(request, declared.resources)),
        providers=sides.sides_of(request, declared.resources),
        asked=sorted(sides.asked_kinds(declared.resources, (), request)),
        progress=progress,
    )
