"""`soc2gate attest` on real repositories: what is judged, what is written, who can check it and do it again."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from evidence_support import BAD, GOOD, Done, Place

from soc2gate.evidence import envelope
from soc2gate.evidence.statement import PREDICATE_TYPE
from soc2gate.model.value import Json

NOW = "2026-11-21T12:00:00Z"
SCHEMAS = Path(envelope.__file__).parent.parent / "json_schemas"
PAGE = (SCHEMAS / "statement.md").read_text("utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A repository with one good commit, and keys beside it."""
    made = Place.make(tmp_path / "repository")
    made.put("infra/main.tf", GOOD)
    made.commit("queue")
    for kind in envelope.KEY_TYPES:
        private, public, _ = envelope.generate(kind, None)
        (tmp_path / f"{kind}.key").write_bytes(private)
        (tmp_path / f"{kind}.pub").write_bytes(public)
    return made


def attest(place: Place, *more: str, kind: str = "p256", environment: Mapping[str, str] | None = None) -> Done:
    done = place.soc2gate(
        "attest", "--key", f"../{kind}.key", "--output", "../record.json", *more, environment=environment
    )
    assert done.code in (0, 1, 3), done.err
    return done


def statement(place: Place) -> dict[str, Any]:
    whole = json.loads((place.folder.parent / "record.json").read_bytes())
    made: dict[str, Any] = json.loads(base64.b64decode(whole["payload"]))
    return made


def predicate(place: Place) -> dict[str, Any]:
    made: dict[str, Any] = statement(place)["predicate"]
    return made


def answers(done: Done) -> dict[str, str]:
    return {row["check"]: row["answer"] for row in json.loads(done.out)["checks"]}


def details(done: Done) -> dict[str, str]:
    return {row["check"]: row["detail"] for row in json.loads(done.out)["checks"]}


def verify(place: Place, *more: str, keys: str = "../p256.pub", now: str = NOW) -> Done:
    return place.soc2gate("attest", "verify", "../record.json", "--keys", keys, "--now", now, "--format", "json", *more)


def reproduce(place: Place, *more: str, environment: Mapping[str, str] | None = None) -> Done:
    return place.soc2gate(
        "attest", "reproduce", "../record.json", "--keys", "../p256.pub", "--format", "json", *more,
        environment=environment,
    )  # fmt: skip


def signed_again(place: Place, change: Mapping[str, Any]) -> None:
    """The record as somebody with the key could have signed it."""
    made = statement(place)
    for path, value in change.items():
        *steps, last = path.split("/")
        target: Any = made
        for step in steps:
            target = target[int(step) if step.isdigit() else step]
        target[int(last) if last.isdigit() else last] = value
    signer = envelope.load_signer(place.folder.parent / "p256.key", None)
    data = envelope.seal(made, envelope.STATEMENT_TYPE, [signer])
    (place.folder.parent / "record.json").write_bytes(data)


