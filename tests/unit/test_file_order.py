"""A folder lists its files in whatever order its disk likes: nothing that is judged, told or signed depends on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from evidence_support import Place

from soc2gate.evidence import envelope

COMPANY = Path(envelope.__file__).parents[1] / "demo" / "company"
ASKS = """\
resource "aws_sns_topic" "t" {
  for_each = fileset(path.module, "*.json")
  name     = each.key
}
resource "aws_sqs_queue" "joined" {
  name = join("-", fileset(path.module, "*.json"))
}
"""
# Python imports this when it starts. What it imports before may be in any order: it is sorted by no program of ours.
SITE = """\
import os, random
_scandir, _listdir, _order = os.scandir, os.listdir, os.environ["FILE_ORDER"]

def _in_order(found, name):
    found = sorted(found, key=name, reverse=_order == "reversed")
    if _order.isdigit():
        random.Random(_order).shuffle(found)
    return found

class _Listing(list):
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def close(self):
        pass
    def __next__(self):
        if not self:
            raise StopIteration
        return self.pop(0)
    def __iter__(self):
        return self

def scandir(path="."):
    with _scandir(path) as entries:
        return _Listing(_in_order(entries, lambda entry: entry.name))

def listdir(path="."):
    with open(os.environ["FILE_ORDER_SEEN"], "a") as seen:
        seen.write("listed\\n")
    return _in_order(_listdir(path), lambda name: name)

def counted(path="."):
    with open(os.environ["FILE_ORDER_SEEN"], "a") as seen:
        seen.write("scanned\\n")
    return scandir(path)

os.scandir, os.listdir = counted, listdir
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """The demo's company, with a rule pack of its own and a list of files that its code asks for."""
    shutil.copytree(COMPANY, tmp_path / "repository")
    made = Place.make(tmp_path / "repository")
    for name in ("zebra", "alpha", "middle"):
        made.put(f"listed/{name}.json", json.dumps({"name": name}))
        made.put(f"listed/{name}.tf", f'resource "aws_sqs_queue" "{name}" {{\n  name = "{name}"\n}}\n')
    made.put("listed/all.tf", ASKS)
    made.put("listed/again/all.k8s.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: orders}\n")
    made.commit("company")
    private, public, _ = envelope.generate("p256", None)
    (tmp_path / "ci.key").write_bytes(private)
    (tmp_path / "ci.pub").write_bytes(public)
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(SITE)
    return made


def ordered(place: Place, order: str) -> Mapping[str, str]:
    """The environment in which every folder lists its files in this order."""
    top = place.folder.parent
    path = os.pathsep.join([str(top / "site"), *filter(None, sys.path)])
    return {"PYTHONPATH": path, "FILE_ORDER": order, "FILE_ORDER_SEEN": str(top / f"seen-{order}")}


@pytest.fixture
def memory_disk() -> Iterator[Path]:
    """tmpfs lists the newest file first: the order is another than the one in which git has them."""
    if not Path("/dev/shm").is_dir():
        pytest.skip("no tmpfs at /dev/shm")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        for name in ("a", "b"):
            (Path(folder) / name).write_text("")
        yield Path(folder)


def test_the_harness_turns_the_order_round(place: Place) -> None:
    ask = "import os, pathlib; print([p.name for p in pathlib.Path('listed').glob('*.tf')], os.listdir('listed')[0])"
    said = [
        subprocess.run([sys.executable, "-c", ask], cwd=place.folder, env={**os.environ, **ordered(place, order)},
                       capture_output=True, text=True, check=True).stdout
        for order in ("sorted", "reversed")
    ]  # fmt: skip
    assert said == [
        "['all.tf', 'alpha.tf', 'middle.tf', 'zebra.tf'] again\n",
        "['zebra.tf', 'middle.tf', 'alpha.tf', 'all.tf'] zebra.tf\n",
    ]


def test_a_scan_says_the_same_in_every_order(place: Place) -> None:
    said = []
    for order in ("sorted", "reversed", "1"):
        done = place.soc2gate("scan", ".", "--format", "json", "--now", "2026-06-01T12:00:00Z",
                              environment=ordered(place, order))  # fmt: skip
        assert done.code in (0, 1, 3), done.err
        assert (place.folder.parent / f"seen-{order}").read_text().count("scanned") > 10, "folders were listed"
        said.append(done.out)
    assert len(json.loads(said[0])["findings"]) > 5
    assert said[0] == said[1] == said[2]


def test_a_commit_is_judged_again_alike_in_every_order(place: Place, memory_disk: Path) -> None:
    done = place.soc2gate("attest", "--key", "../ci.key", "--output", "../record.json", "--now", "2026-06-01T12:00:00Z",
                          environment=ordered(place, "sorted"))  # fmt: skip
    assert done.code in (0, 1, 3), done.err
    for order, more in (("reversed", {}), ("7", {}), ("unsorted", {"TMPDIR": str(memory_disk)})):
        environment = {**ordered(place, order), **more}
        if order == "unsorted":
            # As the disk lists them.
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        done = place.soc2gate("attest", "reproduce", "../record.json", "--keys", "../ci.pub", "--format", "json",
                              environment=environment)  # fmt: skip
        assert done.code == 0, done.out + done.err
        checks = json.loads(done.out)["checks"]
        assert {row["answer"] for row in checks} == {"holds"}, checks
