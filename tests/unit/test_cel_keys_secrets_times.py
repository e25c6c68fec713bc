"""Whose key encrypts, what looks like a credential, and how far away a time is."""

from __future__ import annotations

import base64

import pytest

from soc2gate import cel
from soc2gate.cel.secrets import customer_key, looks_like_secret
from soc2gate.cel.times import days_since, days_until
from soc2gate.model.rule import Source
from soc2gate.model.value import Ref, Text, Unknown, Value
from soc2gate.schema.types import STRING, ObjectType

HIDDEN = Unknown("variable “x” has no default", None, ("var.x",))


def reference(address: str, attribute: str = "arn") -> Unknown:
    return Unknown("known after apply", Ref(address, attribute), (f"{address}.{attribute}",), not_null=True)


def settled(answer: Value) -> bool | None:
    return answer if isinstance(answer, bool) else None


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (None, False),
        ("", False),
        ("alias/aws/s3", False),
        ("arn:aws:kms:eu-west-1:123456789012:alias/aws/rds", False),
        ("alias/app", True),
        ("arn:aws:kms:eu-west-1:123456789012:key/1234abcd", True),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", True),
        (reference("aws_kms_key.k"), True),
        (reference("module.keys.aws_kms_key.k[0]"), True),
        (reference("aws_kms_alias.a"), True),
        (reference("awscc_kms_key.k"), True),
        (reference("Key", "Arn"), True),
        (reference("data.aws_kms_alias.s3", "target_key_arn"), None),
        (reference("module.a.data.aws_kms_key.k"), None),
        (reference("aws_ssm_parameter.key", "value"), None),
        (HIDDEN, None),
        (Text(("alias/aws/", HIDDEN)), False),
        (Text(("alias/", HIDDEN)), None),
        (Text(("alias/app-", HIDDEN)), True),
        (Text(("arn:aws:kms:", HIDDEN, ":key/", HIDDEN)), True),
        (Text(("arn:aws:kms:", HIDDEN, ":alias/aws/s3")), False),
        (Text(("arn:aws:kms:", HIDDEN, ":alias/app")), True),
        (Text(("arn:aws:kms:", HIDDEN)), None),
    ],
)
def test_whose_key_it_is(key: Value, expected: bool | None) -> None:
    assert settled(customer_key(key)) is expected


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "export AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----",
        "DB_PASSWORD=hunter22",
        "define('DB_PASSWORD', 'hunter22');",
        'System.setProperty("dbPassword", "hunter22")',
        "password: 'correct horse'",
        '{"api_key": "a8f5f167f44f4964"}',
        '{"apiKey": "a8f5f167f44f4964"}',
        "passwordId9=hunter22",
        "ghp_" + "a" * 36,
        "postgres://user:hunter22@db/app",
        base64.b64encode(b"#!/bin/bash\nexport DB_PASSWORD=hunter22\n").decode(),
    ],
)
def test_credentials_are_seen(text: str) -> None:
    assert looks_like_secret(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#!/bin/bash\nyum install -y httpd\n",
        "DB_PASSWORD=$(aws ssm get-parameter --name /db)",
        "define('DB_PASSWORD', getenv('DB_PASSWORD'));",
        "define('DB_PASSWORD', '$PASSWORD');",
        'require("password", "username")',
        "PASSWORD=${SECRET}",
        "password_arn=arn:aws:secretsmanager:eu-west-1:123456789012:secret:db",
        "SECRET_NAME=/prod/db",
        "DB_SECRET_NAME=prod-database",
        'privateKeyPath: "/etc/core/private.key"',
        '"privateKeyPath" : "file:///greengrass/certs/core.key"',
        "tokenUrl: login.example.com/oauth/token",
        "SESSION_TOKEN_ENDPOINT=https://login.example.com/token",
        "secretsManagerSecretId=prod-database",
        "postgres://user:$PASSWORD@db/app",
        "token=true",
        "AKIA",
        "the password is asked for",
        base64.b64encode(b"#!/bin/bash\nyum install -y httpd mod_ssl\n").decode(),
    ],
)
def test_ordinary_text_is_none(text: str) -> None:
    assert looks_like_secret(text) is False


def test_a_partly_known_text_is_judged_by_what_is_known() -> None:
    assert looks_like_secret(Text(("DB_PASSWORD=hunter22 ", HIDDEN))) is True
    assert settled(looks_like_secret(Text(("DB_PASSWORD=", HIDDEN)))) is None
    assert looks_like_secret(Text(("bucket=", reference("aws_s3_bucket.b", "id")))) is False
    assert settled(looks_like_secret(Text(("x=", reference("random_password.p", "result_password"))))) is None
    assert settled(looks_like_secret(HIDDEN)) is None


NOW = "2026-11-21T12:00:00Z"


def test_days_are_counted_from_the_time_of_the_run() -> None:
    assert days_until(NOW, "2026-12-21T12:00:00Z") == 30
    assert days_until(NOW, "2026-12-21T11:59:59+00:00") == 29
    assert days_until(NOW, "2026-11-20T12:00:00Z") == -1
    assert days_since(NOW, "2026-08-23") == 90
    asked = cel.compile(Source("days_until(resource.NotAfter) > 30", "rule.yaml", 1), SCOPE)
    assert asked.run({"resource": {"NotAfter": "2027-01-01T00:00:00Z"}}, NOW).value is True
    assert asked.run({"resource": {"NotAfter": "2026-12-01T00:00:00Z"}}, NOW).value is False


SCOPE = {"resource": ObjectType("Certificate", {"NotAfter": STRING})}


@pytest.mark.parametrize(
    ("now", "time", "reason"),
    [
        (NOW, "", "no time is given"),
        (NOW, "soon", "not a time: “soon”"),
        (NOW, HIDDEN, "variable “x” has no default"),
        ("", "2026-12-21", "the time of the run is not given"),
    ],
)
def test_a_time_that_cannot_be_read_is_unknown(now: str, time: Value, reason: str) -> None:
    for answer in (days_until(now, time), days_since(now, time)):
        assert isinstance(answer, Unknown)
        assert answer.reason == reason
