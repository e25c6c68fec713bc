"""What is in scope against what was read: every gap by name, with its duration, whatever was configured later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from evidence_support import GOOD, Done, Place
from test_period import day, record

from soc2gate.evidence import envelope
from soc2gate.evidence.scope import Place as InScopePlace
from soc2gate.evidence.scope import places
from soc2gate.expectations import Expectations, InScope

LEDGER = ("--ledger", "../ledger")
READ = (*LEDGER, "--keys", "../ci.pub")
FIRST, SECOND = "111111111111", "222222222222"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place.make(tmp_path / "repository")
    private, public, _ = envelope.generate("p256", None)
    (tmp_path / "ci.key").write_bytes(private)
    (tmp_path / "ci.pub").write_bytes(public)
    made.git("remote", "add", "origin", "https://github.com/acme/infra.git")
    return made


def snapshot(place: Place, account: str, at: str, *regions: str, asked: tuple[str, ...] = ()) -> str:
    """A snapshot file as `collect` writes it, without a resource in it."""
    from soc2gate.live.snapshot import Part, Snapshot

    wanted = asked or regions
    part = Part("aws", account, taken_at=at, finished_at=at, regions_asked=wanted, regions_read=regions)
    file = place.folder.parent / f"{account}-{at[:10]}.json"
    Snapshot((part,), {"name": "soc2gate", "version": "0"}).write(file)
    return str(file)


def attest(place: Place, at: str, *snapshots: str, config: str = "") -> Done:
    place.write(main__tf=GOOD)
    if config:
        place.write(soc2gate__yaml=config)
    place.commit(GIT_AUTHOR_DATE=at, GIT_COMMITTER_DATE=at)
    return verify(place, at, *snapshots)


def verify(place: Place, at: str, *snapshots: str) -> Done:
    given = [word for file in snapshots for word in ("--snapshot", file)]
    done = place.soc2gate("attest", *LEDGER, "--key", "../ci.key", "--now", at, *given)
    assert done.code in (0, 1, 3), done.err
    return done


def report(place: Place, *more: str) -> dict[str, Any]:
    done = place.soc2gate("report", *READ, "--format", "json", *more)
    assert done.code in (0, 3), done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def told(said: dict[str, Any]) -> dict[str, tuple[int, list[tuple[str, str, int]]]]:
    return {
        f"{row['what']} {row['name']}": (
            row["reads"],
            [(gap["begins"][8:10], gap["ends"][8:10], gap["seconds"] // 86400) for gap in row["gaps"]],
        )
        for row in said["scope"]
    }


SCOPE = f"""\
in_scope:
  accounts: ["{FIRST}", "{SECOND}"]
  regions: [eu-west-1, us-east-1]
  clusters: [prod]
  repositories: [github.com/acme/infra, github.com/acme/shop]
  verify_every_hours: 120
"""


def test_each_place_that_nobody_read_is_named_with_how_long(place: Place) -> None:
    regions = ("eu-west-1", "us-east-1")
    attest(place, day(1), snapshot(place, FIRST, day(1), *regions), config=SCOPE)
    verify(place, day(4), snapshot(place, FIRST, day(4), "eu-west-1", asked=regions))
    verify(
        place, day(14), snapshot(place, FIRST, day(14), *regions), snapshot(place, "333333333333", day(14), "eu-west-1")
    )
    said = report(place, "--from", "2026-03-01", "--to", "2026-03-16T00:00:00Z")
    assert told(said) == {
        f"account {FIRST}": (3, [("04", "14", 10)]),
        f"account {SECOND}": (0, [("01", "16", 15)]),
        "account 333333333333": (1, []),
        f"region {FIRST} eu-west-1": (3, [("04", "14", 10)]),
        f"region {FIRST} us-east-1": (2, [("01", "14", 13)]),
        f"region {SECOND} eu-west-1": (0, [("01", "16", 15)]),
        f"region {SECOND} us-east-1": (0, [("01", "16", 15)]),
        "region 333333333333 eu-west-1": (1, []),
        "cluster prod": (0, [("01", "16", 15)]),
        "repository github.com/acme/infra": (3, []),
        "repository github.com/acme/shop": (0, [("01", "16", 15)]),
    }
    # The promised schedule stands in the configuration: it is asked without a flag.
    assert (said["verifications"]["every_hours"], said["verifications"]["expected"]) == (120, 3)
    assert [(gap["begins"][8:10], gap["seconds"]) for gap in said["verifications"]["gaps"]] == [("04", 10 * 86400)]
    gaps = [gap["told"] for gap in said["gaps"] if gap["what"] == "scope"]
    assert "the repository github.com/acme/shop is in scope and was not read" in gaps
    assert f"the account {FIRST} is in scope and was not read" not in gaps
    text = place.soc2gate("report", *READ, "--from", "2026-03-01", "--to", "2026-03-16T00:00:00Z").out
    assert "cluster prod was not read between 2026-03-01T00:00:00Z and 2026-03-16T00:00:00Z (15 d)" in text
    assert "read, and not named in scope: account 333333333333" in text
    page = place.soc2gate(
        "report", *READ, "--from", "2026-03-01", "--to", "2026-03-16T00:00:00Z", "--format", "html"
    ).out
    assert 'id="scope"' in page
    assert "not named in scope" in page


def test_what_was_taken_out_of_scope_is_asked_for_until_then(place: Place) -> None:
    attest(place, day(1), config=f'in_scope: {{accounts: ["{FIRST}", "{SECOND}"]}}\n')
    attest(
        place, day(10), snapshot(place, FIRST, day(10), "eu-west-1"), config=f'in_scope: {{accounts: ["{FIRST}"]}}\n'
    )
    said = report(place, "--from", "2026-03-01", "--to", "2026-03-20T00:00:00Z")
    assert told(said)[f"account {SECOND}"] == (0, [("01", "10", 9)])
    assert told(said)[f"account {FIRST}"] == (1, [])
    # It is no gap at the end, for it is in scope no longer; the change of the configuration is told.
    assert not [gap for gap in said["gaps"] if gap["what"] == "scope"]
    assert "config" in {row["what"] for row in said["policy_changes"]}


def test_without_a_word_of_scope_it_is_what_is_collected_and_deployed_to(place: Place) -> None:
    config = f"""\
