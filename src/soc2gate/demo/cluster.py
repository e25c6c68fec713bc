"""A Kubernetes API over real HTTP on loopback, as far as a reader of a cluster can tell.

kmock keeps the objects and speaks the protocol's basics. The subclass here adds what a real API server does and a
reader relies on: list answers that say their kind and version, namespaces as objects, and what the server writes into
everything it stores (`admission`).
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from soc2gate.demo.admission import SERVED, Object, Served, admit, merged, served, touch

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest, StreamResponse


class ClusterServer:
    """Serves the API in a thread of its own between `start` and `stop`, on a free port of 127.0.0.1 only."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._failure: OSError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="demo-cluster", daemon=True)
        self.url = ""
        """`http://127.0.0.1:<port>`, once started."""

    def start(self) -> None:
        """Serve; returns when the port is open. Raises OSError when none can be had."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Close the port and forget every object."""
        if self._loop is not None and self._done is not None:
            self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._failure = error
        finally:
            # Also after a failure that nobody expected: `start` must not wait for ever.
            self._ready.set()

    async def _serve(self) -> None:
        import kmock

        self._loop = asyncio.get_running_loop()
        self._done = asyncio.Event()
        async with _api_server() as handler, kmock.Server(handler) as server:
            self.url = f"http://127.0.0.1:{server.port}"
            self._ready.set()
            await self._done.wait()


def _api_server() -> Any:
    """A `kmock.KubernetesEmulator` that behaves. The class is made here because importing kmock takes 0.2 s."""
    import kmock

    class ApiServer(kmock.KubernetesEmulator):  # type: ignore[misc]  # kmock is read as untyped
        writes = 0

        async def __call__(self, raw: BaseRequest) -> StreamResponse:
            # kmock takes `/api/v1/namespaces/shop` for the start of a longer path and has no Namespace objects.
            parts = raw.path.strip("/").split("/")
            if parts[:3] == ["api", "v1", "namespaces"] and len(parts) <= 4:
                return await _answer_about_namespaces(self, raw, "".join(parts[3:]))
            answer: StreamResponse = await super().__call__(raw)
            return answer

        async def _handle(self, request: Any) -> StreamResponse:
            """Complete what is written before kmock stores it."""
            manager = (request.params or {}).get("fieldManager", "unknown")
            if request.action == kmock.action.CREATE:
                _replace(request.data, self.admitted(request.data, manager))
            elif request.action == kmock.action.UPDATE:
                found = self.objects[request.resource, request.namespace, request.name]
                self.writes += 1
                _replace(request.data, touch(found.raw, request.data, manager, 1000 + self.writes))
            answer: StreamResponse = await super()._handle(request)
            return answer

        def admitted(self, body: Object, manager: str) -> Object:
            self.writes += 1
            return admit(body, manager, 1000 + self.writes)

        async def _serve_list(self, request: Any) -> Object:
            answer: Object = await super()._serve_list(request)
            found = request.resource
            resource = served(found.group, found.version, found.plural)
            return answer if resource is None else _as_list(resource, answer["items"], 1000 + self.writes)

        async def _serve_server_version(self, request: Any) -> Object:
            answer: Object = await super()._serve_server_version(request)
            return answer | {"major": "1", "minor": "33", "gitVersion": "v1.33.4"}

        async def _serve_version(self, request: Any) -> Object:
            # The core group has no name, and kmock spells it `/v1`.
            answer: Object = await super()._serve_version(request)
            return answer | {"groupVersion": answer["groupVersion"].lstrip("/")}

    server = ApiServer()
    for resource in SERVED:
        server.resources[kmock.resource(resource.group, resource.version, resource.plural)] = kmock.ResourceInfo(
            namespaced=resource.namespaced, kind=resource.kind, singular=resource.kind.lower(), verbs={"get", "list"}
        )
    return server


async def _answer_about_namespaces(server: Any, raw: BaseRequest, name: str) -> StreamResponse:
    """Get, list, create and patch Namespace objects."""
    import kmock
    from aiohttp.web import json_response

    namespaces = kmock.resource("v1/namespaces")
    stored = {key[2]: found.raw for key, found in server.objects.items() if key[0] == namespaces}
    if raw.method == "POST" and not name:
        body = server.admitted(await raw.json(), raw.query.get("fieldManager", "unknown"))
        server.objects[namespaces, None, body["metadata"]["name"]] = body
        return json_response(body, status=201)
    if raw.method == "GET" and not name:
        return json_response(_as_list(SERVED[0], list(stored.values()), 1000 + server.writes))
    if raw.method == "GET" and name in stored:
        return json_response(stored[name])
    if raw.method == "PATCH" and name in stored:
        server.writes += 1
        change = touch(stored[name], await raw.json(), raw.query.get("fieldManager", "unknown"), 1000 + server.writes)
        patched = merged(stored[name], change)
        server.objects[namespaces, None, name] = patched
        return json_response(patched)
    error = kmock.KubernetesObjectNotFoundError() if raw.method == "GET" else kmock.KubernetesError(405)
    answer: StreamResponse = await server._render_error(error)
    return answer


def _as_list(resource: Served, items: list[Object], version: int) -> Object:
    # A real server leaves kind and apiVersion out of the items: the list says them once.
    bare = [{key: part for key, part in item.items() if key not in ("kind", "apiVersion")} for item in items]
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.group_version,
        "metadata": {"resourceVersion": str(version)},
        "items": bare,
    }


def _replace(data: Object, by: Object) -> None:
    # In place: kmock stores the request's own dict.
    data.clear()
    data.update(by)
