"""Expressions made at random, for laws and for Terraform to judge.

A `{s}` in a form stands for another expression of that kind, `@s` for a name: a law binds it to a value, known or not,
and for Terraform it is a local. Kinds: `s` string, `n` number, `b` bool, `l` list, tuple or set, `m` map or object, and
`x`, any of them. Not every expression made so can be evaluated: that one fails must be agreed on, too.
"""

from __future__ import annotations

import re
from random import Random

GRAMMAR: dict[str, tuple[str, ...]] = {
    "s": (
        '"x"',
        '"arn:"',
        '""',
        "@s",
        "@e",
        "@s",
        "@o.a",
        "@z",
        '"${{@s}}-${{@s}}"',
        '"${{@n}}"',
        "({b} ? {s} : {s})",
        "({b} ? {n} : {s})",
        "({b} ? {s} : {b})",
        "upper({s})",
        'trimprefix({s}, "arn:")',
        'trimprefix({s}, "x")',
        'trimsuffix({s}, ":b")',
        "trimspace({s})",
        "substr({s}, 0, 2)",
        "substr({s}, 0, -1)",
        "substr({s}, {n}, 3)",
        'replace({s}, "a", {s})',
        'format("%s/%s", {s}, {n})',
        'format("%v", {l})',
        "join({s}, {l})",
        'coalesce({s}, {s}, "d")',
        "try({s}, {s})",
        "try({l}[5], {s})",
        'lookup({m}, "a", {s})',
        'lookup({m}, "q", {s})',
        "lookup({m}, @s, {s})",
        "element({l}, {n})",
        "{l}[0]",
        "{l}[1]",
        "{l}[@n]",
        '{m}["a"]',
        "{m}[@s]",
        "one(slice({l}, 0, 1))",
        "one([for x in {l} : x if x == {s}])",
        "jsonencode({s})",
        "jsonencode({l})",
        "jsonencode({m})",
        "jsonencode([{b}, {n}])",
        "jsondecode(jsonencode({{q = {s}}})).q",
        "jsondecode(jsonencode([{l}]))[0][0]",
        "yamlencode({l})",
        "tostring({n})",
        "tostring({b})",
        '"%{{ if {b} }}y%{{ else }}${{@s}}%{{ endif }}"',
        '"%{{ for x in {l} }}${{x}},%{{ endfor }}"',
        "sha1({s})",
        "title({s})",
        "trim({s}, {s})",
        'regex("[a-z]+", {s})',
    ),
    "n": (
        "0",
        "1",
        "@n",
        "2.5",
        "({n} + {n})",
        "({n} * {n})",
        "({n} - {n})",
        "({b} ? {n} : {n})",
        "length({s})",
        "length({l})",
        "length({m})",
        "max({n}, {n})",
        "-{n}",
        "try(tonumber({s}), {n})",
        "try(index({l}, {s}), {n})",
        "floor({n})",
    ),
    "b": (
        "true",
        "false",
        "@b",
        "@f",
        "@o.flag",
        "({s} == {s})",
        '({s} != "")',
        "({s} != null)",
        '({s} == "x")',
        "({l} == {l})",
        "({m} == {m})",
        "({l} == [])",
        "({n} < {n})",
        "({n} > {n})",
        "({n} <= {n})",
        "({n} == {n})",
        "({n} != {n})",
        "({b} && {b})",
        "({b} || {b})",
        "!{b}",
        "contains({l}, {s})",
        "startswith({s}, {s})",
        "endswith({s}, {s})",
        "strcontains({s}, {s})",
        "can({s})",
        "can({l}[1])",
        "can({m}.a)",
        "can(tonumber({s}))",
        "alltrue([{b}, {b}])",
        "anytrue([for x in {l} : x == {s}])",
        "({b} == {b})",
        "(length({l}) > 0)",
        "(length({m}) == 0)",
    ),
    "l": (
        "@t",
        "@l",
        "@u",
        "[]",
        '["x"]',
        "@t",
        "@l",
        "@o.list",
        "[{s}, {s}]",
        "concat({l}, {l})",
        '[for x in {l} : "${{x}}!"]',
        "[for x in {l} : x if x != {s}]",
        '[for i, x in {l} : "${{i}}" if {b}]',
        '[for k, v in {m} : "${{k}}=${{v}}"]',
        "{l}[*]",
        "{s}[*]",
        "@z[*]",
        "compact({l})",
        "distinct({l})",
        "reverse({l})",
        "sort({l})",
        "slice({l}, 0, 1)",
        "slice({l}, 0, {n})",
        "flatten([{l}, [{l}]])",
        "tolist({l})",
        "toset({l})",
        "setunion({l}, {l})",
        "setsubtract({l}, {l})",
        "setintersection({l}, {l})",
        "keys({m})",
        "values({m})",
        'split(",", {s})',
        "coalescelist({l}, {l})",
        "try({l}, {l})",
        "({b} ? {l} : @l)",
        'formatlist("%s.x", {l})',
        'formatlist("%s-%s", {l}, {s})',
        "chunklist({l}, 2)",
        "[for p in setproduct({l}, {l}) : p[0]]",
        "[for x in [{m}, {m}] : x.a]",
        "[{m}, {m}][*].a",
        "matchkeys({l}, {l}, {l})",
        "[for x in {l} : upper(x)]",
        "flatten([for k, v in {m} : [k, v]])",
        "jsondecode(jsonencode({l}))",
        "merge({m}, {m})[*]",
    ),
    "m": (
        "@m",
        "@o",
        "{{}}",
        "{{a = 1}}",
        "@m",
        "{{a = {s}, c = {n}}}",
        "{{({s}) = {s}, w = 1}}",
        "{{w = 1, ({s}) = {s}}}",
        "merge({m}, {m})",
        "merge({m}, {{a = {s}}})",
        "merge({{a = {s}}}, {m}, @z)",
        '{{for x in {l} : x => "v${{x}}"}}',
        "{{for x in {l} : x => x...}}",
        "{{for i, x in {l} : i => x}}",
        "{{for k, v in {m} : k => v if k != {s}}}",
        "{{for k, v in {m} : v => k...}}",
        "zipmap({l}, {l})",
        "tomap({m})",
        "({b} ? {m} : @m)",
        "try({m}, {m})",
        "jsondecode(jsonencode({m}))",
        "transpose({{a = {l}}})",
    ),
}