def test_a_record_names_commit_and_tree_and_fits_its_schema(place: Place) -> None:
    done = attest(place, "--now", NOW)
    assert done.code == 0
    made = statement(place)
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert made["predicateType"] == PREDICATE_TYPE == "urn:soc2gate:control-evaluation:1"
    assert [subject["digest"] for subject in made["subject"]] == [
        {"gitCommit": place.git("rev-parse", "HEAD")},
        {"gitTree": place.git("rev-parse", "HEAD^{tree}")},
    ]
    schema = json.loads((SCHEMAS / "statement.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(made, schema)
    assert made["predicate"]["inputs"][0]["files"] == ["infra/main.tf"]
    assert made["predicate"]["time"]["judged_at"] == NOW
    assert re.search(r"^head 1:[0-9a-f]{64}$", done.out, re.MULTILINE)


def test_the_commit_is_judged_and_not_the_work_tree(place: Place) -> None:
    place.put("infra/main.tf", BAD)
    place.put("infra/untracked.tf", BAD)
    place.git("add", "infra/main.tf")
    assert attest(place).code == 0
    place.commit("open to all")
    assert attest(place).code == 1
    assert attest(place, "--commit", "HEAD~1").code == 0
    assert predicate(place)["decision"]["gate"] == "open"


def test_a_commit_without_infrastructure_code_has_a_record_that_says_so(place: Place) -> None:
    """Every commit leaves one; this one is evidence of nothing."""
    place.git("rm", "-q", "infra/main.tf")
    place.put("README.md", "# Nothing yet\n")
    place.commit("no infrastructure")
    done = attest(place)
    assert done.code == 0
    assert "nothing was judged" in done.out
    made = predicate(place)
    assert {each["status"] for each in made["criteria"]} <= {"no_data", "manual", "out_of_scope"}
    assert made["findings"] == []
    assert answers(verify(place))["signature"] == "holds"
    assert reproduce(place).code == 0


def test_what_git_archive_and_gitignore_would_hide_is_looked_at(place: Place) -> None:
    place.put("infra/hidden.tf", BAD)
    place.put(".gitattributes", "infra/hidden.tf export-ignore\n*.tf filter=none\n")
    place.commit("hidden")
    place.put(".gitignore", "hidden.tf\n")
    place.commit("and ignored, though tracked")
    assert attest(place).code == 1
    assert "infra/hidden.tf" in predicate(place)["inputs"][0]["files"]


def test_a_filter_of_this_machine_plays_no_part(place: Place) -> None:
    place.put(".gitattributes", "*.tf filter=clean text eol=crlf\n")
    place.commit("attributes")
    attest(place)
    before = predicate(place)["inputs"][0]["digest"]
    place.git("config", "filter.clean.smudge", "touch smudged; sed s/orders/others/")
    place.git("config", "core.autocrlf", "true")
    attest(place)
    assert predicate(place)["inputs"][0]["digest"] == before
    assert not list(place.folder.parent.rglob("smudged"))


def test_a_variable_of_this_machine_plays_no_part(place: Place) -> None:
    text = GOOD.replace("true", "var.on") + 'variable "on" {\n  type = bool\n}\n'
    place.put("infra/main.tf", text)
    place.commit("variable")
    attest(place, environment={"TF_VAR_on": "true"})
    assert predicate(place)["totals"]["unknown"] == 1
    place.put("soc2gate.yaml", "roots:\n  - path: infra\n    variables: {on: true}\n")
    place.commit("the repository says which value it deploys with")
    attest(place)
    assert predicate(place)["totals"]["unknown"] == 0
    policies = {entry["name"]: entry["digest"] for entry in predicate(place)["policies"]}
    assert policies["config"]["gitBlob"] == place.git("rev-parse", "HEAD:soc2gate.yaml")


def test_a_submodule_was_not_looked_at_and_the_record_says_so(place: Place, tmp_path: Path) -> None:
    other = Place.make(tmp_path / "other")
    other.put("main.tf", BAD)
    other.commit()
    place.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.folder), "network")
    place.commit("submodule")
    assert attest(place).code == 3
    (problem,) = predicate(place)["not_looked_at"]["problems"]
    assert problem["weight"] == "gap"
    assert "network" in problem["message"]
    assert all(row["status"] != "pass" for row in predicate(place)["criteria"])


def test_a_link_out_of_the_tree_is_not_followed(place: Place, tmp_path: Path) -> None:
    (tmp_path / "outside.tf").write_text(GOOD)
    (place.folder / "infra/link.tf").symlink_to(tmp_path / "outside.tf")
    place.commit("link")
    assert attest(place).code == 3
    assert "infra/link.tf" not in predicate(place)["inputs"][0]["files"]


def test_a_bare_clone_is_enough(place: Place, tmp_path: Path) -> None:
    place.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    attest(Place(tmp_path / "bare"))
    assert predicate(place)["totals"]["pass"] == 1


def test_a_sha256_repository_is_attested_and_checked(place: Place, tmp_path: Path) -> None:
    newer = Place.make(tmp_path / "newer", "--object-format=sha256")
    newer.put("main.tf", GOOD)
    newer.commit()
    attest(newer, "--now", NOW)
    assert len(statement(newer)["subject"][0]["digest"]["gitCommit"]) == 64
    assert answers(verify(newer))["subjects"] == "holds"


