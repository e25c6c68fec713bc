"""A root of ours as configuration and as the plan Terraform makes of it, in the documented format 1.2.

Written by hand after `terraform show -json` of the AWS provider: null for what is unset, empty lists for blocks that
are not written, `after_unknown` for what the provider computes, sets in an order of their own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CODE = """\
variable "logs_bucket" {}
variable "db_password" {
  sensitive = true
}
variable "open_ports" {
  default = [443, 22]
}

provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["123456789012"]
}

resource "aws_s3_bucket" "data" {
  bucket_prefix = "data-"
}

resource "aws_s3_bucket" "bare" {
  bucket = var.logs_bucket
}

resource "aws_s3_bucket_versioning" "data" {
  bucket = aws_s3_bucket.data.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "data" {
  bucket                  = aws_s3_bucket.data.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_security_group" "web" {
  name = "web"
  dynamic "ingress" {
    for_each = var.open_ports
    content {
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = ["0.0.0.0/0"]
    }
  }
}

resource "aws_db_instance" "main" {
  identifier        = "main"
  engine            = "postgres"
  instance_class    = "db.t3.micro"
  password          = var.db_password
  storage_encrypted = false
}
"""

SECRET = "correct-horse-battery"


def change(address: str, after: Any, unknown: Any = None, **more: Any) -> dict[str, Any]:
    """One entry of `resource_changes`."""
    resource = address.rpartition("]")[0] if address.endswith("]") else address
    module, _, own = address.rpartition("aws_")
    type_, _, name = ("aws_" + own if own else resource).partition(".")
    sensitive = more.pop("sensitive", {})
    before = more.pop("before", None)
    actions = more.pop("actions", ["create"] if before is None else ["no-op"])
    return {
        "address": address,
        **({"module_address": module.rstrip(".")} if module else {}),
        "mode": "managed",
        "type": type_,
        "name": name.partition("[")[0],
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": actions,
            "before": before,
            "after": after,
            "after_unknown": unknown or {},
            "before_sensitive": False,
            "after_sensitive": sensitive,
        },
        **more,
    }


def rule(port: int) -> dict[str, Any]:
    return {
        "cidr_blocks": ["0.0.0.0/0"],
        "description": "",
        "from_port": port,
        "ipv6_cidr_blocks": [],
        "prefix_list_ids": [],
        "protocol": "tcp",
        "security_groups": [],
        "self": False,
        "to_port": port,
    }


_COMPUTED_OF_BUCKET = dict.fromkeys(
    ("acl", "arn", "grant", "id", "logging", "policy", "region", "server_side_encryption_configuration", "versioning"),
    True,
)
_SWITCHES = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)


def changes() -> list[dict[str, Any]]:
    """What the plan of CODE does."""
    bucket = {"bucket_prefix": "data-", "force_destroy": False, "tags": None, "timeouts": None}
    database = {
        "identifier": "main",
        "engine": "postgres",
        "instance_class": "db.t3.micro",
        "password": SECRET,
        "storage_encrypted": False,
        "publicly_accessible": False,
        "restore_to_point_in_time": [],
    }
    versioning = {"expected_bucket_owner": None, "mfa": None, "versioning_configuration": [{"status": "Enabled"}]}
    return [
        change("aws_s3_bucket.data", bucket, {**_COMPUTED_OF_BUCKET, "bucket": True}),
        change("aws_s3_bucket.bare", {**bucket, "bucket": "audit-logs", "bucket_prefix": None}, _COMPUTED_OF_BUCKET),
        change(
            "aws_s3_bucket_versioning.data",
            versioning,
            {"bucket": True, "id": True, "versioning_configuration": [{"mfa_delete": True}]},
        ),
        change("aws_s3_bucket_public_access_block.data", dict(_SWITCHES), {"bucket": True, "id": True}),
        change(
            "aws_security_group.web",
            {"name": "web", "description": "Managed by Terraform", "ingress": [rule(22), rule(443)], "tags": None},
            {"arn": True, "id": True, "egress": True, "ingress": [{}, {}], "vpc_id": True},
        ),
        change(
            "aws_db_instance.main",
            database,
            {"arn": True, "kms_key_id": True, "id": True},
            sensitive={"password": True},
        ),
    ]


def _bucket_reference() -> dict[str, Any]:
    return {"references": ["aws_s3_bucket.data.id", "aws_s3_bucket.data"]}


def configuration() -> dict[str, Any]:
    """The configuration part; dynamic blocks are missing in it, as they are in Terraform's."""
    expressions: dict[str, Any] = {
        "aws_s3_bucket.data": {"bucket_prefix": {"constant_value": "data-"}},
        "aws_s3_bucket.bare": {"bucket": {"references": ["var.logs_bucket"]}},
        "aws_s3_bucket_versioning.data": {
            "bucket": _bucket_reference(),
            "versioning_configuration": [{"status": {"constant_value": "Enabled"}}],
        },
        "aws_s3_bucket_public_access_block.data": {
            "bucket": _bucket_reference(),
            **{name: {"constant_value": True} for name in _SWITCHES},
        },
        "aws_security_group.web": {"name": {"constant_value": "web"}},
        "aws_db_instance.main": {
            "identifier": {"constant_value": "main"},
            "engine": {"constant_value": "postgres"},
            "instance_class": {"constant_value": "db.t3.micro"},
            "password": {"references": ["var.db_password"]},
            "storage_encrypted": {"constant_value": False},
        },
    }
    return {
        "provider_config": {
            "aws": {
                "name": "aws",
                "full_name": "registry.terraform.io/hashicorp/aws",
                "expressions": {
                    "region": {"constant_value": "eu-west-1"},
                    "allowed_account_ids": {"constant_value": ["123456789012"]},
                },
            }
        },
        "root_module": {
            "resources": [
                {
                    "address": address,
                    "mode": "managed",
                    "type": address.partition(".")[0],
                    "name": address.partition(".")[2],
                    "provider_config_key": "aws",
                    "expressions": each,
                    "schema_version": 0,
                }
                for address, each in expressions.items()
            ],
            "variables": {"logs_bucket": {}, "db_password": {"sensitive": True}, "open_ports": {"default": [443, 22]}},
        },
    }


def plan(resource_changes: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """The plan of CODE, or of other changes to it."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.15.5",
        "variables": {
            "logs_bucket": {"value": "audit-logs"},
            "db_password": {"value": SECRET},
            "open_ports": {"value": [443, 22]},
        },
        "planned_values": {"root_module": {}},
        "resource_changes": changes() if resource_changes is None else resource_changes,
        "configuration": configuration(),
        "timestamp": "2026-11-21T09:00:00Z",
        "applyable": True,
        "complete": True,
        "errored": False,
        **more,
    }


def write(folder: Path, shown: dict[str, Any], *, code: str = "") -> Path:
    """The plan as a file, with the code beside it where there is any."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_text(json.dumps(shown), "utf-8")
    if code:
        (folder / "main.tf").write_text(code, "utf-8")
    return folder / "plan.json"
