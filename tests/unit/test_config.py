"""soc2gate.yaml: what it may say, how mistakes are told, and that its schema and its loader agree."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from soc2gate import expectations
from soc2gate.config import CATEGORIES, Config, RootConfig, load
from soc2gate.errors import ConfigError
from soc2gate.model.outcome import Waiver
from soc2gate.model.resource import Span

SCHEMA = json.loads(resources.files("soc2gate").joinpath("json_schemas/config.schema.json").read_text("utf-8"))

FULL = """\
roots:
- path: infra/prod
  var_files: [prod.tfvars]
  variables: {size: 3, public: false, name: x}
  account: 012345678901
  regions: [eu-west-1]
  owns_account: true
  state: infra/state.json
regions: [eu-west-1, us-east-1]
kube_context: prod
kubeconfig: .kube/config
fail_on: critical
on_incomplete: report
scope: [Privacy]
packs: [./policy]
owners: {"infra/**": platform}
managed:
  accounts: ["123456789012", 123456789012]
  tags: {team: web}
  kinds: ["AWS::S3::Bucket"]
ignores:
- {address: aws_s3_bucket.b, property: Tags, reason: set by hand}
waivers:
- rule: s3-versioning
  address: aws_s3_bucket.logs
  reason: logs are write-once
  owner: ana
  approver: ben
  expires: 2027-01-31
  ticket: OPS-7
