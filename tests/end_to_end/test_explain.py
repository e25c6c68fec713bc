"""Whatever a report names can be asked about, and a shell can complete it."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def soc2gate(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "soc2gate", *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_rule_is_explained_with_what_fails_and_what_passes(tmp_path: Path) -> None:
    told = soc2gate("explain", "sg-no-ssh-from-internet", folder=tmp_path)
    assert told.returncode == 0, told.stderr
    said = told.stdout
    for part in ("No security group opens SSH (22)", "why", "fix terraform", "CC6.6", "fails:", "passes:"):
        assert part in said
    assert 'resource "aws_security_group"' in said.split("fails:")[1]


def test_a_criterion_is_explained_however_it_is_spelled(tmp_path: Path) -> None:
    told = soc2gate("explain", "cc6.6", folder=tmp_path)
    assert told.stdout.startswith("CC6.6  ")
    assert "people show" in told.stdout


def test_a_control_is_explained_with_its_rules(tmp_path: Path) -> None:
    told = soc2gate("explain", "encryption-at-rest", folder=tmp_path)
    assert "s3-encryption" in told.stdout
    assert "at most 31 days old" in told.stdout


def test_a_name_that_is_nearly_one_is_suggested(tmp_path: Path) -> None:
    told = soc2gate("explain", "sg-no-shs-from-internet", folder=tmp_path)
    assert told.returncode == 2
    assert "sg-no-ssh-from-internet" in told.stderr


def test_ones_own_rule_is_explained_too(tmp_path: Path) -> None:
    folder = tmp_path / "policy/rules/acme/queue-name"
    folder.mkdir(parents=True)
    (folder / "rule.yaml").write_text(
        "id: queue-name\ntitle: Queues have names\nseverity: low\ncontrol: encryption-at-rest\nkind: AWS::SQS::Queue\n"
        'assert: resource.QueueName != ""\nmessage: "the queue has no name"\nwhy: A name says whose it is.\n'
        "fix:\n  terraform: Set `name`.\n"
    )
    (folder / "fail.tf").write_text('resource "aws_sqs_queue" "q" {}\n')
    told = soc2gate("explain", "queue-name", "--rules", "policy", folder=tmp_path)
    assert told.returncode == 0, told.stderr
    assert 'resource "aws_sqs_queue" "q" {}' in told.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_of_its_own(tmp_path: Path, shell: str) -> None:
    told = soc2gate("completion", shell, folder=tmp_path)
    assert told.returncode == 0, told.stderr
    assert f"_SOC2GATE_COMPLETE={shell}_complete" in told.stdout


def on_path(tmp_path: Path) -> dict[str, str]:
    """An environment in which the command under test is what `soc2gate` names."""
    command = tmp_path / "bin" / "soc2gate"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m soc2gate "$@"\n')
    command.chmod(0o755)
    return os.environ | {"PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}", "TERM": "dumb"}


def in_zsh(keys: list[str], environment: dict[str, str]) -> str:
    """What an interactive zsh shows when somebody types these keys."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
    shown = ""
    for typed in keys:
        os.write(terminal, typed.encode())
        shown += until_quiet(terminal, 3)
    os.write(terminal, b"\x03exit\n")
    until_quiet(terminal, 1)
    os.close(terminal)
    os.waitpid(child, 0)
    return re.sub(r"\x1b\[[^a-zA-Z]*[a-zA-Z]|\x08", "", shown)


def until_quiet(terminal: int, seconds: float) -> str:
    """What a terminal shows until nothing more came for as long."""
    shown = b""
    while select.select([terminal], [], [], seconds)[0]:
        try:
            shown += os.read(terminal, 4096)
        except OSError:
            break
    return shown.decode("utf-8", "replace")


IN_A_SHELL = {
    "bash": 'eval "$(soc2gate completion bash)"; COMP_WORDS=(soc2gate {}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); '
    '"$(complete -p soc2gate | sed "s/.*-F //; s/ .*//")" soc2gate; echo "${{COMPREPLY[@]}}"',
    "fish": 'soc2gate completion fish | source; complete -C "soc2gate {}"',
}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_real_shell_completes_commands_and_rules(tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    environment = on_path(tmp_path)
    if shell == "zsh":
        load = 'autoload -Uz compinit && compinit -u -D; eval "$(soc2gate completion zsh)"\n'
        shown = in_zsh([load, "soc2gate expl\t", "s3-encr\t"], environment)
        assert "soc2gate explain" in shown
        assert "s3-encryption" in shown
        return
    for words, completed in (("expl", "explain"), ("explain s3-enc", "s3-encryption")):
        script = IN_A_SHELL[shell].format(words)
        done = subprocess.run([shell, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
        assert done.stdout.split()[:1] == [completed], done


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("soc2gate expl", "explain"),
        ("soc2gate scan --on-in", "--on-incomplete"),
        ("soc2gate explain s3-enc", "s3-encryption"),
    ],
)
def test_words_are_completed(tmp_path: Path, words: str, completed: str) -> None:
    script = "import sys; sys.argv = ['soc2gate']; from soc2gate.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=os.environ
        | {"_SOC2GATE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert f"plain,{completed}" in done.stdout.splitlines(), done.stdout + done.stderr
