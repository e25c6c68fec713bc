"""Who answers for what: read from the configuration, shown beside every finding, explained."""

from __future__ import annotations

from pathlib import Path

import pytest
from git_for_tests import NOW, Repository

OPEN = """\
resource "aws_security_group" "web" {
  name = "web"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
SETTINGS = """\
owners:
  "*": everybody
  infra/shop/: shop team
control_owners:
  public-exposure: security@example.org
systems:
  Shop: ["infra/**"]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_a_finding_names_who_answers_for_the_code_and_for_the_control(repository: Repository) -> None:
    repository.commit({"infra/shop/main.tf": OPEN, "other/main.tf": OPEN, "soc2gate.yaml": SETTINGS})
    _, result = repository.scan("--rule", "sg-no-ssh-from-internet")
    told = {item["root"]: (item["owner"], item["control_owner"], item["system"]) for item in result["findings"]}
    assert told == {
        "infra/shop": ("shop team", "security@example.org", "Shop"),
        "other": ("everybody", "security@example.org", ""),
    }
    done = repository.run("scan", "infra", "--now", NOW, "--rule", "sg-no-ssh-from-internet")
    assert "owner  shop team (code), security@example.org (control), system Shop" in done.stdout


def test_explain_names_the_owner_of_a_control(repository: Repository) -> None:
    repository.commit({"soc2gate.yaml": SETTINGS})
    assert "security@example.org" in repository.run("explain", "public-exposure").stdout
    assert "security@example.org, for the control public-exposure" in (
        repository.run("explain", "sg-no-ssh-from-internet").stdout
    )


def test_the_owner_of_a_control_that_does_not_exist_is_a_mistake(repository: Repository) -> None:
    repository.commit({"soc2gate.yaml": "control_owners: {public-exposur: me}\n"})
    done = repository.run("config", "check")
    assert done.returncode == 2
    assert "there is no control “public-exposur”" in done.stderr
    assert "did you mean “public-exposure”?" in done.stderr


def test_the_same_can_be_said_in_pyproject(repository: Repository) -> None:
    settings = '[tool.soc2gate.owners]\n"infra/" = "shop team"\n'
    settings += '[tool.soc2gate.control_owners]\npublic-exposure = "me"\n'
    settings += '[tool.soc2gate.systems]\nShop = ["infra/**"]\n'
    repository.commit({"infra/main.tf": OPEN, "pyproject.toml": settings})
    _, result = repository.scan("--rule", "sg-no-ssh-from-internet")
    (item,) = result["findings"]
    assert (item["owner"], item["control_owner"], item["system"]) == ("shop team", "me", "Shop")


def test_init_explains_owners_and_systems(repository: Repository) -> None:
    repository.commit({"main.tf": OPEN})
    written = repository.run("init", "--print").stdout
    for key in ("owners", "control_owners", "systems"):
        assert f"# {key}:" in written
