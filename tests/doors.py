"""A door before a server: it hands on all that passes, keeps it where asked, and speaks TLS where told."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def certified(folder: Path) -> Path:
    """A folder with a `key` and a certificate for this machine, `ca.pem`, which is its own authority."""
    folder.mkdir()
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1")
    subject = ("-subj", "/CN=soc2gate", "-addext", "subjectAltName=IP:127.0.0.1")
    files = ("-keyout", str(folder / "key"), "-out", str(folder / "ca.pem"))
    subprocess.run(["openssl", "req", "-x509", *curve, *files, *subject], check=True, capture_output=True)
    return folder


@contextmanager
def before(port: int, *, heard: list[bytes] | None = None, certificate: Path | None = None) -> Iterator[int]:
    """The door's port; what is said at it goes to `port`, and back."""
    door = socket.create_server(("127.0.0.1", 0))
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate / "ca.pem", certificate / "key")

    def pass_on(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                if heard is not None:
                    heard.append(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def serve() -> None:
        while True:
            try:
                caller, _ = door.accept()
            except OSError:
                return
            try:
                inside = context.wrap_socket(caller, server_side=True) if context is not None else caller
            except OSError:
                # Who does not trust us leaves before the first word.
                continue
            behind = socket.create_connection(("127.0.0.1", port))
            for ends in ((inside, behind), (behind, inside)):
                threading.Thread(target=pass_on, args=ends, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield door.getsockname()[1]
    finally:
        door.close()
