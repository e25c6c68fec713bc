"""soc2gate's rules inside checkov, which loads this file itself: `--external-checks-dir $(soc2gate checkov-path)`.

soc2gate is asked once for each folder that checkov scans, in its own environment, and each rule answers with its
verdict on the resource that checkov asks about. What soc2gate cannot decide, or what does not apply, is no result here;
`soc2gate scan` says why.

This file runs in checkov's Python and imports nothing of soc2gate; what it needs to know stands beside it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

from checkov.cloudformation.checks.resource.base_resource_check import BaseResourceCheck as CloudFormationCheck
from checkov.common.bridgecrew.severities import get_severity
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.kubernetes.checks.resource.base_spec_check import BaseK8Check
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck as TerraformCheck

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "soc2gate_rules.data"), encoding="utf-8") as _file:
    TOLD = json.load(_file)


# `aws_network_acl.a ingress 100` is part of a resource, `aws_security_group.a["b"]` one of many that stand as one here.
_HOLDER = re.compile(r'(?P<name>.*?[.][^. "\[]+)(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?(?: .*)?')
_WEIGHT = {"fail": 3, "unknown": 2, "pass": 1}


def worst(items):
    """Of several findings about one resource (a policy for each of its users) that which counts."""
    return max(items, key=lambda item: _WEIGHT.get(item["verdict"], 0), default=None)


class Verdicts:
    """What soc2gate says of everything below the folders that checkov was given."""

    def __init__(self):
        self._asked = None
        self._held = {}
        self._paths = {}

    def about(self, rule, scanned_file, name, line=0):
        """The finding of a rule about a resource of a file, or None."""
        if self._asked is None:
            self._asked = {}
            for folder in folders(sys.argv):
                self._ask(folder)
        roots = self._roots(scanned_file)
        exact = [item for root in roots for item in self._asked.get((root, rule, name), ())]
        around = [item for item in exact if item["where"]["line"] <= line <= item["where"]["end_line"]]
        found = worst(around or exact)
        if found is not None and found["verdict"] != "not_applicable":
            return found
        # Where the resource is judged by its parts, that of the parts is what is to be said of it.
        return worst([item for root in roots for item in self._held.get((root, rule, name), ())]) or found

    def _roots(self, scanned_file):
        """The file's own paths, looked up once: it is asked about for every rule and resource."""
        if scanned_file not in self._paths:
            self._paths[scanned_file] = list(self._found(scanned_file))
        return self._paths[scanned_file]

    def _found(self, scanned_file):
        # From a scanned folder, from where checkov was started, or from the top: each runner has its own way.
        for start in (*folders(sys.argv), os.getcwd()):
            for name in (scanned_file.lstrip("/"), scanned_file):
                path = os.path.normpath(os.path.join(start, name))
                if os.path.isfile(path):
                    yield os.path.realpath(path)

    def _ask(self, folder):
        command = [*TOLD["command"], "scan", ".", "--format", "json", "--fail-on", "never", *TOLD["arguments"]]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", errors="replace")
        if not done.stdout.startswith("{"):
            said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            print(f"soc2gate: none of its rules was asked in {folder}: {said}", file=sys.stderr)
            return
        base = base_of(folder)
        for item in json.loads(done.stdout)["findings"]:
            where = item["where"]
            if not where or "path" not in where or item["side"] != "declared":
                continue
            path = os.path.realpath(os.path.join(base, where["path"]))
            # Objects of one name in several files are told apart by where they stand.
            address = item["address"].partition("@")[0]
            self._asked.setdefault((path, item["rule"], address), []).append(item)
            held = _HOLDER.fullmatch(address)
            if held and held["name"] != address:
                self._held.setdefault((path, item["rule"], held["name"]), []).append(item)


def folders(arguments):
    """The folders that checkov was told to scan, from its own command line."""
    found = []
    flags = {"-d": True, "--directory": True, "-f": False, "--file": False}
    index = 1
    while index < len(arguments):
        name, equals, value = arguments[index].partition("=")
        index += 1
        if name not in flags:
            continue
        values = [value] if equals else []
        while not equals and index < len(arguments) and not arguments[index].startswith("-"):
            values.append(arguments[index])
            index += 1
        for given in values:
            full = os.path.abspath(given)
            found.append(full if flags[name] else os.path.dirname(full))
    return list(dict.fromkeys(found)) or [os.getcwd()]


