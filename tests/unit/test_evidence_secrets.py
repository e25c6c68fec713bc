"""A report says where a credential stands, and never what it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MANIFEST = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
    - name: web
      image: registry.example.com/shop/web:1.14.2
      env:
        - name: LOG_LEVEL
          value: info
        - name: DB_PASSWORD
          value: horse-battery-staple
        - name: WHO
          value: AKIAIOSFODNN7EXAMPLE
"""


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_literal_password_is_found_and_not_repeated(tmp_path: Path, form: str) -> None:
    (tmp_path / "web.yaml").write_text(MANIFEST, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", "scan", ".", "--format", form, "--fail-on", "low"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert "the variable DB_PASSWORD brings a secret into the environment" in done.stdout
    assert "(withheld: it looks like a credential)" in done.stdout
    for secret in ("horse-battery-staple", "AKIAIOSFODNN7EXAMPLE"):
        assert secret not in done.stdout + done.stderr