NAMES = """
locals {
  s = "arn:aws:s3:::b"
  e = ""
  n = 3
  b = true
  f = false
  t = ["x", "y", "x"]
  l = tolist(["p", "", "q"])
  u = toset(["g", "h"])
  m = tomap({ a = "1", k = "2" })
  o = { a = "v", list = ["i"], flag = true }
  z = null
}
"""
"""The names as Terraform gets them."""

EDGES: dict[str, tuple[str, ...]] = {
    "s": (
        *GRAMMAR["s"],
        '"é日😀"',
        '"a b,c;d"',
        '"  x\\n"',
        '"Ab-1_2.3"',
        '"10.0.0.0/16"',
        '"2024-02-29T23:59:59Z"',
        "null",
        "lower({s})",
        "strrev({s})",
        "chomp({s})",
        "indent({n}, {s})",
        "base64encode({s})",
        "base64decode({s})",
        "base64decode(base64encode({s}))",
        "urlencode({s})",
        "md5({s})",
        "sha256({s})",
        "sha512({s})",
        "base64sha256({s})",
        "base64sha512({s})",
        'uuidv5("dns", {s})',
        'uuidv5({s}, "x")',
        "tostring({x})",
        "jsonencode({x})",
        "yamlencode({x})",
        "jsonencode(yamldecode(yamlencode({x})))",
        "jsonencode(yamldecode({s}))",
        "jsonencode(csvdecode({s}))",
        'format("%s|%q|%v", {x}, {s}, {x})',
        'format("%d %03d %+d", {n}, {n}, {n})',
        'format("%.2f %e %g", {n}, {n}, {n})',
        'format("%x %X %b %o", {n}, {n}, {n}, {n})',
        'format("%5s|%-5s|%t", {s}, {s}, {b})',
        'format("%#v", {x})',
        'format("%[2]s %[1]s", {s}, {s})',
        'replace({s}, "/[a-z]/", "<$0>")',
        'replace({s}, "", "-")',
        "join({s}, {l})",
        "substr({s}, {n}, {n})",
        "trimprefix({s}, {s})",
        "trimsuffix({s}, {s})",
        'trim({s}, "ax ")',
        "cidrhost({s}, {n})",
        "cidrnetmask({s})",
        "cidrsubnet({s}, {n}, {n})",
        "timeadd({s}, {s})",
        'timeadd({s}, "1h30m")',
        'formatdate("YYYY-MM-DD hh:mm EEE", {s})',
        "dirname({s})",
        "basename({s})",
        "pathexpand({s})",
        "coalesce({x}, {x})",
        "element({l}, -1)",
        "element({l}, {n})",
        "max({l}...)",
        "one({l})",
        "try({x}.a, {x}[0], {s})",
        '"a${{ {x} }}b"',
        '"%{{ for i, x in {l} }}${{i}}=${{x}} %{{ endfor }}"',
        '"%{{ for k, v in {m} ~}}  ${{k}} %{{~ endfor }}"',
        '"%{{ if {b} ~}} y %{{~ else ~}} n %{{ endif }}."',
        "{l}[{n}]",
        "{m}[{s}]",
        "{m}.a",
        "lookup({m}, {s})",
        "regex({s}, {s})",
        'regex("(?P<a>.)(?P<b>.*)", {s}).b',
        'jsonencode(regexall("[a-z]", {s}))',
        "parseint({s}, 36)",
        "nonsensitive({s})",
        "keys({m})[0]",
        'textencodebase64({s}, "UTF-16LE")',
    ),
    "n": (
        *GRAMMAR["n"],
        "-1",
        "0.1",
        "-2.5",
        "1e3",
        "1e-7",
        "12345678901234567890",
        "9007199254740993",
        "({n} / {n})",
        "({n} % {n})",
        "ceil({n})",
        "abs({n})",
        "signum({n})",
        "log({n}, 10)",
        "pow({n}, {n})",
        "min({n}, {n}, {n})",
        'parseint("-7f", 16)',
        "parseint({s}, 10)",
        "tonumber({x})",
        "sum({l})",
        "sum([{n}, {n}])",
        "length({x})",
        "max([{n}, {n}]...)",
        "timecmp({s}, {s})",
        "{l}[{n}]",
    ),
    "b": (
        *GRAMMAR["b"],
        "({x} == {x})",
        "({x} != {x})",
        "({n} >= {n})",
        "tobool({x})",
        "can({x}.a)",
        "can({x}[{n}])",
        "contains({l}, {x})",
        "contains(keys({m}), {s})",
        "alltrue({l})",
        "anytrue({l})",
        'can(regex("^[a-z]+$", {s}))',
        "(null == {x})",
        "!can({x})",
    ),
    "l": (
        *GRAMMAR["l"],
        "[{x}, {x}]",
        "[{x}, {x}, null]",
        "[[{s}], {l}]",
        "concat({l}, [{x}])",
        "range({n})",
        "range({n}, {n})",
        "range({n}, {n}, {n})",
        "tolist([{x}, {x}])",
        "toset([{x}, {x}])",
        "tolist({x})",
        "toset({x})",
        "flatten({l})",
        "flatten([{l}, {x}])",
        "setproduct({l}, {l})",
        "setproduct({l}, toset({l}))",
        "setsubtract(toset({l}), {l})",
        "reverse({l})",
        "sort({l})",
        "distinct([{x}, {x}, {x}])",
        "chunklist({l}, {n})",
        "slice({l}, {n}, {n})",
        "matchkeys({l}, {l}, {l})",
        "[for k, v in {m} : {{ k = k, v = v }}]",
        "[for x in {l} : x if can(x)]",
        "[for x in {x} : x]",
        "{m}[*]",
        "{x}[*]",
        "{l}[*].a",
        "{l}.*.a",
        "values({m})",
        "cidrsubnets({s}, 4, {n})",
        "split({s}, {s})",
        'regexall("[a-z]", {s})',
        "csvdecode({s})",
        "coalescelist({l}, {l})",
        "({b} ? {l} : [])",
        "({b} ? {l} : {l})",
        "({b} ? {x} : {x})",
        "try({x}, {l})",
        "formatlist({s}, {l})",
        'formatlist("%s-%s", {l}, {l})',
        "toset({l})",
        "tolist(toset({l}))",
    ),
    "m": (
        *GRAMMAR["m"],
        "{{ a = {x}, b = {x} }}",
        '{{ "a b" = {x} }}',
        "{{ a = {l}, b = {m} }}",
        "tomap({{ a = {x}, b = {x} }})",
        "merge({m}, {m}, null)",
        "merge([{m}, {m}]...)",
        "zipmap({l}, [{x}, {x}, {x}])",
        "zipmap(keys({m}), values({m}))",
        "{{ for x in {l} : x => {x}... }}",
        "{{ for k, v in {m} : upper(k) => v }}",
        "{{ for i, x in {l} : tostring(i) => x if i > 0 }}",
        "({b} ? {m} : {{}})",
        "({b} ? {m} : {m})",
        "transpose({{ a = {l}, b = {l} }})",
        "jsondecode(jsonencode({m}))",
        "yamldecode(yamlencode({m}))",
        "try({x}, {m})",
        "element([{m}, {m}], {n})",
        "one([{m}])",
    ),
}
"""The same and more: every function with what it may be given at its edges. For Terraform to judge."""


