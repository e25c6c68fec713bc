"""Passwords, access keys and second factors of people, as IAM's credential report tells of them, and the root user's.

The report is a table of everybody in the account, made at most every four hours; somebody newer than it is not in it,
and what it would say of them is not known. The root user is asked for in the account summary, which is never old.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import lru_cache

from soc2gate.facts import replace
from soc2gate.kinds.describe import Call, Kind, LiveItem, LiveSpelling
from soc2gate.kinds.draft import Draft
from soc2gate.model.value import Unknown, Value

ROOT = "Account::IAM::Root"

REPORT = Call(
    "iam",
    "get_credential_report",
    "iam:GetCredentialReport",
    result="Content",
    into="MFAEnabled,PasswordEnabled,PasswordLastUsed,PasswordLastChanged,AccessKeys",
    after=Call("iam", "generate_credential_report", "iam:GenerateCredentialReport"),
)


@lru_cache(maxsize=4)
def _people(report: str) -> Mapping[str, Mapping[str, str]]:
    """ARN to the report's row; read once, as each of thousands of users is looked up in it."""
    return {row["arn"]: row for row in csv.DictReader(io.StringIO(report)) if row.get("arn")}


def write_credentials(live: LiveItem) -> None:
    """What the report says of a listed user."""
    report = live.answers.get(REPORT.operation)
    if not isinstance(report, str):
        return
    draft = live.draft
    row = _people(report).get(str(live.item.get("Arn")))
    if row is None:
        unknown = Unknown("IAM's credential report is older than this user; it is made anew every four hours")
        for path in REPORT.into.split(","):
            draft.set(path, unknown)
        return
    _write(draft, "MFAEnabled", _flag(row, "mfa_active"))
    _write(draft, "PasswordEnabled", _flag(row, "password_enabled"))
    _write(draft, "PasswordLastUsed", _time(row, "password_last_used"))
    _write(draft, "PasswordLastChanged", _time(row, "password_last_changed"))
    _write(draft, "AccessKeys", [key for number in (1, 2) for key in _key(row, f"access_key_{number}")])


def _write(draft: Draft, path: str, value: Value) -> None:
    if value is not None:
        draft.set(path, draft.made(value, REPORT.operation))


def _key(row: Mapping[str, str], name: str) -> list[Value]:
    """The key, where there is one: one that was deleted, or never made, has no date."""
    made, used = _time(row, f"{name}_last_rotated"), _time(row, f"{name}_last_used_date")
    active = _flag(row, f"{name}_active")
    if made is None and active is not True:
        return []
    told = {"Active": active, "LastRotated": made, "LastUsed": used}
    return [{name: value for name, value in told.items() if value is not None}]


def _flag(row: Mapping[str, str], column: str) -> Value:
    told = row.get(column, "").lower()
    if told in ("true", "false"):
        return told == "true"
    return Unknown(f"IAM's credential report says “{row.get(column, '')}” of {column}")


def _time(row: Mapping[str, str], column: str) -> Value:
    """None for `N/A`, `no_information` (never used, as far back as IAM remembers) and `not_supported`."""
    told = row.get(column, "")
    return told if told[:1].isdigit() else None


def _build_root(live: LiveItem) -> None:
    draft = live.draft
    draft.identity["arn"] = f"arn:{live.partition}:iam::{live.account}:root"
    draft.set("Arn", draft.identity["arn"])
    _write_use_of_root(live)
    summary = live.answers.get("get_account_summary")
    if not isinstance(summary, dict):
        return
    # 1 or 0. Only accounts whose root user is managed by their organisation can be without its password; where the
    # summary does not say, there is one.
    for path, field, otherwise in (
        ("AccessKeysPresent", "AccountAccessKeysPresent", None),
        ("MFAEnabled", "AccountMFAEnabled", None),
        ("PasswordPresent", "AccountPasswordPresent", 1),
    ):
        told = summary.get(field, otherwise)
        value: Value = told != 0 if isinstance(told, int) else Unknown(f"IAM's account summary does not say {field}")
        draft.set(path, draft.made(value, "get_account_summary"))


def _write_use_of_root(live: LiveItem) -> None:
    """When the root user last signed in, and its keys: the report has a row of its own for it."""
    report = live.answers.get(REPORT.operation)
    if not isinstance(report, str):
        return
    draft = live.draft
    row = next((row for arn, row in _people(report).items() if arn.endswith(":root")), None)
    if row is None:
        unknown = Unknown("IAM's credential report does not tell of the root user")
        for path in _ROOT_REPORT.into.split(","):
            draft.set(path, unknown)
        return
    _write(draft, "PasswordLastUsed", _time(row, "password_last_used"))
    _write(draft, "AccessKeys", [key for number in (1, 2) for key in _key(row, f"access_key_{number}")])


_ROOT_REPORT = replace(REPORT, into="PasswordLastUsed,AccessKeys")

KINDS: tuple[Kind, ...] = (
    Kind(
        name=ROOT,
        title="root user",
        live=LiveSpelling(
            None,
            (
                Call(
                    "iam",
                    "get_account_summary",
                    "iam:GetAccountSummary",
                    result="SummaryMap",
                    into="AccessKeysPresent,MFAEnabled,PasswordPresent",
                ),
                _ROOT_REPORT,
            ),
            _build_root,
            scope="global",
            tells=("Arn",),
        ),
        singleton=True,
    ),
)