@pytest.mark.parametrize(
    ("remote", "told"),
    [
        ("https://ci:s3cret@git.example.org/acme/infra.git", "git+https://git.example.org/acme/infra.git"),
        ("https://ci:p@s3cret@git.example.org/acme/infra.git", "git+https://git.example.org/acme/infra.git"),
        ("https://git.example.org/acme/infra.git?token=s3cret", "git+https://git.example.org/acme/infra.git"),
        ("s3://id:s3cret@bucket/infra", "git+s3://bucket/infra"),
        ("ci:s3cret@git.example.org:acme/infra.git", "git.example.org:acme/infra.git"),
    ],
)
def test_credentials_in_the_remote_stay_out(place: Place, remote: str, told: str) -> None:
    place.git("remote", "add", "origin", remote)
    attest(place)
    assert predicate(place)["repository"] == told
    assert "s3cret" not in json.dumps(statement(place))


def test_who_ran_it_is_marked_as_reported(place: Place, tmp_path: Path) -> None:
    commit = place.git("rev-parse", "HEAD")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"html_url": "https://x/pull/9", "merged_by": {"login": "bob"}}}))
    change = tmp_path / "change.json"
    approvals = [{"by": "carol", "commit": commit}, {"by": "dave", "commit": "0" * 40}]
    change.write_text(json.dumps({"approvals": approvals, "bypassed_protection": False}))
    ci = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_ACTOR": "ann",
        "GITHUB_WORKFLOW_REF": "acme/infra/.github/workflows/gate.yml@refs/heads/main",
    }
    attest(place, "--change", str(change), environment=ci)
    said = predicate(place)
    assert said["invocation"]["actor"] == "ann"
    assert "reported by" in said["invocation"]["origin"]
    reported = said["change"]["reported"]
    assert reported["merged_by"] == {"value": "bob", "origin": "reported by the CI event payload"}
    assert [one["bound"] for one in reported["approvals"]["value"]] == [True, False]
    assert "signature_verified" not in reported


@pytest.mark.parametrize(
    "said",
    [
        {"direct_push": "true"},
        {"bypassed_protection": 1},
        {"merged_by": None},
        {"final_commit": ["x"]},
        {"approvals": {"by": "carol"}},
        {"approvals": [{"by": {"login": "carol"}}]},
        {"directpush": True},
        [],
    ],
)
def test_what_a_workflow_says_in_another_form_is_refused_not_passed_over(
    place: Place, tmp_path: Path, said: Json
) -> None:
    (tmp_path / "change.json").write_text(json.dumps(said))
    done = place.soc2gate("attest", "--key", "../p256.key", "--output", "../record.json", "--change", "../change.json")
    assert (done.code, "--change" in done.err) == (2, True), done.err
    assert not (tmp_path / "record.json").exists()