def expression(
    random: Random, kind: str, depth: int, grammar: dict[str, tuple[str, ...]] = GRAMMAR, names: str = ""
) -> str:
    """An expression of one kind; `names` is what stands before a name: `local.` for Terraform."""
    made = _made(random, kind, depth, grammar)
    return made.replace("@", names).replace("{{", "{").replace("}}", "}")


def _made(random: Random, kind: str, depth: int, grammar: dict[str, tuple[str, ...]]) -> str:
    kind = random.choice("snblm") if kind == "x" else kind
    choices = grammar[kind] if depth > 0 else tuple(text for text in grammar[kind] if not _HOLE.search(text))
    text = random.choice(choices)
    return _HOLE.sub(lambda match: _made(random, match.group(1), depth - 1, grammar), text)


def conversion(random: Random) -> str:
    """A value made into a type: what becomes of a variable's value, optional attributes and their defaults included."""
    return f"convert({_literal(random, 2)}, {_type(random, 2)})"


def _type(random: Random, depth: int) -> str:
    if depth == 0 or random.random() < 0.35:
        return random.choice(("string", "number", "bool", "any", "string"))
    kind = random.choice(("list", "set", "map", "tuple", "object", "object"))
    if kind in ("list", "set", "map"):
        return f"{kind}({_type(random, depth - 1)})"
    if kind == "tuple":
        return f"tuple([{', '.join(_type(random, depth - 1) for _ in range(random.randint(0, 3)))}])"
    parts = []
    for name in random.sample("abck", random.randint(0, 3)):
        inner = _type(random, depth - 1)
        form = random.randrange(4)
        if form == 0 and "any" not in inner:
            inner = f"optional({inner}, {_literal(random, 1)})"
        parts.append(f"{name} = {f'optional({inner})' if form == 1 else inner}")
    return "object({ " + ", ".join(parts) + " })"


def _literal(random: Random, depth: int) -> str:
    if depth == 0 or random.random() < 0.4:
        return random.choice(('"x"', '"1"', '"true"', "1", "2.5", "true", "false", "null", '""'))
    form = random.randrange(4)
    if form == 0:
        return f"[{', '.join(_literal(random, depth - 1) for _ in range(random.randint(0, 3)))}]"
    if form == 1:
        names = random.sample("abcke", random.randint(0, 3))
        return "{ " + ", ".join(f"{name} = {_literal(random, depth - 1)}" for name in names) + " }"
    return f"local.{random.choice('ltumo')}"


_HOLE = re.compile(r"(?<!\{)\{([snblmx])\}")