def base_of(folder):
    """The folder that soc2gate's paths are relative to: the repository that holds this one, else itself."""
    here = folder
    while True:
        if os.path.exists(os.path.join(here, ".git")):
            return here
        above = os.path.dirname(here)
        if above == here:
            return folder
        here = above


VERDICTS = Verdicts()
RESULTS = {"pass": CheckResult.PASSED, "fail": CheckResult.FAILED}


class Answers:
    """A rule that answers with soc2gate's verdict."""

    def __init__(self, rule):
        self.rule = rule
        self.finding = None

    def run(self, scanned_file, entity_configuration, entity_name, entity_type, skip_info):
        self.scanned_file = scanned_file
        self.entity_name = entity_name
        self.finding = None
        result = super().run(scanned_file, entity_configuration, entity_name, entity_type, skip_info)
        if self.finding and self.finding["verdict"] == "fail":
            # Terraform's runner alone tells `details`; the others tell the name and what stands here.
            result["message"] = self.finding["message"]
        waiver = self.finding and self.finding["waiver"]
        if waiver and not skip_info:
            result["result"] = CheckResult.SKIPPED
            result["suppress_comment"] = waiver["reason"]
        return result

    def answer(self, name, line=0):
        self.finding = VERDICTS.about(self.rule["id"], self.scanned_file, name, line)
        if self.finding is None:
            return CheckResult.UNKNOWN
        # A rule may weigh differently from case to case.
        self.severity = get_severity(self.finding["severity"])
        self.name = self.rule["title"]
        if self.finding["verdict"] == "fail":
            self.details.append(self.finding["message"])
            self.name = f"{self.rule['title']}: {self.finding['message']}"
        return RESULTS.get(self.finding["verdict"], CheckResult.UNKNOWN)


def words(rule):
    return {
        "name": rule["title"],
        "id": rule["id"],
        "categories": [CheckCategories[rule["category"]]],
        "guideline": rule["guideline"],
    }


def named(rule):
    """The name for `--check` and `--skip-check`: for Kubernetes, checkov takes one without `_` for a namespace."""
    return "soc2gate_" + rule["id"]


class InTerraform(Answers, TerraformCheck):
    def __init__(self, rule):
        Answers.__init__(self, rule)
        TerraformCheck.__init__(self, supported_resources=rule["terraform"], **words(rule))
        self.severity = get_severity(rule["severity"])
        self.bc_id = named(rule)

    def scan_entity_conf(self, conf, entity_type):
        self.entity_type = entity_type
        return self.scan_resource_conf(conf)

    def scan_resource_conf(self, conf):
        return self.answer(conf.get("__address__") or f"{self.entity_type}.{self.entity_name}")


class InCloudFormation(Answers, CloudFormationCheck):
    def __init__(self, rule):
        Answers.__init__(self, rule)
        CloudFormationCheck.__init__(self, supported_resources=rule["cloudformation"], **words(rule))
        self.severity = get_severity(rule["severity"])
        self.bc_id = named(rule)

    def scan_resource_conf(self, conf):
        return self.answer(self.entity_name)


class InKubernetes(Answers, BaseK8Check):
    def __init__(self, rule):
        Answers.__init__(self, rule)
        BaseK8Check.__init__(self, supported_entities=rule["kubernetes"], **words(rule))
        self.severity = get_severity(rule["severity"])
        self.bc_id = named(rule)

    def scan_spec_conf(self, conf):
        metadata = conf.get("metadata") or {}
        name, namespace = metadata.get("name"), metadata.get("namespace")
        # checkov writes the default namespace into objects that leave it open; soc2gate leaves it open.
        names = [f"{conf['kind']}/{name}"] if namespace in (None, "default") else []
        if namespace:
            names.insert(0, f"{conf['kind']}/{namespace}/{name}")
        for given in names:
            result = self.answer(given, conf.get("__startline__") or 0)
            if self.finding is not None:
                return result
        return CheckResult.UNKNOWN


CHECKS = [
    kind(rule)
    for rule in TOLD["rules"]
    for kind, asked in ((InTerraform, "terraform"), (InCloudFormation, "cloudformation"), (InKubernetes, "kubernetes"))
    if rule[asked]
]
