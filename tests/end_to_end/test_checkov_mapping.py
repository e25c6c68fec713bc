"""mappings/checkov.yaml against checkov itself: every id exists there, and none of ours to review was left out."""

from __future__ import annotations

import re

import checkov_for_tests
import pytest

from soc2gate.packs.checks import load_checks

OURS_TO_REVIEW = re.compile(r"CKV2?_(AWS|K8S|TF)_\d+")

EVERY_CHECK = """
import json
from checkov.cloudformation.checks.resource.registry import cfn_registry
from checkov.kubernetes.checks.resource.registry import registry as kubernetes_registry
from checkov.terraform.checks.data.registry import data_registry
from checkov.terraform.checks.module.registry import module_registry
from checkov.terraform.checks.provider.registry import provider_registry
from checkov.terraform.checks.resource.registry import resource_registry
from checkov.cloudformation import checks as a
from checkov.kubernetes import checks as b
from checkov.terraform import checks as c
from checkov.common.checks_infra.registry import get_graph_checks_registry

ids = set()
for registry in (cfn_registry, kubernetes_registry, data_registry, module_registry, provider_registry,
                 resource_registry):
    ids.update(check.id for _, check in registry.all_checks())
for framework in ("terraform", "cloudformation", "kubernetes"):
    registry = get_graph_checks_registry(framework)
    registry.load_checks()
    ids.update(check.id for check in registry.checks)
print(json.dumps(sorted(ids)))
"""


@pytest.mark.checkov
def test_every_check_that_we_review_stands_in_the_mapping_and_every_entry_is_a_check() -> None:
    theirs = {name for name in checkov_for_tests.python(EVERY_CHECK) if OURS_TO_REVIEW.fullmatch(name)}
    mapped = set(load_checks()["checkov"].checks)
    assert mapped - theirs == set(), "no such check in checkov"
    assert theirs - mapped == set(), "checks of checkov that nobody reviewed"


@pytest.mark.checkov
def test_the_mapping_names_the_version_that_was_reviewed() -> None:
    version = checkov_for_tests.python("import json; from checkov.version import version; print(json.dumps(version))")
    assert load_checks()["checkov"].reviewed == version
