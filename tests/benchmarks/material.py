"""What the benchmarks and the tests of speed scan: generated, so that every size can be had."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SMALL = """\
resource "aws_security_group" "ssh" {
  name = "ssh"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""


def small(folder: Path) -> None:
    """One file with one resource."""
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(SMALL)


def generated(folder: Path, resources: int) -> None:
    """A Terraform root of the given size: security groups, buckets with their companions, databases, volumes."""
    folder.mkdir(parents=True)
    (folder / "variables.tf").write_text('variable "env" {\n  default = "prod"\n}\n')
    per_file = 100
    for start in range(0, resources, per_file):
        blocks = [block(index) for index in range(start, min(start + per_file, resources))]
        (folder / f"part_{start // per_file:04}.tf").write_text("\n".join(blocks))


def roots(folder: Path, number: int, resources: int) -> None:
    """Many roots of the given size beside each other."""
    for index in range(number):
        generated(folder / f"root_{index:03}", resources)


def module(folder: Path, files: int = 20) -> None:
    """A module of as many files, five resources each."""
    folder.mkdir(parents=True)
    (folder / "variables.tf").write_text('variable "env" {\n  default = "prod"\n}\n')
    for number in range(files - 1):
        blocks = [block(index) for index in range(number * 5, number * 5 + 5)]
        (folder / f"part_{number:02}.tf").write_text("\n".join(blocks))


HOOK = "scan --changed --on-incomplete report"
"""What the hook asks of soc2gate."""


def hooks(folder: Path, entries: Mapping[str, str]) -> dict[str, list[str]]:
    """What runs pre-commit for each entry, in a repository of its own: a module of 20 files, one of them staged.

    pre-commit's own share is what an entry takes that does nothing (`true`), among these and in turns with them.
    """
    commands = {}
    for name, entry in entries.items():
        repository = folder / f"hook-{name}"
        module(repository)
        hook = {
            "id": name,
            "name": name,
            "entry": entry,
            "language": "system",
            "files": r"\.tf$",
            "require_serial": True,
        }
        config = {"repos": [{"repo": "local", "hooks": [hook | {"files": r"\.tf$", "require_serial": True}]}]}
        (repository / ".pre-commit-config.yaml").write_text(json.dumps(config))
        git = ["git", "-C", str(repository), "-c", "user.name=bench", "-c", "user.email=bench@example.com"]
        subprocess.run([*git, "init", "--quiet"], check=True)
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", "all"], check=True)
        with (repository / "part_07.tf").open("a") as file:
            file.write("\n# changed\n")
        subprocess.run([*git, "add", "."], check=True)
        commands[name] = ["sh", "-c", f"cd {repository} && exec {sys.executable} -m pre_commit run"]
    return commands


def block(index: int) -> str:
    shapes = (
        f'resource "aws_s3_bucket" "b{index}" {{\n  bucket = "acme-${{var.env}}-{index}"\n}}\n',
        f'resource "aws_s3_bucket_versioning" "v{index}" {{\n  bucket = aws_s3_bucket.b{index - index % 5}.id\n'
        '  versioning_configuration {\n    status = "Enabled"\n  }\n}\n',
        f'resource "aws_security_group" "g{index}" {{\n  name = "g{index}"\n  ingress {{\n    from_port = 443\n'
        '    to_port = 443\n    protocol = "tcp"\n    cidr_blocks = ["10.0.0.0/8"]\n  }\n}\n',
        f'resource "aws_db_instance" "d{index}" {{\n  identifier = "d{index}"\n  engine = "postgres"\n'
        '  instance_class = "db.t3.micro"\n  storage_encrypted = true\n  backup_retention_period = 14\n}\n',
        f'resource "aws_ebs_volume" "e{index}" {{\n  availability_zone = "eu-west-1a"\n  size = 8\n'
        f"  encrypted = {'true' if index % 2 else 'false'}\n}}\n",
    )
    return shapes[index % 5]


def deployments(folder: Path, number: int) -> None:
    """Kubernetes deployments of two containers, a hundred to a file."""
    folder.mkdir(parents=True)
    for start in range(0, number, 100):
        written = [deployment(index) for index in range(start, min(start + 100, number))]
        (folder / f"part_{start // 100:03}.yaml").write_text("---\n".join(written))


def deployment(index: int) -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{index}
  namespace: shop
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web-{index}}}}}
  template:
    metadata: {{labels: {{app: web-{index}}}}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.{index}
          ports: [{{containerPort: 8080}}]
          securityContext:
            runAsNonRoot: true
            allowPrivilegeEscalation: {"true" if index % 5 == 0 else "false"}
            capabilities: {{drop: [ALL]}}
          resources:
            limits: {{cpu: 500m, memory: 256Mi}}
        - name: side
          image: registry.example.com/side:1
          env: [{{name: MODE, value: fast}}]
"""


def size_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