def test_the_documented_recipe_says_how_a_change_reached_the_branch(place: Place, tmp_path: Path) -> None:
    """With a `gh` that answers as GitHub's API does; jq and the shell are real."""
    page = (Path(__file__).parents[2] / "docs/evidence.md").read_text("utf-8")
    found = re.search(r"^```bash\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert found
    commit, head = place.git("rev-parse", "HEAD"), "f" * 40
    reviews = [
        [{"state": "APPROVED", "user": {"login": "carol"}, "submitted_at": "t1", "commit_id": "0" * 40}],
        [
            {"state": "COMMENTED", "user": {"login": "dave"}, "submitted_at": "t2", "commit_id": head},
            {"state": "APPROVED", "user": {"login": "eve"}, "submitted_at": "t3", "commit_id": head},
        ],
    ]
    pull = {"html_url": "https://x/pull/7", "head": {"sha": head}, "merged_by": {"login": "bob"}}
    for name, answer in (("pull", pull), ("reviews", reviews)):
        (tmp_path / f"{name}.answer").write_text(json.dumps(answer))
    (tmp_path / "gh").write_text(
        '#!/bin/sh\nfor last; do :; done\ncase "$last" in\n'
        f"repos/acme/infra/commits/{commit}/pulls) cat pulls.answer ;;\n"
        "repos/acme/infra/pulls/7) cat pull.answer ;;\nrepos/acme/infra/pulls/7/reviews) cat reviews.answer ;;\n"
        "*) exit 1 ;;\nesac\n"
    )
    (tmp_path / "gh").chmod(0o755)

    def reported(pulls: Json) -> dict[str, Any]:
        (tmp_path / "pulls.answer").write_text(json.dumps(pulls))
        environment = {"GITHUB_REPOSITORY": "acme/infra", "GITHUB_SHA": commit, "PATH": f"{tmp_path}:/usr/bin:/bin"}
        subprocess.run(["bash", "-euo", "pipefail", "-c", found[1]], cwd=tmp_path, env=environment, check=True)
        attest(place, "--change", "../change.json")
        return {name: entry["value"] for name, entry in predicate(place)["change"]["reported"].items()}

    assert reported([{"number": 3, "merged_at": None}]) == {"direct_push": True}
    assert reported([{"number": 3, "merged_at": None}, {"number": 7, "merged_at": "t4"}]) == {
        "direct_push": False,
        "pull_request": "https://x/pull/7",
        "final_commit": head,
        "merged_by": "bob",
        "approvals": [
            {"by": "carol", "at": "t1", "commit": "0" * 40, "bound": False},
            {"by": "eve", "at": "t3", "commit": head, "bound": True},
        ],
    }


def test_the_numbers_of_a_record_add_up(place: Place) -> None:
    place.put("infra/bastion.tf", BAD)
    place.put("infra/open.tf", BAD.replace("bastion", "other"))
    place.put(
        "soc2gate.yaml",
        "waivers:\n  - {rule: sg-no-ssh-from-internet, address: aws_security_group.bastion, reason: migration,\n"
        "     owner: ann, approver: bob, expires: 2027-01-01}\n",
    )
    place.commit("waived")
    attest(place, "--now", NOW)
    said = predicate(place)
    assert said["totals"]["waived"] == 1
    assert [(row["rule"], row["approver"]) for row in said["waivers"]] == [("sg-no-ssh-from-internet", "bob")]
    assert answers(verify(place))["totals"] == "holds"
    assert said["decision"]["gate"] == "closed"
    asked = [row for row in said["findings"] if row["rule"] == "sg-no-ssh-from-internet"]
    assert [(row["address"], row["waived"]) for row in asked] == [
        ("aws_security_group.bastion", True),
        ("aws_security_group.other", False),
    ]
    failing = next(index for index, row in enumerate(said["criteria"]) if row["status"] == "fail")
    number, resources = said["totals"]["evaluations"], said["populations"][0]["declared"]["resources"]
    genuine = (place.folder.parent / "record.json").read_bytes()
    changes: tuple[dict[str, object], ...] = (
        {"predicate/totals/fail": 0},
        {"predicate/totals/evaluations": 99},
        {"predicate/totals/evaluations": number + 1, "predicate/populations/0/declared/resources": resources + 1},
        {"predicate/totals/disagreements/missing": 1},
        {"predicate/findings": []},
        {f"predicate/criteria/{failing}/status": "pass"},
        {"predicate/decision/gate": "open"},
    )
    for change in changes:
        (place.folder.parent / "record.json").write_bytes(genuine)
        signed_again(place, change)
        assert answers(verify(place))["totals"] == "fails", change


def test_a_waiver_that_its_author_approved_counts_for_nothing_in_a_record_either(place: Place) -> None:
    waiver = '# soc2gate:waive sg-no-ssh-from-internet reason="moving" owner=ops approver={} expires=2027-01-01\n'
    for approver, waived in (("ann@example.org", 0), ("bob@example.org", 1)):
        place.put("infra/bastion.tf", waiver.format(approver) + BAD)
        place.commit(approver)
        attest(place, "--now", NOW)
        assert predicate(place)["totals"]["waived"] == waived, approver


def test_a_fresh_genuine_record_holds_wherever_it_could_be_checked(place: Place) -> None:
    attest(place, "--ledger", "../ledger", "--now", NOW)
    done = verify(place, "--ledger", "../ledger")
    assert done.code == 0
    assert set(answers(done).values()) == {"holds"}
    assert set(answers(done)) == {"signature", "schema", "totals", "subjects", "inputs", "chain", "freshness"}


def test_what_could_not_be_checked_is_not_said_to_hold(place: Place, tmp_path: Path) -> None:
    attest(place, "--now", NOW)
    nowhere = Place(tmp_path / "nowhere")
    nowhere.folder.mkdir()
    done = verify(nowhere)
    assert done.code == 3
    assert {name for name, answer in answers(done).items() if answer == "not_checked"} == {
        "subjects",
        "inputs",
        "chain",
    }


def test_a_genuine_record_that_is_not_the_ledgers_is_told_so(place: Place) -> None:
    attest(place, "--ledger", "../ledger", "--now", NOW)
    attest(place, "--now", "2026-11-21T12:30:00Z")
    done = verify(place, "--ledger", "../ledger")
    assert (answers(done)["signature"], answers(done)["chain"]) == ("holds", "fails")
    assert details(done)["chain"] == "the ledger's record 1 is not this one"


KEYS = ("--keys", "../p256.pub")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("report", *KEYS, "--ledger", "../legder"), "is its name right?"),
        (("report", *KEYS, "--ledger", "git:"), "git fetch origin soc2gate-evidence:soc2gate-evidence"),
        (("report", *KEYS, "--ledger", "../record.json"), "Not a directory"),
        (("attest", "find", "--commit", "1234", "--ledger", "git:audit"), "git fetch origin audit:audit"),
        (("attest", "verify", "../record.json", *KEYS, "--ledger", "../legder"), "is its name right?"),
    ],
)
def test_what_is_no_ledger_is_not_one_in_which_nothing_was_recorded(
    place: Place, arguments: tuple[str, ...], hint: str
) -> None:
    attest(place)
    done = place.soc2gate(*arguments)
    assert (done.code, done.out) == (2, "")
    assert hint in done.err