plugins: [ours]
ignore_paths: [legacy/]
"""


def write(folder: Path, text: str, name: str = "soc2gate.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def errors_of(file: Path) -> list[ConfigError]:
    with pytest.raises(ConfigError) as caught:
        load(file.parent, file)
    return [caught.value, *caught.value.others]


def test_without_a_file_the_defaults_hold_and_no_yaml_is_imported(tmp_path: Path) -> None:
    assert load(tmp_path) == Config()
    script = (
        "import sys; from pathlib import Path; from soc2gate.config import load; load(Path(sys.argv[1]));"
        "assert not {'yaml', 'json', 'tomllib', 'jsonschema', 'soc2gate.yaml_lines'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)


def test_everything_a_file_can_say_is_read(tmp_path: Path) -> None:
    write(tmp_path, FULL)
    config = load(tmp_path, base=tmp_path)
    assert config.roots == (
        RootConfig(
            path="infra/prod",
            var_files=("prod.tfvars",),
            variables={"size": "3", "public": "false", "name": "x"},
            account="012345678901",
            regions=("eu-west-1",),
            owns_account=True,
            state=tmp_path / "infra/state.json",
        ),
    )
    assert config.regions == ("eu-west-1", "us-east-1")
    assert (config.kube_context, config.kubeconfig) == ("prod", tmp_path / ".kube/config")
    assert (config.fail_on, config.on_incomplete) == ("critical", "report")
    assert config.scope == ("Security", "Privacy")
    assert config.packs == (tmp_path / "policy",)
    assert config.owners == {"infra/**": "platform"}
    assert config.managed.accounts == ("123456789012", "123456789012")
    assert config.ignores[0].property == "Tags"
    assert config.waivers == (
        Waiver(
            rule="s3-versioning",
            address="aws_s3_bucket.logs",
            reason="logs are write-once",
            owner="ana",
            approver="ben",
            expires="2027-01-31",
            where=Span("soc2gate.yaml", 24, 3),
            ticket="OPS-7",
        ),
    )
    assert config.plugins == ("ours",)
    assert config.ignore_paths == ("legacy/",)


def test_pyproject_says_the_same_as_yaml(tmp_path: Path) -> None:
    write(
        tmp_path / "yaml",
        "fail_on: low\nregions: [a]\nwaivers:\n"
        "- {rule: r, address: a, reason: b, owner: c, approver: d, expires: 2027-01-31}\n",
    )
    write(
        tmp_path / "toml",
        '[tool.other]\n[tool.soc2gate]\nfail_on = "low"\nregions = ["a"]\n[[tool.soc2gate.waivers]]\nrule = "r"\n'
        'address = "a"\nreason = "b"\nowner = "c"\napprover = "d"\nexpires = 2027-01-31\n',
        "pyproject.toml",
    )
    toml, yaml_config = load(tmp_path / "toml"), load(tmp_path / "yaml")
    assert toml.canonical() == yaml_config.canonical()
    assert toml.waivers[0].expires == "2027-01-31"


def test_the_nearest_file_up_to_the_repository_root_counts(tmp_path: Path) -> None:
    write(tmp_path, "fail_on: low\n")
    repository = tmp_path / "repo"
    (repository / ".git").mkdir(parents=True)
    inner = repository / "a" / "b"
    inner.mkdir(parents=True)
    assert load(inner) == Config()
    write(repository, "[project]\nname = 'x'\n", "pyproject.toml")
    assert load(inner) == Config()
    write(repository, "[tool.soc2gate]\nfail_on = 'medium'\n", "pyproject.toml")
    assert load(inner).fail_on == "medium"
    write(repository / "a", "fail_on: critical\n", "soc2gate.yml")
    assert load(inner).fail_on == "critical"


def test_outside_a_repository_files_further_up_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, "fail_on: low\n")
    (tmp_path / "a").mkdir()
    assert load(tmp_path / "a").fail_on == "high"
    assert load(tmp_path / "a", base=tmp_path).fail_on == "low"


def test_paths_are_told_relative_to_the_base(tmp_path: Path) -> None:
    write(
        tmp_path / "team", "roots: [{path: infra}]\nignore_paths: [old/, x/y, '*.bak']\nowners: {a/**: b}\npacks: [p]\n"
    )
    config = load(tmp_path / "team", base=tmp_path)
    assert config.roots[0].path == "team/infra"
    assert config.ignore_paths == ("team/**/old/", "team/x/y", "team/**/*.bak")
    assert config.owners == {"team/a/**": "b"}
    assert config.packs == (tmp_path / "team" / "p",)


def test_all_mistakes_are_told_at_once_with_place_and_suggestion(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "fail_onn: high\nfail_on: hihg\nregions: eu-west-1\nroots:\n- path: infra\n  acount: 1\n- {regions: [a]}\n",
    )
    told = [(error.line, error.column, error.message, error.hint) for error in errors_of(file)]
    assert told == [
        (1, 1, "unknown key “fail_onn”", "did you mean “fail_on”?"),
        (2, 10, "fail_on must be one of critical, high, medium, low, never; found “hihg”", "did you mean “high”?"),
        (3, 10, "regions must be a list; found “eu-west-1”", ""),
        (6, 3, "unknown key “acount” in roots[0]", "did you mean “account”?"),
        (7, 3, "roots[1] needs “path”", ""),
    ]


def test_mistakes_in_pyproject_have_their_line(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "[tool.soc2gate]\nregions = ['a', 3]\n[[tool.soc2gate.waivers]]\nrule = 'a'\n[[tool.soc2gate.roots]]\n"
        "path = 'a'\n[[tool.soc2gate.roots]]\npath = 'b'\nregionss = []\n",
        "pyproject.toml",
    )
    told = {(error.line, error.message) for error in errors_of(file)}
    assert (2, "regions[1] must be text; found 3") in told
    assert (3, "waivers[0] needs “owner”") in told
    assert (9, "unknown key “regionss” in roots[1]") in told


def test_a_mistake_in_the_second_of_two_tables_has_the_second_ones_line(tmp_path: Path) -> None:
    table = "[[tool.soc2gate.roots]]\npath = 'a'\nowns_account = {}\n"
    file = write(tmp_path, table.format("true") + table.format("3"), "pyproject.toml")
    (error,) = errors_of(file)
    assert (error.line, error.message) == (6, "roots[1].owns_account must be true or false; found 3")


def test_the_last_pattern_that_fits_a_principal_says_who_reviews_it_and_how_often(tmp_path: Path) -> None:
    text = (
        "access_review:\n  every_days: 60\n  reviewers:\n"
        "  - {match: '*', reviewer: ana}\n  - {match: '*:role/admin*', every_days: 30}\n"
        "  - {match: '*:user/*', reviewer: ben}\n"
    )
    review = expectations.of(load(tmp_path, write(tmp_path, text))).access_review
    assert review.of("aws:role/web") == ("ana", 60)
    assert review.of("aws:role/admin-all") == ("ana", 30)
    assert review.of("aws:user/carol") == ("ben", 60)


@pytest.mark.parametrize(
    ("text", "name", "line", "message"),
    [
        ("a: b: c", "soc2gate.yaml", 1, "broken YAML"),
        ("regions: [a]\nregions: [b]", "soc2gate.yaml", 2, "a second time"),
        ("- a", "soc2gate.yaml", 1, "expected settings"),
        ("[tool.soc2gate]\nx = = 1", "pyproject.toml", 2, "broken TOML"),
        ("[project]\n[[tool.soc2gate]]\nfail_on = 'low'", "pyproject.toml", 2, "[tool.soc2gate] must be a table"),
        ("[tool]\nsoc2gate = 3", "pyproject.toml", 2, "[tool.soc2gate] must be a table"),
        ("tool = 3", "pyproject.toml", 1, "[tool.soc2gate] must be a table"),
    ],
)
def test_a_broken_file_is_a_configuration_error(tmp_path: Path, text: str, name: str, line: int, message: str) -> None:
    error = errors_of(write(tmp_path, text, name))[0]
    assert error.line == line
    assert message in error.message


def test_a_path_may_name_a_person_or_file_that_there_is_not(tmp_path: Path) -> None:
    text = "kubeconfig: ~nobody-here/config\ncheckov: {command: ~nobody-here/bin/checkov}\n"
    assert load(tmp_path, write(tmp_path, text)).kubeconfig == tmp_path / "~nobody-here/config"
    (error,) = errors_of(write(tmp_path, 'waiver_files: ["a\\0b"]\n'))
    assert "cannot be read" in error.message


def test_a_file_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no configuration file"):
        load(tmp_path, tmp_path / "none.yaml")


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    config = load(tmp_path, write(tmp_path, "# nothing yet\n"))
    assert (config.fail_on, config.scope) == ("high", CATEGORIES)


def test_layout_does_not_change_the_canonical_form(tmp_path: Path) -> None:
    one = load(tmp_path, write(tmp_path, "fail_on: low\nregions: [a]\n", "1.yaml"))
    other = load(tmp_path, write(tmp_path, "regions:\n- a\n\nfail_on: 'low'\n", "2.yaml"))
    assert one.canonical() == other.canonical() == '{"fail_on":"low","regions":["a"]}'


SAMPLES: list[Any] = [
    {},
    {"roots": [{"path": "a", "variables": {"x": 1, "y": True, "z": "t", "f": 1.5}}]},
    {"roots": [{"path": ""}]},
    {"roots": [{"path": "a", "account": "123456789012"}]},
    {"roots": [{"path": "a", "account": 123456789012}]},
    {"roots": [{"path": "a", "account": 1234567890123}]},
    {"roots": [{"path": "a", "account": True}]},
    {"roots": [{"path": "a", "variables": {"x": [1]}}]},
    {"roots": {"path": "a"}},
    {"roots": ["a"]},
    {"regions": None},
    {"regions": [1]},
    {"fail_on": "never"},
    {"fail_on": "High"},
    {"fail_on": True},
    {"scope": ["Privacy", "Security"]},
    {"scope": ["privacy"]},
    {"owners": {"a": "b"}},
    {"owners": {"a": ""}},
    {"managed": {"tags": {"a": "b"}, "accounts": ["1"]}},
    {"managed": {"tag": {}}},
    {"ignores": [{"address": "a", "reason": "b", "expires": "2027-13-01"}]},
    {"ignores": [{"address": "a", "reason": "b", "expires": "2027-12-01"}]},
    {"ignores": [{"address": "a"}]},
    {"waivers": [{"rule": "a"}]},
    {"plugins": ["a"], "ignore_paths": ["b"], "kube_context": "c", "on_incomplete": "report", "packs": ["./p"]},
    {"kube_context": 1},
    {"in_scope": {"accounts": ["123456789012", 42], "clusters": ["prod"], "verify_every_hours": 24}},
    {"in_scope": {"verify_every_hours": 0}},
    {"in_scope": {"acounts": []}},
    {"evidence": {"minutes": {"owner": "a", "criteria": ["CC1.2"], "max_age_days": 90}}},
    {"evidence": {"minutes": {"criteria": ["CC1.2"]}}},
    {"evidence": [{"owner": "a"}]},
    {"access_review": {"every_days": 30, "reviewers": [{"match": "*", "reviewer": "a", "every_days": 7}]}},
    {"access_review": {"reviewers": [{"reviewer": "a"}]}},
    {"access_review": {"every_days": 0}},
    yaml.safe_load(FULL.replace("2027-01-31", "'2027-01-31'")),
]


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_schema_and_loader_accept_and_refuse_the_same(tmp_path: Path, sample: dict[str, Any]) -> None:
    file = write(tmp_path, json.dumps(sample), "soc2gate.yaml")
    by_schema = jsonschema.Draft202012Validator(SCHEMA).is_valid(sample)
    try:
        load(tmp_path, file)
        by_loader = True
    except ConfigError:
        by_loader = False
    assert by_loader == by_schema


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
