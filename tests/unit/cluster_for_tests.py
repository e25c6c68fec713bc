"""A Kubernetes API over real HTTP for tests: kmock, with what a list's reader needs from a real server added."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import kmock
from aiohttp.web import StreamResponse, json_response

Object = dict[str, Any]


class Api(kmock.KubernetesEmulator):  # type: ignore[misc]  # kmock is followed as Any
    """Lists with kind, version and pages; errors and other peculiarities by plural."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        self.asked: list[tuple[str, dict[str, str], str]] = []
        """Path, query and Accept header of every request."""
        self.refuse: dict[str, list[int]] = {}
        """Plural to the statuses of its next answers; the last one stays."""
        self.answers: dict[str, Object] = {}
        """Path to what is answered there, whatever kmock has."""
        self.never_ending = False
        self.token = ""
        self.namespaces: list[Object] = []
        """kmock takes them for a part of other paths and does not serve them as objects."""
        self.methods: set[str] = set()

    async def __call__(self, raw_request: Any) -> StreamResponse:
        query = dict(raw_request.query)
        self.methods.add(raw_request.method)
        self.asked.append((raw_request.path, query, raw_request.headers.get("Accept", "")))
        # A real server reads the first word in whatever case; the client writes `bearer` in a pod.
        scheme, _, given = raw_request.headers.get("authorization", "").partition(" ")
        if self.token and (scheme.lower(), given) != ("bearer", self.token):
            return _status(401, "Unauthorized")
        plural = raw_request.path.rstrip("/").rsplit("/", 1)[-1]
        statuses = self.refuse.get(plural)
        if statuses:
            status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
            if status == 410 and "continue" not in query:
                statuses.insert(0, 410)
            elif status != 200:
                return _status(status, {403: "Forbidden", 410: "Expired", 404: "NotFound"}.get(status, "Broken"))
        if raw_request.path in self.answers:
            return json_response(self.answers[raw_request.path])
        accept = raw_request.headers.get("Accept", "")
        if raw_request.path == "/api/v1/namespaces":
            return self._page({"items": self.namespaces}, plural, query, accept)
        if raw_request.path == "/api/v1/namespaces/kube-system":
            found = [body for body in self.namespaces if body["metadata"]["name"] == plural]
            return json_response(found[0]) if found else _status(404, "NotFound")
        answer: Any = await super().__call__(raw_request)
        body = json.loads(answer.body) if answer.status == 200 else {}
        if isinstance(body.get("items"), list):
            return self._page(body, plural, query, accept)
        made: StreamResponse = answer
        return made

    def _page(self, body: Object, plural: str, query: dict[str, str], accept: str) -> StreamResponse:
        start = int(query.get("continue", "0"))
        limit = int(query.get("limit", "0")) or len(body["items"])
        items = [{k: v for k, v in item.items() if k not in ("kind", "apiVersion")} for item in body["items"]]
        if "PartialObjectMetadataList" in accept:
            items = [{"metadata": item["metadata"]} for item in items]
        metadata = {"resourceVersion": "7"}
        if start + limit < len(items) or self.never_ending:
            metadata["continue"] = "0" if self.never_ending else str(start + limit)
        return json_response(
            {"kind": plural, "apiVersion": "v1", "metadata": metadata, "items": items[start : start + limit]}
        )

    def add(self, plural: str, *objects: Object) -> None:
        """Store objects under `group/version/plural`."""
        if plural == "v1/namespaces":
            self.namespaces += objects
            return
        resource = kmock.resource(plural)
        self.resources[resource] = kmock.ResourceInfo(namespaced=True, kind="Any", verbs={"list"})
        for body in objects:
            metadata = body["metadata"]
            self.objects[resource, metadata.get("namespace"), metadata["name"]] = body


def _status(status: int, reason: str) -> StreamResponse:
    return json_response({"kind": "Status", "apiVersion": "v1", "reason": reason, "code": status}, status=status)


class Cluster:
    """A running server, and the kubeconfig that leads to it."""

    def __init__(self, api: Api, url: str, kubeconfig: Path) -> None:
        self.api = api
        self.url = url
        self.kubeconfig = str(kubeconfig)

    def listed(self, plural: str) -> list[dict[str, str]]:
        """The queries that a type was listed with."""
        return [query for path, query, _ in self.api.asked if path.endswith(f"/{plural}")]


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Serve on a free port of the loopback until the block ends."""
    ready = threading.Event()
    running: dict[str, Any] = {}

    async def serve() -> None:
        async with Api() as api, kmock.Server(api) as server:
            running.update(api=api, url=f"http://127.0.0.1:{server.port}", loop=asyncio.get_running_loop())
            running["done"] = asyncio.Event()
            ready.set()
            await running["done"].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(20)
    kubeconfig = folder / "kubeconfig"
    write_kubeconfig(kubeconfig, running["url"])
    try:
        yield Cluster(running["api"], running["url"], kubeconfig)
    finally:
        running["loop"].call_soon_threadsafe(running["done"].set)
        thread.join()


def write_kubeconfig(path: Path, url: str, token: str = "sesame") -> None:
    """Two contexts, `prod` being the current one."""
    path.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "prod",
                "clusters": [{"name": "prod-cluster", "cluster": {"server": url}}],
                "users": [{"name": "auditor", "user": {"token": token}}],
                "contexts": [
                    {"name": name, "context": {"cluster": "prod-cluster", "user": "auditor"}}
                    for name in ("prod", "staging")
                ],
            }
        ),
        encoding="utf-8",
    )
