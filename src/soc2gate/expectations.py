"""What soc2gate.yaml promises an auditor: what is in scope, which evidence people bring, how often access is reviewed.

A scan asks none of it, so it is made of the settings only when a report, a review or a piece of evidence needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from soc2gate.config import Config
from soc2gate.facts import dataclass, field

EVERY_DAYS = 90
"""How often access is reviewed where the settings do not say."""
ANSWER_DAYS = 14
"""How long a reviewer has for a principal that was never reviewed, where the settings do not say."""


@dataclass(frozen=True, slots=True)
class ExpectedEvidence:
    """A slot for evidence that people bring: minutes, a contract, a test report."""

    id: str
    title: str = ""
    controls: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    owner: str = ""
    max_age_days: int | None = None
    """None leaves it to what each piece says of itself."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who reviews the principals that a pattern names, and how often."""

    match: str
    reviewer: str = ""
    """Empty leaves who the pattern before said."""
    every_days: int | None = None


@dataclass(frozen=True, slots=True)
class AccessReview:
    """How access is reviewed; the last pattern that fits a principal counts."""

    every_days: int = EVERY_DAYS
    answer_days: int = ANSWER_DAYS
    reviewers: tuple[Reviewer, ...] = ()

    def of(self, principal: str) -> tuple[str, int]:
        """Who reviews a principal, and every how many days."""
        who, days = "", self.every_days
        for one in self.reviewers:
            if fnmatchcase(principal, one.match):
                who, days = one.reviewer or who, one.every_days or days
        return who, days


@dataclass(frozen=True, slots=True)
class InScope:
    """The places that the description of the system names, which records are asked for."""

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """Of every account."""
    clusters: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    verify_every_hours: int = 0
    """0 where no schedule is promised."""


@dataclass(frozen=True, slots=True)
class Expectations:
    in_scope: InScope = field(default_factory=InScope)
    evidence: Mapping[str, ExpectedEvidence] = field(default_factory=dict)
    access_review: AccessReview = field(default_factory=AccessReview)


def of(config: Config) -> Expectations:
    """What a configuration, which was checked when it was loaded, promises."""
    said = config.written
    return Expectations(
        in_scope=_in_scope(_table(said.get("in_scope")), config),
        evidence={name: _slot(name, _table(one)) for name, one in _table(said.get("evidence")).items()},
        access_review=_access_review(_table(said.get("access_review"))),
    )


def _in_scope(said: Mapping[str, Any], config: Config) -> InScope:
    if "accounts" in said:
        accounts: Iterable[str] = (_account(text) for text in said["accounts"])
    else:
        # What collecting signs in to, and what code deploys to, is in scope unless somebody says what is.
        roots = [root.of(name) for root in config.roots for name in ("", *root.environments)]
        accounts = (*(one.account for one in config.accounts), *(root.account or "" for root in roots))
    regions = _texts(said.get("regions", config.regions))
    return InScope(
        accounts=tuple(dict.fromkeys(filter(None, accounts))),
        # `all` is asked for when collecting; which regions that comes to, the account knows.
        regions=tuple(region for region in regions if region != "all"),
        clusters=_texts(said.get("clusters", ())),
        repositories=_texts(said.get("repositories", ())),
        verify_every_hours=int(said.get("verify_every_hours", 0)),
    )


def _slot(name: str, said: Mapping[str, Any]) -> ExpectedEvidence:
    days = said.get("max_age_days")
    return ExpectedEvidence(
        id=name,
        title=str(said.get("title", "")),
        controls=_texts(said.get("controls", ())),
        criteria=_texts(said.get("criteria", ())),
        owner=str(said.get("owner", "")),
        max_age_days=None if days is None else int(days),
    )


def _access_review(said: Mapping[str, Any]) -> AccessReview:
    rows = [_table(one) for one in said.get("reviewers", ())]
    return AccessReview(
        every_days=int(said.get("every_days", EVERY_DAYS)),
        answer_days=int(said.get("answer_days", ANSWER_DAYS)),
        reviewers=tuple(
            Reviewer(str(row["match"]), str(row.get("reviewer", "")), _days(row.get("every_days"))) for row in rows
        ),
    )


def _days(value: Any) -> int | None:
    return None if value is None else int(value)


def _account(value: Any) -> str:
    """A number lost its leading zeros when somebody wrote it without quotation marks."""
    return str(value).removesuffix(".0").zfill(12)


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(one) for one in value)
