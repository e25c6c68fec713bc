"""soc2gate against its peers, as ratios measured in one run: `make bench`.

Absolute times say little on another machine; ratios from one run say more. checkov is installed in an environment of
its own (.venv-checkov), because it and python-hcl2 own the same top-level package. Each command is timed as a person
meets it: the whole process, best of several, so that a busy machine hurts both sides alike.
"""

from __future__ import annotations

import argparse
import importlib.resources
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CHECKOV = REPOSITORY / ".venv-checkov"

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


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_mb: float
    code: int


def measure(command: list[str], *, cwd: Path, times: int) -> Measured:
    """The best of several runs of a whole process, with its peak memory."""
    best = Measured(float("inf"), 0.0, 0)
    # As installed: with bytecode, which the first of the runs may have to write.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(times):
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        _, status, usage = os.wait4(process.pid, 0)
        elapsed = time.perf_counter() - start
        if elapsed < best.seconds:
            best = Measured(elapsed, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
    return best


def generated(folder: Path, resources: int) -> None:
    """A Terraform root of the given size: security groups, buckets with their companions, databases, volumes."""
    folder.mkdir(parents=True)
    (folder / "variables.tf").write_text('variable "env" {\n  default = "prod"\n}\n')
    per_file = 100
    for start in range(0, resources, per_file):
        blocks = [block(index) for index in range(start, min(start + per_file, resources))]
        (folder / f"part_{start // per_file:04}.tf").write_text("\n".join(blocks))


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


def checkov() -> Path | None:
    """checkov's command, installed on first use; None where it cannot be had."""
    command = CHECKOV / "bin" / "checkov"
    if not command.exists():
        print("installing checkov in .venv-checkov (a big download, once) …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(CHECKOV)], check=True)
        done = subprocess.run([str(CHECKOV / "bin" / "python"), "-m", "pip", "install", "--quiet", "checkov"])
        if done.returncode:
            return None
    return command


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-peers", action="store_true", help="measure soc2gate alone")
    parser.add_argument("--times", type=int, default=5, help="runs of each soc2gate command (best counts)")
    parser.add_argument("--resources", type=int, default=1000, help="size of the generated root")
    asked = parser.parse_args()
    ours = Path(sys.executable).parent / "soc2gate"
    theirs = None if asked.no_peers else checkov()
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        (here / "small").mkdir()
        (here / "small" / "main.tf").write_text(SMALL)
        company = importlib.resources.files("soc2gate.demo") / "company"
        shutil.copytree(str(company), here / "company")
        generated(here / "generated", asked.resources)
        print(f"{'what':<34}{'soc2gate':>12}{'peak MB':>9}{'checkov':>12}{'peak MB':>9}{'times faster':>14}")
        row("start-up (--version)", ours, ["--version"], theirs, ["--version"], here, asked.times)
        for title, folder in (
            ("one small file", "small"),
            ("the demo company", "company"),
            (f"{asked.resources} generated resources", "generated"),
        ):
            row(
                title,
                ours,
                ["scan", folder],
                theirs,
                ["-d", folder, "--skip-download", "--compact", "-o", "json"],
                here,
                asked.times,
            )
    if theirs is None and not asked.no_peers:
        print("checkov could not be installed: no ratios", file=sys.stderr)


def row(
    title: str, ours: Path, our_flags: list[str], theirs: Path | None, their_flags: list[str], cwd: Path, times: int
) -> None:
    mine = measure([str(ours), *our_flags], cwd=cwd, times=times)
    if mine.code not in (0, 1, 3):
        sys.exit(f"{title}: soc2gate left with {mine.code}")
    line = f"{title:<34}{mine.seconds * 1000:>9.0f} ms{mine.peak_mb:>9.0f}"
    if theirs is not None:
        other = measure([str(theirs), *their_flags], cwd=cwd, times=2)
        line += f"{other.seconds * 1000:>9.0f} ms{other.peak_mb:>9.0f}{other.seconds / mine.seconds:>13.0f}×"
    print(line, flush=True)


if __name__ == "__main__":
    # A peer that crashes leaves no core file behind.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
