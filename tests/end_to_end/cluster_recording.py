"""What a real API server answered to soc2gate, kept as it came, and served again from there.

    SOC2GATE_ETCD=… SOC2GATE_KUBE_APISERVER=… SOC2GATE_KUBE_CONTROLLER_MANAGER=… \\
        python tests/end_to_end/cluster_recording.py

deploys `recorded_cluster/manifests` into a real cluster, lets the installed command collect it, and writes every answer
to `recorded_cluster/answers.jsonl`. `recorded_cluster/README.md` says which server the kept ones come from.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias

FOLDER = Path(__file__).parent / "recorded_cluster"
MANIFESTS = FOLDER / "manifests"
ANSWERS = FOLDER / "answers.jsonl"

Question: TypeAlias = tuple[str, str]
"""Path with its query, and the Accept header."""
Answer: TypeAlias = tuple[int, Any]
"""Status, and the body as JSON has it."""


def recorded() -> dict[Question, Answer]:
    """What is kept, by question."""
    lines = [json.loads(line) for line in ANSWERS.read_text(encoding="utf-8").splitlines()]
    return {(line["get"], line["accept"]): (line["status"], line["body"]) for line in lines}


@contextmanager
def served(answer: Callable[[Question], Answer]) -> Iterator[str]:
    """An API over HTTP that answers every GET so; its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body = answer((self.path, self.headers.get("Accept", "")))
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Nothing: a test's output is its own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def replayed(answers: dict[Question, Answer]) -> Callable[[Question], Answer]:
    """Answers from these; a question that was never put to the real server is an error, and no empty list."""

    def answer(question: Question) -> Answer:
        never = {"kind": "Status", "reason": f"never recorded: GET {question[0]}", "code": 501}
        return answers.get(question, (501, never))

    return answer


def record() -> None:
    """Ask a real cluster again and write its answers over the kept ones."""
    import yaml
    from real_cluster import ADMIN, deploy, missing_programs, real_cluster, write_kubeconfig

    if missing_programs():
        sys.exit(f"set {', '.join(missing_programs())}")
    documents = [body for file in sorted(MANIFESTS.glob("*.yaml")) for body in yaml.safe_load_all(file.read_text())]
    with tempfile.TemporaryDirectory() as folder, real_cluster(Path(folder)) as cluster:
        deploy(cluster, documents)
        heard: dict[Question, Answer] = {}

        def through(question: Question) -> Answer:
            try:
                heard[question] = (200, cluster.ask_as(question[1], question[0]))
            except urllib.error.HTTPError as error:
                heard[question] = (error.code, json.load(error))
            return heard[question]

        with served(through) as url:
            kubeconfig = Path(folder) / "recording"
            write_kubeconfig(kubeconfig, url, ADMIN)
            command = [sys.executable, "-m", "soc2gate", "collect", "--provider", "kubernetes"]
            environment = os.environ | {"KUBECONFIG": str(kubeconfig)}
            subprocess.run([*command, "--output", f"{folder}/live.json"], check=True, env=environment)
    with ANSWERS.open("w", encoding="utf-8") as out:
        for (path, accept), (status, body) in sorted(heard.items()):
            out.write(json.dumps({"get": path, "accept": accept, "status": status, "body": body}) + "\n")
    print(f"{len(heard)} answers in {ANSWERS}")


if __name__ == "__main__":
    record()
