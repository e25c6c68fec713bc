"""Our rules inside checkov: the folder that `checkov --external-checks-dir` is given.

checkov loads Python files from folders and nothing else, in its own environment, where soc2gate is not. So the folder
holds one file that checkov loads and, beside it, what that file has to know: the rules, and how to ask soc2gate here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from soc2gate import kinds
from soc2gate.errors import UsageError
from soc2gate.model.rule import Rule, RuleSet
from soc2gate.model.value import Json

_CHECK_FILE = "soc2gate_rules_for_checkov.py"
"""checkov puts it into `sys.modules` under its bare name: no other file may be called so."""
_DATA = "soc2gate_rules.data"
"""Neither .json nor .yaml: those checkov would read as policies of its own."""
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from soc2gate.cli import main; main()"
_CATEGORIES = {
    "encryption-at-rest": "ENCRYPTION",
    "tls-in-transit": "ENCRYPTION",
    "public-exposure": "NETWORKING",
    "network-segmentation": "NETWORKING",
    "iam-least-privilege": "IAM",
    "iam-lifecycle": "IAM",
    "mfa": "IAM",
    "password-policy": "IAM",
    "secrets-management": "SECRETS",
    "audit-logging": "LOGGING",
    "log-integrity-retention": "LOGGING",
    "monitoring-alerting": "LOGGING",
    "backup": "BACKUP_AND_RECOVERY",
    "recovery-resilience": "BACKUP_AND_RECOVERY",
}
"""Our controls to checkov's categories, as far as it has one."""
_FORMATS = {"terraform": "terraform", "cloudformation": "cloudformation", "manifests": "kubernetes"}


def write(ruleset: RuleSet, folder: Path, arguments: Sequence[str] = ()) -> Path:
    """The folder, written below `folder` under a name of its content, so that nobody's run changes under them.

    `arguments` go to every `soc2gate scan` that checkov's rules start. Raises `UsageError` where it cannot be written.
    """
    check = (Path(__file__).parent / "for_checkov" / _CHECK_FILE).read_text("utf-8")
    told = {
        # -I: whatever PYTHONPATH and the work tree hold, soc2gate is the one that wrote this.
        "command": [sys.executable, "-I", "-c", _START, str(Path(__file__).parents[2])],
        "arguments": list(arguments),
        "rules": [_rule(rule) for rule in ruleset.rules.values()],
    }
    data = json.dumps(told, indent=1, ensure_ascii=False)
    name = hashlib.sha256(f"{check}\0{data}".encode()).hexdigest()[:16]
    target = folder / f"checkov-{name}"
    try:
        target.mkdir(parents=True, exist_ok=True)
        for file, text in (("__init__.py", ""), (_DATA, data), (_CHECK_FILE, check)):
            temporary = target / f".{file}.{os.getpid()}"
            temporary.write_text(text, encoding="utf-8")
            os.replace(temporary, target / file)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}", hint="name another folder: --output") from None
    return target


def home() -> Path:
    """Where the folder goes unless one is named."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "soc2gate"


def _rule(rule: Rule) -> dict[str, Json]:
    asked = {case.kind for case in rule.cases if "declared" in case.sides}
    links = [link for link in rule.references if link.startswith("https://")]
    entities: dict[str, Json] = {}
    for theirs, ours in _FORMATS.items():
        # A rule about manifests is asked of the same objects in Terraform too.
        here = theirs in rule.sides or (theirs == "terraform" and "manifests" in rule.sides)
        entities[ours] = [*sorted(_entities(asked, ours))] if here else []
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": str(rule.severity),
        "guideline": links[0] if links else f"soc2gate explain {rule.id}",
        "category": _CATEGORIES.get(rule.control, "GENERAL_SECURITY"),
        **entities,
    }


def _entities(asked: Iterable[str], language: str) -> set[str]:
    """What checkov calls the resources of these kinds, and of those that they may be part of."""
    found: set[str] = set()
    wanted = set(asked)
    for name in kinds.known_kinds():
        kind = kinds.kind(name)
        holds = kind.derives is not None and any(_same_service(name, other) for other in wanted)
        pods = "Kubernetes::PodTemplate" in wanted and kinds.is_workload(name)
        if name not in wanted and not holds and not pods:
            continue
        if language == "terraform":
            found.update(spelling.type for spelling in kind.terraform)
            if name.startswith("Kubernetes::"):
                found.update(_in_terraform(name.removeprefix("Kubernetes::")))
        elif language == "cloudformation" and name.startswith("AWS::"):
            # A policy that stands alone is completed out of others, and its template says the same name.
            found.add(kind.cloudformation.type if kind.cloudformation is not None else name)
        elif language == "kubernetes" and name.startswith("Kubernetes::"):
            found.add(name.removeprefix("Kubernetes::"))
    return found


def _in_terraform(name: str) -> Iterator[str]:
    """What Terraform's provider calls an object, in each of its versions."""
    from soc2gate.kinds.kubernetes_terraform import OBJECT

    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    called = {"DaemonSet": "daemonset", "ServiceAccount": "default_service_account"}
    for each in {snake, called.get(name, snake)}:
        yield from (f"kubernetes_{each}{version}" for version in ("", "_v1", "_v1beta1", "_v2"))
    yield from OBJECT


def _same_service(one: str, other: str) -> bool:
    return one.rpartition("::")[0] == other.rpartition("::")[0]
