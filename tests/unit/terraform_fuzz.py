"""Coverage-guided fuzzing of the Terraform reader and evaluator: `make fuzz`, or `SECONDS=600 make fuzz`.

atheris (the extra `fuzz`) changes inputs and watches which branches they reach. Whatever the bytes are, reading a root
gives a `Reading`: bad input is a problem in it, and nothing is raised or runs on. Inputs that once broke this stand in
`terraform_fuzz.jsonl`, and `test_terraform_fuzz.py` reads them again with every test run, without atheris.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
CORPUS = HERE / "terraform_fuzz.jsonl"

FORMS = ("hcl", "expression", "json", "tfvars", "tfvars-json", "template")
"""What the text of an input is: a `main.tf`, one expression, a `main.tf.json`, values for variables, a template file.
"""

_VARIABLES = """
variable "s" {}
variable "n" {
  type = number
}
variable "o" {
  type = object({ a = optional(string, "x"), b = list(number), c = optional(map(any)) })
}
resource "aws_x" "v" {
  s = var.s
  n = var.n
  o = [for k, v in var.o : v]
}
"""
_NAMES = """
variable "unset" {}
variable "numbers" {
  default = [1, 2, 3]
}
locals {
  some  = { a = "x", b = [1, null, true], "é" = { c = "${var.unset}-y" } }
  maybe = var.unset ? ["a"] : ["b", "c"]
  set   = toset(["p", "q"])
}
resource "aws_x" "made" {
  count = 2
  name  = "n${count.index}"
}
"""


def files_of(form: str, text: str) -> dict[str, str]:
    """The files of a root that holds an input."""
    if form == "hcl":
        return {"main.tf": text}
    if form == "json":
        return {"main.tf.json": text}
    if form == "expression":
        return {
            "main.tf": f'{_NAMES}resource "aws_x" "e" {{\n  value = {text}\n}}\noutput "o" {{\n  value = {text}\n}}\n'
        }
    if form == "template":
        call = 'templatefile("t.tpl", { s = "x", l = [1, 2], u = var.unset, m = local.some })'
        return {"main.tf": f'{_NAMES}resource "aws_x" "t" {{\n  value = {call}\n}}\n', "t.tpl": text}
    name = "terraform.tfvars.json" if form == "tfvars-json" else "terraform.tfvars"
    return {"main.tf": _VARIABLES, name: text}


def read_one(form: str, text: str, folder: Path) -> None:
    """Read a root with this input in it, and everything a scan asks of what was read.

    Raises whatever the reader raises: it must raise nothing.
    """
    from soc2gate.declared.options import ReadOptions
    from soc2gate.declared.source import Root
    from soc2gate.declared.terraform import read
    from soc2gate.model.value import as_json

    files = files_of(form, text)
    for name, content in files.items():
        (folder / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    try:
        root = Root("terraform", "", tuple(sorted(name for name in files if ".tf" in name and "vars" not in name)))
        found = read(root, folder, ReadOptions())
    finally:
        for name in files:
            (folder / name).unlink()
    for problem in found.problems:
        assert problem.message, problem
        assert problem.where is None or getattr(problem.where, "line", 1) >= 1, problem
    for resource in found.resources:
        assert resource.where.line >= 1, resource
        for value in resource.body.values():
            as_json(value)
        for place in resource.places.values():
            assert getattr(place, "line", 1) >= 1, place


def seeds() -> Iterator[tuple[str, str]]:
    """What fuzzing starts from: the expressions, snippets and roots that other tests use, and earlier findings."""
    import json

    for path in sorted((HERE / "terraform_expressions").glob("*.txt")):
        yield from (("expression", line) for line in path.read_text("utf-8").splitlines() if line)
    for line in (HERE / "terraform_expressions" / "snippets.hcl").read_text("utf-8").splitlines():
        yield "hcl", line.replace("¶", "\n") + "\n"
    for path in sorted((HERE / "terraform_roots").rglob("*.tf")):
        yield "hcl", path.read_text("utf-8")
    for path in sorted((HERE.parent.parent / "rules").rglob("*.tf"))[::12]:
        yield "hcl", path.read_text("utf-8")
    yield "json", '{"resource":{"aws_x":{"a":[{"b":"${[for k, v in {a=1} : k]}","c":{"d":[1,null,1e3]}}]}},"//":"c"}'
    yield "json", '{"locals":{"a":"%{ if true }x%{ endif }"},"module":{"m":{"source":"./m"}},"variable":{"v":{}}}'
    yield "tfvars", 's = "x"\nn = 1e3\no = { b = [1, 2], c = { k = true } }\n'
    yield "tfvars-json", '{"s": ["x"], "n": "12", "o": {"a": null, "b": [1]}}'
    yield "template", "%{ for k, v in m ~}\n${k}=${jsonencode(v)}\n%{ endfor ~}\n%{ if u }y%{ else }n%{ endif }$${s}"
    for line in CORPUS.read_text("utf-8").splitlines():
        entry = json.loads(line)
        yield entry["form"], entry["text"]


_WORDS = """
resource data variable locals output module provider terraform dynamic content for_each iterator labels count moved
import removed check validation default type optional nullable sensitive each.value each.key count.index self
path.module local. var. module.m. data.x.y. aws_x.made [*] .* [0] ... => == != >= <= && || ?: ! <<-E <<E ~}
%{ ${ $${ %%{ endif endfor else if in true false null 1e9 -0 0.5 /* */ // # \\u00e9 \\U0001F600
jsonencode( jsondecode( merge( concat(
flatten( try( can( lookup( element( slice( range( setproduct( zipmap( format( formatlist( regex( regexall( replace(
templatefile( templatestring( yamldecode( yamlencode( csvdecode( cidrsubnet( cidrhost( toset( tolist( tomap( tonumber(
coalesce( coalescelist( transpose( substr( split( join( sort( distinct( sum( timeadd( formatdate( base64decode(
provider:: object({ list( map( set( tuple([ any
"""


def _dictionary(target: Path) -> None:
    """The words of the language, in libFuzzer's spelling."""
    words = [f'"{word}"'.replace("\\", "\\\\") for word in _WORDS.split()]
    target.write_text("\n".join(words) + "\n", encoding="utf-8")


def _text_of(data: bytes) -> tuple[str, str]:
    return FORMS[data[0] % len(FORMS)], data[1:].decode("utf-8", "surrogateescape")


def main() -> None:
    """Fuzz for some seconds; a finding ends the run with a trace, and the input stays in the work folder."""
    parser = argparse.ArgumentParser(description="Fuzz the Terraform reader and evaluator.")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "soc2gate-fuzz")
    parser.add_argument("--limit", type=int, default=20, help="seconds one input may take")
    asked = parser.parse_args()
    corpus = asked.work / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, (form, text) in enumerate(seeds()):
        data = bytes([FORMS.index(form)]) + text.encode("utf-8", "surrogateescape")
        (corpus / f"seed-{number:04}").write_bytes(data)
    _dictionary(asked.work / "words.dict")

    import atheris

    sys.path.insert(0, os.fspath(HERE))
    with atheris.instrument_imports(include=["soc2gate.declared.terraform", "soc2gate.model"]):
        import soc2gate.declared.terraform
        import soc2gate.declared.terraform.functions
        import soc2gate.declared.terraform.hcl_json  # noqa: F401

    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:

        def one(data: bytes) -> None:
            if data:
                read_one(*_text_of(data), Path(folder))

        options = [
            f"-max_total_time={asked.seconds}",
            f"-timeout={asked.limit}",
            f"-dict={asked.work / 'words.dict'}",
            f"-artifact_prefix={asked.work}/",
            "-max_len=2048",
            "-rss_limit_mb=3000",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *options, os.fspath(corpus)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