roots: [{{path: ., account: "{FIRST}"}}]
accounts: [{{role_arn: "arn:aws:iam::{SECOND}:role/audit"}}]
"""
    attest(place, day(1), snapshot(place, FIRST, day(1), "eu-west-1"), config=config)
    attest(place, day(2))
    assert told(report(place))[f"account {SECOND}"] == (0, [("01", "02", 1)])


def test_of_one_moment_what_was_read_by_then_counts(place: Place) -> None:
    attest(place, day(1), snapshot(place, FIRST, day(1), "eu-west-1"), config=SCOPE)
    verify(place, day(3))
    said = told(report(place, "--as-of", "2026-03-03T00:00:00Z"))
    assert (said[f"account {FIRST}"][0], said[f"account {FIRST}"][1]) == (1, [])
    assert said[f"account {SECOND}"] == (0, [("03", "03", 0)])
    verify(place, day(9))
    assert told(report(place, "--as-of", "2026-03-09T00:00:00Z"))[f"account {FIRST}"] == (1, [("01", "09", 8)])


def test_a_configuration_that_cannot_be_read_any_more_is_told(place: Place) -> None:
    attest(place, day(1), config=SCOPE)
    file = place.folder.parent / "ledger/records/000/000000001.dsse.json"
    payload = dict(envelope.unseal(file.read_bytes(), envelope.STATEMENT_TYPE).payload)
    blob = next(one for one in payload["predicate"]["policies"] if one["name"] == "config")["digest"]["gitBlob"]  # type: ignore[index,call-overload,union-attr]
    (place.folder / ".git/objects" / blob[:2] / blob[2:]).unlink()  # type: ignore[index,operator]
    said = report(place)
    assert any("cannot be read" in message for message in said["not_looked_at"]), said["not_looked_at"]


def of(what: str, name: str, found: tuple[InScopePlace, ...]) -> InScopePlace:
    return next(place for place in found if (place.what, place.name) == (what, name))


def test_a_cluster_that_answered_no_call_was_not_read() -> None:
    looked = record(1, "a", day(2), code="pass")
    entry = {"name": "live:kubernetes:prod", "regions_asked": [], "regions_read": [], "calls": 4, "failed_calls": 4}
    blind = [*looked.predicate["inputs"], entry]
    seeing = [*looked.predicate["inputs"], {**entry, "failed_calls": 3}]
    turns = [(day(1), Expectations(InScope(clusters=("prod",))))]
    for inputs, reads in ((blind, 0), (seeing, 1)):
        from dataclasses import replace

        one = replace(looked, predicate={**looked.predicate, "inputs": inputs})
        assert of("cluster", "prod", places(turns, [one], day(1), day(5), 0)).reads == reads


@pytest.mark.parametrize(
    ("uri", "name", "fits"),
    [
        ("git+https://github.com/acme/infra.git", "github.com/acme/infra", True),
        ("github.com:acme/infra.git", "acme/infra", True),
        ("git+https://github.com/acme/infra", "git+https://github.com/acme/infra", True),
        ("git+https://github.com/acme/shop-infra", "infra", False),
        ("git+https://github.com/evil/infra", "acme/infra", False),
    ],
)
def test_a_repository_is_named_by_how_its_address_ends(uri: str, name: str, fits: bool) -> None:
    from dataclasses import replace

    one = record(1, "a", day(2), code="pass")
    one = replace(one, predicate={**one.predicate, "repository": uri})
    turns = [(day(1), Expectations(InScope(repositories=(name,))))]
    assert (of("repository", name, places(turns, [one], day(1), day(5), 0)).reads == 1) == fits