@pytest.mark.parametrize(
    ("path", "value", "check"),
    [
        ("subject/0/digest/gitCommit", "0" * 40, "subjects"),
        ("subject/1/digest/gitTree", "0" * 40, "subjects"),
        ("predicate/change/commit_sha256", "0" * 64, "subjects"),
        ("predicate/inputs/0/digest/sha256", "0" * 64, "inputs"),
        ("predicate/inputs/0/files", ["infra/main.tf", "/etc/passwd"], "inputs"),
        ("predicate/inputs/0/files", [], "inputs"),
        ("predicate/change/signature", "blessed", "schema"),
        ("predicate/extra", 1, "schema"),
    ],
)
def test_a_signed_untruth_is_found(place: Place, path: str, value: object, check: str) -> None:
    attest(place, "--now", NOW)
    signed_again(place, {path: value})
    done = verify(place)
    assert done.code == 1
    assert answers(done)[check] == "fails"


def test_nothing_in_a_record_is_read_before_its_signature_holds(place: Place) -> None:
    attest(place, kind="ed25519")
    done = verify(place)
    assert done.code == 1
    assert answers(done) == {"signature": "fails"}
    assert verify(place, keys="../ed25519.pub").code == 3


def test_evidence_goes_stale(place: Place) -> None:
    attest(place, "--now", NOW)
    done = verify(place, now="2027-11-21T12:00:00Z")
    assert done.code == 1
    assert "stale" in details(done)["freshness"]


