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


PROJECT = """\
resource "aws_codebuild_project" "shop" {
  name         = "shop"
  service_role = "arn:aws:iam::123456789012:role/build"

  artifacts {
    type = "NO_ARTIFACTS"
  }

  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    type         = "LINUX_CONTAINER"

    environment_variable {
      name  = "NPM_TOKEN"
      value = "9f86d081884c7d659a2feaa0"
    }
  }

  source {
    type = "GITHUB"
  }
}

resource "aws_lambda_function" "orders" {
  function_name = "orders"
  role          = "arn:aws:iam::123456789012:role/orders"

  environment {
    variables = {
      DB_PASSWORD = "horse-battery-staple"
      API_KEY     = "correct-horse-staple"
    }
  }
}
"""
SECRETS = ("9f86d081884c7d659a2feaa0", "horse-battery-staple", "correct-horse-staple")


@pytest.mark.parametrize("form", ["json", "text", "sarif", "junit", "markdown", "html"])
def test_no_report_repeats_what_stands_in_an_environment(tmp_path: Path, form: str) -> None:
    (tmp_path / "main.tf").write_text(PROJECT, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "soc2gate", "scan", ".", "--format", form],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert "codebuild-no-plaintext-secrets" in done.stdout
    assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]
