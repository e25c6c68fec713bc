"""The soc2gate.yaml that `soc2gate init` writes: what was found in the repository, and what each setting is for."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Sequence

from soc2gate.config import CATEGORIES
from soc2gate.declared.survey import Survey, SurveyedRoot


def starter(found: Survey, scope: Sequence[str]) -> str:
    """A configuration that passes `soc2gate config check` as it is, and says how to go on."""
    return "\n".join(_lines(found, scope)) + "\n"


def _lines(found: Survey, scope: Sequence[str]) -> Iterator[str]:
    yield "# What soc2gate knows of this repository. Every key is optional; unknown ones are refused with the line."
    yield "# Check it with `soc2gate config check`, see what is in force with `soc2gate config show`."
    yield "# For an editor that completes keys: `soc2gate config schema > soc2gate.schema.json`, and as the first line"
    yield "#   yaml-language-server: $schema=soc2gate.schema.json"
    yield ""
    yield "# Trust services categories the report is about. Security always is; the others are a choice you make with"
    yield f"# your auditor: {', '.join(CATEGORIES[1:])}."
    yield f"scope: [{', '.join(scope)}]"
    yield ""
    yield "# The lowest severity that closes the gate (exit 1): critical, high, medium, low, or never."
    yield "fail_on: high"
    yield "# What could not be looked at: `block` ends in exit 3, `report` only counts it."
    yield "on_incomplete: block"
    yield ""
    yield from _roots(found)
    yield from _regions(found)
    yield from _owners(found)
    yield from _control_owners()
    yield from _aside(found)
    yield from _waivers()
    yield from _live(found)


def _roots(found: Survey) -> Iterator[str]:
    yield "# Terraform roots: the value files they deploy with, the account and the regions they deploy to. A root that"
    yield "# is not listed is judged with its defaults. `owns_account: true` says that a root is meant to hold the"
    yield "# account's own settings, so that one which nobody declares is missing."
    yield "# Of a Helm chart: its environments, each with the value files it is installed with (none: the chart's own"
    yield "# values), and the namespace."
    if not found.roots and not found.charts:
        yield "# roots:"
        yield "#   - path: infra"
        yield "#     var_files: [prod.tfvars]"
        yield '#     account: "123456789012"'
        yield "#     regions: [eu-west-1]"
        yield ""
        return
    yield "roots:"
    for root in found.roots:
        yield from _root(root)
    for chart, environments in found.charts.items():
        yield f"  - path: {_text(chart)}"
        yield "    environments:"
        yield "      - {name: default}"
        for name, file in environments.items():
            yield f"      - {{name: {_text(name)}, var_files: [{_text(file)}]}}"
        yield "    # namespace: shop"
    yield ""


def _root(root: SurveyedRoot) -> Iterator[str]:
    yield f"  - path: {_text(root.path)}"
    deployments = _deployments(root.value_files)
    if deployments:
        yield "    environments:  # evaluated apart; each may have an account, regions and a workspace of its own"
        for name, file in deployments.items():
            yield f"      - {{name: {_text(name)}, var_files: [{_text(file)}]}}"
    elif root.value_files:
        yield f"    var_files: [{_text(root.value_files[0])}]"
        others = ", ".join(root.value_files[1:])
        if others:
            yield f"    # found beside it, for other deployments: {others}"
    yield f"    account: {_text(root.account)}" if root.account else '    # account: "123456789012"'
    if root.regions:
        yield f"    regions: [{', '.join(root.regions)}]"


_STAGES = frozenset(
    (
        "dev",
        "development",
        "test",
        "testing",
        "qa",
        "uat",
        "stage",
        "staging",
        "preprod",
        "preview",
        "sandbox",
        "demo",
        "prod",
        "production",
        "live",
        "dr",
    )
)


def _deployments(value_files: Sequence[str]) -> dict[str, str]:
    """Environment to its value file, where there are several and all of them are called as environments are."""
    named = {posixpath.basename(file).split(".")[0]: file for file in value_files}
    return named if len(named) == len(value_files) > 1 and named.keys() <= _STAGES else {}


def _regions(found: Survey) -> Iterator[str]:
    regions = sorted({region for root in found.roots for region in root.regions})
    yield "# AWS regions that `soc2gate verify` reads live state from."
    yield f"regions: [{', '.join(regions)}]" if regions else "# regions: [eu-west-1]"
    yield ""


def _owners(found: Survey) -> Iterator[str]:
    yield "# Who answers for which files; the last pattern that fits counts."
    if found.owners:
        yield "# From CODEOWNERS:"
        yield "owners:"
        for pattern, owner in found.owners.items():
            yield f"  {_text(pattern)}: {_text(owner)}"
    else:
        yield "# owners:"
        yield '#   "infra/**": platform team'
    yield ""


def _control_owners() -> Iterator[str]:
    yield "# Who answers for which control, when an auditor asks; findings name them. `soc2gate explain CC6.1` names"
    yield "# the controls behind a criterion, `soc2gate explain encryption-at-rest` says what one means."
    yield "# control_owners:"
    yield "#   encryption-at-rest: platform team"
    yield "#   public-exposure: security@example.com"
    yield ""
    yield "# The systems in scope, as your description of the system calls them, and where their code is."
    yield "# systems:"
    yield '#   Shop: ["infra/shop/**", "charts/shop/**"]'
    yield ""


def _aside(found: Survey) -> Iterator[str]:
    yield "# Files and folders not to look at, as in .gitignore. What is ignored is not judged, so keep it short."
    if found.aside:
        yield "# These look like examples or tests; take the marks away if nobody deploys them:"
    yield "# ignore_paths:"
    for folder in found.aside or ("examples",):
        yield f"#   - {_text(folder + '/')}"
    yield ""


def _waivers() -> Iterator[str]:
    yield "# Findings somebody accepted, each with an owner, an approver who is not who wrote it, and an end. They may"
    yield "# stand here, in files named under waiver_files, or beside the code:"
    yield '#   # soc2gate:waive RULE reason="…" owner=… approver=… expires=YYYY-MM-DD ticket=…'
    yield "max_waiver_days: 180"
    yield "# inline_waivers: false          # allow none beside the code"
    yield "# accept_foreign_skips: [checkov, tfsec]  # let their skip comments count, though nobody approved them"
    yield "waivers: []"
    yield "#  - rule: s3-access-logging"
    yield "#    address: aws_s3_bucket.logs"
    yield "#    reason: it is the bucket that access logs go to"
    yield "#    owner: platform team"
    yield "#    approver: security@example.com"
    yield "#    expires: 2027-01-31"
    yield "#    ticket: OPS-123"
    yield ""


def _live(found: Survey) -> Iterator[str]:
    yield "# What is expected to be in code. Anything else live is not called unmanaged; without it, everything is."
    yield "# managed:"
    yield '#   accounts: ["123456789012"]'
    yield "#   tags: {managed-by: terraform}"
    yield ""
    yield "# Differences between code and live state that are meant."
    yield "# ignores:"
    yield "#   - address: aws_autoscaling_group.web"
    yield "#     property: DesiredCapacity"
    yield "#     reason: the autoscaler sets it"
    if found.manifests:
        yield ""
        yield "# The cluster that the manifests here are deployed to, as kubeconfig names it."
        yield "# kube_context: production"
    yield ""
    yield "# Rules of your own: folders with rules/ and mappings/ in them."
    yield "# packs: [./policy]"


def _text(value: str) -> str:
    """As YAML reads it back, whatever is in it: JSON's way of writing text is YAML's too."""
    plain = value.replace("/", "").replace("-", "").replace("_", "").replace(".", "")
    return value if plain.isascii() and plain.isalnum() and not plain.isdigit() else json.dumps(value)