def test_a_policy_says_what_a_record_must_say(place: Place, tmp_path: Path) -> None:
    attest(place, "--now", NOW)
    keyid = envelope.load_trusted(tmp_path / "p256.pub")[0].keyid
    passing = next(row["id"] for row in predicate(place)["criteria"] if row["status"] == "pass")
    policy = tmp_path / "policy.yaml"
    for text, answer in (
        (f"keys: [{keyid}]\ngate: open\ncriteria: {{{passing}: [pass, waived]}}\n", "holds"),
        (f"keys: ['{'0' * 64}']\n", "fails"),
        ("signatures: 2\n", "fails"),
        ("commands: [verify]\n", "fails"),
        ("workflow: acme/infra/.github/workflows/gate.yml@refs/heads/main\n", "fails"),
        ("criteria: {CC1.1: [pass]}\n", "fails"),
        ("criteria: {CC99.1: [pass]}\n", "fails"),
    ):
        policy.write_text(text)
        assert answers(verify(place, "--policy", str(policy)))["policy"] == answer, text
    policy.write_text("criterion: {CC6.1: [pass]}\n")
    done = verify(place, "--policy", str(policy))
    assert done.code == 2
    assert "criteria" in done.err


def test_judging_again_gives_the_same_result_whoever_does_it_where(place: Place, tmp_path: Path) -> None:
    place.put("infra/bastion.tf", BAD)
    place.put("stack.yaml", "Resources:\n  B:\n    Type: AWS::S3::Bucket\n  Q:\n    Type: AWS::SQS::Queue\n")
    place.commit("more")
    attest(place, "--now", "2025-02-03T04:05:06Z")
    recorded = predicate(place)["result"]
    place.put("infra/main.tf", "not terraform {{{")
    elsewhere = Place(tmp_path / "a path with größe" / "clone")
    place.git("clone", "-q", ".", str(elsewhere.folder))
    for folder, environment in (
        (place, {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}),
        (place, {"PYTHONHASHSEED": "4242", "TZ": "America/Caracas", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "0"}),
        (place, {"TMPDIR": str(place.folder), "TF_VAR_x": "y", "NO_COLOR": "1"}),
    ):
        done = reproduce(folder, environment=environment)
        assert done.code == 0, done.out
        assert details(done)["result"] == recorded["digest"]["sha256"]
    (tmp_path / "a path with größe" / "record.json").write_bytes((tmp_path / "record.json").read_bytes())
    (tmp_path / "a path with größe" / "p256.pub").write_bytes((tmp_path / "p256.pub").read_bytes())
    assert reproduce(elsewhere).code == 0


def test_what_differs_is_named_with_its_cause(place: Place) -> None:
    place.put("infra/bastion.tf", BAD)
    place.commit("bastion")
    attest(place, "--now", NOW)
    fewer = [row for row in predicate(place)["findings"] if row["rule"] != "sg-no-ssh-from-internet"]
    signed_again(
        place,
        {
            "predicate/findings": fewer,
            "predicate/result/digest/sha256": "0" * 64,
            "predicate/policies/0/digest/sha256": "1" * 64,
        },
    )
    done = reproduce(place)
    assert done.code == 1
    told = details(done)["result"]
    assert "new among the findings: sg-no-ssh-from-internet on aws_security_group.bastion" in told
    assert "changed since: rules" in told


@pytest.mark.helm
def test_another_helm_that_builds_something_else_is_named_as_the_cause(
    place: Place, tmp_path: Path, kubernetes_tools: str
) -> None:
    place.put("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n")
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  containers:\n"
    pod += "  - {name: web, image: 'web:1', securityContext: {privileged: {{ true }}}}\n"
    place.put("web/templates/pod.yaml", pod)
    place.commit("a chart")
    attest(place, "--now", NOW, environment={"PATH": kubernetes_tools})
    version = predicate(place)["renderers"]["helm"]
    same = reproduce(place, environment={"PATH": kubernetes_tools})
    assert (same.code, details(same)["renderers"]) == (0, f"helm {version}")
    schema = json.loads((SCHEMAS / "statement.schema.json").read_text("utf-8"))
    jsonschema.validate(statement(place), schema)
    # One that was built to render `true` otherwise: real helm, its answer changed on the way.
    real = Path(kubernetes_tools.partition(":")[0]) / "helm"
    other = tmp_path / "other" / "helm"
    other.parent.mkdir()
    other.write_text(
        f'#!/bin/sh\nif [ "$1" = version ]; then echo v3.0.9; exit; fi\n{real} "$@" | /bin/sed s/true/false/\n'
    )
    other.chmod(0o755)
    done = reproduce(place, environment={"PATH": f"{other.parent}:{kubernetes_tools}"})
    assert (done.code, details(done)["renderers"]) == (1, f"recorded helm {version}, here helm v3.0.9")
    assert "no longer among the findings: k8s-no-privileged on Pod/shop/web" in details(done)["result"]
    assert details(done)["result"].endswith("changed since: renderers")


