"""A headless Chromium that tests ask questions of, over the pipe that its debugging protocol speaks."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def found() -> str | None:
    """The first browser on PATH."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Page:
    """One open page."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing
        self._number = 0
        self._held = b""
        self._session = ""
        self.said: list[dict[str, Any]] = []
        """Every event the browser sent: what the console printed, what the network was asked."""

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command, and its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result
            self.said.append(answer)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._held:
            more = os.read(self._reading, 65536)
            assert more, "the browser went away"
            self._held += more
        message, _, self._held = self._held.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer

    def barriers(self, axe: str) -> list[str]:
        """What axe-core finds that keeps people out, and what it asks a person to look at, contrast apart.

        Contrast is measured by a test of its own, also where axe cannot tell.
        """
        self.value(f"(() => {{ {axe}; }})()")
        rules = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
        found: list[str] = self.value(
            f"axe.run(document, {{runOnly: {rules}}}).then(told => [...told.violations, ...told.incomplete].flatMap("
            "one => one.nodes.map(node => `${one.id}: ${node.html}`)))"
        )
        return [barrier for barrier in found if not barrier.startswith("color-contrast:")]

    def open(self, file: Path) -> None:
        """Load a file and wait until it stands."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")
        self.ask("Page.navigate", url=file.as_uri())
        self.value("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', done))")

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def emulate(self, **features: str) -> None:
        """CSS media: `emulate(scheme="dark")`, `emulate(media="print")`."""
        scheme = features.get("scheme", "light")
        self.ask(
            "Emulation.setEmulatedMedia",
            media=features.get("media", "screen"),
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def pdf(self) -> bytes:
        """The page as it prints."""
        return base64.b64decode(self.ask("Page.printToPDF", printBackground=True)["data"])


@contextmanager
def opened(file: Path, profile: Path) -> Iterator[Page]:
    """A page with this file in a browser of its own, which ends with the block."""
    browser = found()
    assert browser is not None
    to_read, to_write = os.pipe(), os.pipe()
    flags = "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --remote-debugging-pipe"
    # The protocol is spoken on descriptors 3 (to the browser) and 4 (from it), which a shell can lay out.
    script = f'exec "$0" {flags} --user-data-dir="$1" 3<&{to_write[0]} 4>&{to_read[1]}'
    process = subprocess.Popen(
        ["bash", "-c", script, browser, str(profile)],
        pass_fds=(to_write[0], to_read[1]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_write[0])
    os.close(to_read[1])
    page = Page(to_read[0], to_write[1])
    try:
        page.open(file)
        yield page
    finally:
        process.terminate()
        process.wait(timeout=20)
        os.close(to_read[0])
        os.close(to_write[1])
