"""A cluster's API, as far as lists go: credentials from kubeconfig or from inside the cluster, pages, errors.

The official client finds the credentials and sets up TLS; the lists themselves are asked as plain JSON through its
connection pool, because building its model objects takes longer than the network. Only GET is ever sent.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from soc2gate.errors import CollectError, UsageError
from soc2gate.facts import dataclass
from soc2gate.model.value import Json
from soc2gate.suggest import closest
from soc2gate.version import __version__

if TYPE_CHECKING:
    from soc2gate.kinds.kubernetes_api import ApiResource

IN_CLUSTER = "in-cluster"
INSTALL = "pip install 'soc2gate[kubernetes]'"
_PAGE_LIMIT = 100_000
_PLAIN = "application/json"
# Only what a Secret is called, never what is in it: the values do not even travel.
# https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json"


@dataclass(frozen=True, slots=True)
class Target:
    """Which cluster, and how to reach it."""

    context: str | None = None
    """A context of the kubeconfig; None for its current one, or the cluster soc2gate runs in."""
    kubeconfig: str | None = None
    """A file; None for what KUBECONFIG names, or ~/.kube/config."""
    timeout: float = 30.0
    """Seconds for one request."""


class ApiError(Exception):
    """The API answered with an error, or not at all; `code` is its own word for it."""

    def __init__(self, code: str, status: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Session:
    """An open connection to one cluster."""

    def __init__(self, api: Any, cluster: str, user: str, timeout: float) -> None:
        # The client's own types are not worth importing it for.
        self._configuration = api.configuration
        self._pool = api.rest_client.pool_manager
        self._timeout = timeout
        self.cluster = cluster
        self.user = user
        self.server = str(api.configuration.host).rstrip("/")

    def get(
        self, path: str, query: Mapping[str, str] | None = None, accept: str = "application/json"
    ) -> dict[str, Json]:
        """The answer to one GET. Raises `ApiError`; throttled and broken answers are asked for again first."""
        import urllib3

        url = self.server + path + (f"?{urlencode(query)}" if query else "")
        headers = {"Accept": accept, "User-Agent": f"soc2gate/{__version__}"}
        for setting in self._configuration.auth_settings().values():
            if setting.get("in") == "header" and setting.get("value"):
                headers[setting["key"]] = setting["value"]
        again = urllib3.Retry(
            total=3,
            connect=1,
            read=2,
            redirect=0,
            status=3,
            backoff_factor=0.2,
            status_forcelist=(429, 500, 502, 503, 504),
            raise_on_status=False,
        )
        try:
            answer = self._pool.request(
                "GET", url, headers=headers, timeout=urllib3.Timeout(self._timeout), retries=again
            )
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(_unreachable(error)) from error
        return _decoded(answer.status, answer.data)

    def list(self, resource: ApiResource, page: int) -> Iterator[list[dict[str, Json]]]:
        """All objects of a type, in every namespace, page by page. Raises `ApiError`."""
        accept = _METADATA_ONLY if resource.name == "Secret" else _PLAIN
        query = {"limit": str(page)}
        seen: set[str] = set()
        for _ in range(_PAGE_LIMIT):
            answer = self.get(resource.path, query, accept)
            items = answer.get("items")
            yield [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
            metadata = answer.get("metadata")
            token = metadata.get("continue") if isinstance(metadata, dict) else None
            if not isinstance(token, str) or not token:
                return
            if token in seen:
                raise ApiError("the list does not end")
            seen.add(token)
            query = {"limit": str(page), "continue": token}
        raise ApiError("the list does not end")


def _unreachable(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return type(reason if isinstance(reason, Exception) else error).__name__


def _decoded(status: int, data: bytes) -> dict[str, Json]:
    try:
        answer = json.loads(data) if data else {}
    except ValueError as error:
        raise ApiError(f"HTTP {status}, and the answer is not JSON", status) from error
    if not isinstance(answer, dict):
        raise ApiError(f"HTTP {status}, and the answer is no object", status)
    if status != 200:
        reason = answer.get("reason")
        raise ApiError(reason if isinstance(reason, str) and reason else f"HTTP {status}", status)
    return cast("dict[str, Json]", answer)


def open_session(target: Target) -> Session:
    """Connect, without asking anything yet.

    Raises `UsageError` for a missing extra, an unknown context or a kubeconfig that cannot be read, and
    `CollectError` where no cluster is configured at all.
    """
    try:
        from kubernetes import client, config
    except ImportError as error:
        raise UsageError("reading a cluster needs the kubernetes client", hint=f"install it: {INSTALL}") from error

    configuration = client.Configuration()
    # The client asks the environment once, when it is imported.
    path = target.kubeconfig or os.environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")
    files = path.split(os.pathsep)
    if target.kubeconfig is None and target.context is None and not any(Path(file).exists() for file in files):
        try:
            config.load_incluster_config(client_configuration=configuration)
        except config.ConfigException as error:
            raise CollectError(
                f"no cluster is configured: there is no {files[0]}, and this is not a pod",
                hint="name a kubeconfig with KUBECONFIG, or a context with --context",
            ) from error
        return Session(client.ApiClient(configuration), IN_CLUSTER, _account_name(), target.timeout)
    context = _context(path, target, config)
    try:
        # A look changes nothing: without this the client writes refreshed tokens back into the file.
        config.load_kube_config(
            config_file=path,
            context=target.context,
            client_configuration=configuration,
            persist_config=False,
        )
    except (config.ConfigException, OSError) as error:
        raise UsageError(f"context “{context['name']}” cannot be used: {error}", path=path) from error
    return Session(
        client.ApiClient(configuration), context["cluster"], context["user"] or context["name"], target.timeout
    )


def _context(path: str, target: Target, config: Any) -> dict[str, str]:
    """Name, cluster and user of the context asked for, or of the current one."""
    import yaml

    try:
        contexts, current = config.list_kube_config_contexts(config_file=path)
    except (config.ConfigException, OSError, yaml.YAMLError, TypeError, AttributeError) as error:
        # The client trips over a file that is no kubeconfig in several ways, and wraps none of them.
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"this kubeconfig cannot be read: {told}", path=path) from error
    by_name = {str(entry["name"]): entry for entry in contexts}
    name = target.context if target.context is not None else str(current["name"])
    found = by_name.get(name)
    if found is None:
        near = closest(name, by_name)
        hint = f"did you mean “{near}”?" if near else f"there are {', '.join(sorted(by_name)) or 'none'}"
        raise UsageError(f"there is no context “{name}”", path=path, hint=hint)
    inner = found.get("context") or {}
    return {"name": name, "cluster": str(inner.get("cluster") or name), "user": str(inner.get("user") or "")}


def _account_name() -> str:
    """The service account a pod runs as, from the token's claims; they are read, not trusted."""
    import base64

    try:
        token = Path("/var/run/secrets/kubernetes.io/serviceaccount/token").read_text(encoding="utf-8")
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    except (OSError, ValueError, IndexError):
        return "service account"
    subject = claims.get("sub") if isinstance(claims, dict) else None
    return subject if isinstance(subject, str) else "service account"