def test_a_record_of_a_program_that_named_no_renderers_still_holds(place: Place) -> None:
    attest(place, "--now", NOW)
    assert predicate(place)["renderers"] == {}
    made = statement(place)
    del made["predicate"]["renderers"]
    signer = envelope.load_signer(place.folder.parent / "p256.key", None)
    (place.folder.parent / "record.json").write_bytes(envelope.seal(made, envelope.STATEMENT_TYPE, [signer]))
    assert "fails" not in answers(verify(place)).values()
    assert reproduce(place).code == 0


SNAPSHOT = {
    "schema": "soc2gate.snapshot/1",
    "tool": {"name": "soc2gate", "version": "0.1.0"},
    "parts": [
        {
            "provider": "aws",
            "account": "123456789012",
            "caller": "arn:aws:iam::123456789012:role/audit",
            "taken_at": "2026-11-20T00:00:00Z",
            "finished_at": "2026-11-20T00:00:00Z",
            "partial": False,
            "regions_asked": ["eu-west-1"],
            "regions_read": ["eu-west-1"],
            "coverage": [{"kind": "AWS::SQS::Queue", "region": "eu-west-1", "read": True}],
            "calls": [{"call": "sqs:ListQueues", "region": "eu-west-1", "made": 1, "failed": 0}],
            "failed_calls": [],
            "resources": [],
        }
    ],
}


def snapshot_file(folder: Path) -> str:
    from soc2gate.live.snapshot import Snapshot

    file = folder / "live.json"
    Snapshot.parse(json.loads(json.dumps(SNAPSHOT)), "live.json", strict_digest=False).write(file)
    return str(file)


def test_live_state_is_named_by_its_snapshot_and_asked_for_again(place: Place, tmp_path: Path) -> None:
    live = snapshot_file(tmp_path)
    attest(place, "--snapshot", live, "--now", NOW)
    said = predicate(place)
    assert said["invocation"]["command"] == "verify"
    (entry,) = said["inputs"][1:]
    assert (entry["name"], entry["observed_at"]) == ("live:aws:123456789012", "2026-11-20T00:00:00Z")
    # Evidence is as old as what was seen, not as the run.
    assert min(row["fresh_until"] for row in said["criteria"] if row["fresh_until"]) == "2026-11-27T00:00:00Z"
    assert answers(verify(place))["snapshot"] == "not_checked"
    assert answers(verify(place, "--snapshot", live))["snapshot"] == "holds"
    assert reproduce(place).code == 2
    assert reproduce(place, "--snapshot", live).code == 0
    other = json.loads(Path(live).read_text())
    other["parts"][0]["caller"] = "somebody else"
    from soc2gate.live.snapshot import Snapshot

    Snapshot.parse(other, "other.json", strict_digest=False).write(tmp_path / "other.json")
    assert answers(verify(place, "--snapshot", str(tmp_path / "other.json")))["snapshot"] == "fails"
    # The same verdicts of something else are no reproduction.
    done = reproduce(place, "--snapshot", str(tmp_path / "other.json"))
    assert (done.code, answers(done)["inputs"]) == (1, "fails")


