"""A running account copied by fork: each copy is changed and verified for itself, and the original stays as it was.

moto keeps an account in the memory of its process, so a forked process has the whole account without one call. The
child serves its copy on a port of its own, is given to whoever changes and asks it, and ends.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
import traceback
from collections.abc import Callable
from typing import Any, TypeAlias

import boto3
from botocore import loaders

from soc2gate.demo.deployment import Deployment
from soc2gate.demo.servers import REGION

Document: TypeAlias = dict[str, Any]


class Copy:
    """A copy of the account, served in this process."""

    def __init__(self, deployment: Deployment) -> None:
        from werkzeug.serving import make_server

        server = make_server("127.0.0.1", 0, deployment.made.server.middleware, threaded=True, request_handler=_quiet())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str) -> Any:
        """boto3's client of a service."""
        if service not in self._clients:
            # The stubs type each service by its literal name.
            make: Any = boto3.client
            self._clients[service] = make(service, region_name=REGION, endpoint_url=self.url)
        return self._clients[service]


def in_a_copy(deployment: Deployment, do: Callable[[Copy], Document]) -> Document:
    """What `do` answers in a copy of the account. Whatever it changes is gone afterwards."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        _answer(deployment, do, theirs)
    theirs.close()
    try:
        answer: Document = json.loads(ours.recv_bytes())
    except EOFError:
        answer = {"failed": "the copy died without an answer"}
    finally:
        os.waitpid(child, 0)
    if "failed" in answer:
        raise AssertionError(answer["failed"])
    return answer


def _answer(deployment: Deployment, do: Callable[[Copy], Document], pipe: Any) -> None:
    """In the child: answer, and end without anything that the parent's end would do again."""
    try:
        copy = Copy(deployment)
        os.environ["AWS_ENDPOINT_URL"] = copy.url
        answer = do(copy)
    except BaseException:  # noqa: BLE001  # whatever went wrong has to be told over there: nobody hears it here
        answer = {"failed": traceback.format_exc()}
    try:
        pipe.send_bytes(json.dumps(answer, default=str).encode())
    finally:
        os._exit(0)


def keep_service_models() -> Callable[[], None]:
    """Read each of botocore's service models once for all copies, not once a session; returns what undoes it.

    Reading them is most of what a verification of a small account costs.
    """
    original = loaders.JSONFileLoader.load_file
    kept: dict[str, Any] = {}

    def load_file(self: loaders.JSONFileLoader, file_path: str) -> Any:
        if file_path not in kept:
            kept[file_path] = original(self, file_path)
        return kept[file_path]

    def undo() -> None:
        loaders.JSONFileLoader.load_file = original  # type: ignore[method-assign]  # put back

    loaders.JSONFileLoader.load_file = load_file  # type: ignore[method-assign]  # for the length of the tests
    return undo


def _quiet() -> Any:
    from werkzeug.serving import WSGIRequestHandler

    class Quiet(WSGIRequestHandler):  # type: ignore[misc]  # werkzeug is read as untyped
        def log(self, *_: object) -> None:
            """Thousands of requests are of no interest."""

    return Quiet
