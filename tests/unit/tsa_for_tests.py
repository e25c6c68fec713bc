"""A timestamp authority: HTTP around `openssl ts`, with a root and a certificate of its own."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_CONFIG = """\
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[stamps]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
default_tsa = one
[one]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


@dataclass
class Tsa:
    """The server, and what it answers instead of a token while a test wants that."""

    folder: Path
    url: str = ""
    instead: list[tuple[int, bytes]] = field(default_factory=list)
    asked: int = 0

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def answer(self, question: bytes) -> bytes:
        (self.folder / "question").write_bytes(question)
        self.openssl("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "question", "-signer", "tsa.pem",
                     "-inkey", "tsa.key", "-out", "answer")  # fmt: skip
        return (self.folder / "answer").read_bytes()

    def openssl(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def authority(folder: Path, *, days: str = "3650") -> Tsa:
    """Its keys and certificates; the certificate is good for so many days from now."""
    folder.mkdir(parents=True)
    tsa = Tsa(folder)
    (folder / "tsa.cnf").write_text(_CONFIG)
    (folder / "serial").write_text("01\n")
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "tsa.cnf")
    tsa.openssl("req", "-x509", *new, "-extensions", "root", "-days", "3650", "-subj", f"/CN=Root of {folder.name}",
                "-keyout", "root.key", "-out", "root.pem")  # fmt: skip
    tsa.openssl("req", *new, "-subj", f"/CN={folder.name}", "-keyout", "tsa.key", "-out", "tsa.csr")
    tsa.openssl("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
                "-days", days, "-extfile", "tsa.cnf", "-extensions", "stamps", "-out", "tsa.pem")  # fmt: skip
    return tsa


@contextmanager
def serving(tsa: Tsa) -> Iterator[Tsa]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            tsa.asked += 1
            question = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            status, body = tsa.instead.pop(0) if tsa.instead else (200, tsa.answer(question))
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tsa.url = f"http://127.0.0.1:{server.server_port}/tsa"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield tsa
    finally:
        server.shutdown()
        thread.join()