def recipe() -> str:
    """The shell commands that the auditor's page shows."""
    found = re.search(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found.group(1)


@pytest.mark.parametrize("kind", envelope.KEY_TYPES)
def test_openssl_git_and_the_page_are_enough_to_check_a_record(place: Place, tmp_path: Path, kind: str) -> None:
    place.put("infra/note.tf", '# {"gitCommit":"0000000000000000000000000000000000000000"}\n')
    place.commit("a text that looks like a subject")
    attest(place, kind=kind)

    def follow(record: Path, key: str, repository: Path = place.folder) -> tuple[int, str]:
        environment = {"RECORD": str(record), "KEY": str(tmp_path / key), "REPOSITORY": str(repository)}
        done = subprocess.run(
            ["sh", "-c", recipe()], env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True
        )
        return done.returncode, done.stdout.strip()

    record = tmp_path / "record.json"
    assert follow(record, f"{kind}.pub") == (0, "genuine")
    other = "ed25519" if kind == "p256" else "p256"
    assert follow(record, f"{other}.pub")[0] != 0
    whole = json.loads(record.read_bytes())
    payload = base64.b64decode(whole["payload"]).replace(b'"gate":"open"', b'"gate":"shut"')
    changed = tmp_path / "changed.json"
    changed.write_bytes(envelope.canonical({**whole, "payload": base64.b64encode(payload).decode()}) + b"\n")
    assert follow(changed, f"{kind}.pub")[0] != 0
    stranger = Place.make(tmp_path / "stranger")
    stranger.commit()
    assert follow(record, f"{kind}.pub", stranger.folder)[0] != 0


def test_the_page_explains_every_field_of_the_schema() -> None:
    schema = json.loads((SCHEMAS / "statement.schema.json").read_text("utf-8"))

    def names(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = set(node["properties"]) if isinstance(node.get("properties"), dict) else set()
            return own.union(*(names(child) for child in node.values()))
        return set().union(*(names(child) for child in node)) if isinstance(node, list) else set()

    missing = sorted(name for name in names(schema) if not re.search(rf"`[^`]*\b{name}\b[^`]*`", PAGE))
    assert missing == []


def test_keys_are_encrypted_never_overwritten_and_trusted_on_request(tmp_path: Path) -> None:
    here = Place(tmp_path)
    made = here.soc2gate("keygen", "--output", "ci", "--trust", "keys.json", "--owner", "CI",
                         environment={"SOC2GATE_PASSPHRASE": "open sesame"})  # fmt: skip
    assert made.code == 0
    assert b"ENCRYPTED" in (tmp_path / "ci.key").read_bytes()
    assert (tmp_path / "ci.key").stat().st_mode & 0o077 == 0
    (key,) = envelope.load_trusted(tmp_path / "keys.json")
    assert key.owner == "CI"
    assert here.soc2gate("keygen", "--output", "ci", "--no-passphrase").code == 2
    assert here.soc2gate("keygen", "--output", "other").code == 2
    assert not (tmp_path / "other.key").exists()
    second = here.soc2gate("keygen", "--type", "ed25519", "--output", "new", "--trust", "keys.json", "--no-passphrase")
    assert second.code == 0
    assert len(envelope.load_trusted(tmp_path / "keys.json")) == 2


def test_a_record_that_nobody_signs_or_keeps_is_refused(place: Place) -> None:
    assert place.soc2gate("attest", "--output", "r.json").code == 2
    assert place.soc2gate("attest", "--key", "../p256.key").code == 2
    assert place.soc2gate("attest", "--key", "../p256.key", "--output", "r", "--commit", "nowhere").code == 2
    assert place.soc2gate("attest", "--key", "../p256.key", "--output", "r", "--path", "../other").code == 2


def test_the_bare_predicate_is_that_of_the_record(place: Place) -> None:
    place.write(main__tf=BAD)
    place.commit("bastion")
    assert place.soc2gate("attest", "--predicate", "../predicate.json", "--now", NOW).code == 1
    attest(place, "--predicate", "../beside.json", "--now", NOW)
    alone, beside = (json.loads((place.folder.parent / name).read_text()) for name in ("predicate.json", "beside.json"))
    assert beside == predicate(place)
    # Unsigned it is the same, but for when it was made and how it was started.
    for key in ("findings", "criteria", "result", "decision", "inputs", "policies"):
        assert alone[key] == beside[key]


def test_a_record_is_signed_or_not_written(place: Place) -> None:
    done = place.soc2gate("attest", "--predicate", "../p.json", "--output", "../r.json")
    assert (done.code, "a record is signed: give --key" in done.err) == (2, True)
