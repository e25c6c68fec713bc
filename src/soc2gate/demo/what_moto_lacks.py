"""The few operations that the demo's company needs and moto does not have, answered as AWS would.

Backup selections, and the standards Security Hub judges by: what is written is kept in memory and given back.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Document: TypeAlias = dict[str, Any]

_SELECTIONS = re.compile(r"/backup/plans/(?P<plan>[^/]+)/selections/?(?P<selection>[^/]*)")


class WhatMotoLacks:
    """Stands before moto and answers what it would answer with 404 or 501."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._selections: dict[str, dict[str, Document]] = {}
        self._standards: list[Document] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path, method = str(environ["PATH_INFO"]), str(environ["REQUEST_METHOD"])
        answer = self._answer_to(method, path)
        if answer is None:
            return self._application(environ, start_response)
        length = int(str(environ.get("CONTENT_LENGTH") or 0))
        body = environ["wsgi.input"].read(length) if length else b""
        return _json(answer(json.loads(body or b"{}")), start_response)

    def _answer_to(self, method: str, path: str) -> Callable[[Document], Document] | None:
        found = _SELECTIONS.fullmatch(path)
        if found and method == "PUT":
            return partial(self._select, found["plan"])
        if found and method == "GET":
            return partial(self._selected, found["plan"], found["selection"])
        return {"/standards/register": self._subscribe, "/standards/get": self._subscribed}.get(path)

    def _select(self, plan: str, body: Document) -> Document:
        selection = str(uuid.uuid4())
        self._selections.setdefault(plan, {})[selection] = body["BackupSelection"]
        return {"BackupPlanId": plan, "SelectionId": selection}

    def _selected(self, plan: str, selection: str, _: Document) -> Document:
        of_plan = self._selections.get(plan, {})
        if selection:
            return {"BackupPlanId": plan, "SelectionId": selection, "BackupSelection": of_plan[selection]}
        listed = [
            {
                "BackupPlanId": plan,
                "SelectionId": key,
                "SelectionName": kept["SelectionName"],
                "IamRoleArn": kept["IamRoleArn"],
            }
            for key, kept in of_plan.items()
        ]
        return {"BackupSelectionsList": listed}

    def _subscribed(self, _: Document) -> Document:
        return {"StandardsSubscriptions": self._standards}

    def _subscribe(self, body: Document) -> Document:
        made = [
            {
                "StandardsSubscriptionArn": one["StandardsArn"].replace("::standards/", ":123456789012:subscription/"),
                "StandardsArn": one["StandardsArn"],
                "StandardsInput": {},
                "StandardsStatus": "READY",
            }
            for one in body["StandardsSubscriptionRequests"]
        ]
        self._standards += made
        return {"StandardsSubscriptions": made}


def _json(answer: Document, start_response: StartResponse) -> list[bytes]:
    body = json.dumps(answer).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
