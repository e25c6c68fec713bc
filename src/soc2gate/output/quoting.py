"""Lines of a stranger's file, fit to be quoted: what looks like a secret stands in no report.

Reports quote the line that decided, and the HTML page some around it. Whatever is written beside a name that secrets
have, in `sensitive()`, in a variable marked as sensitive or in a private key is left out. Better a harmless word too
many than a password in a build log.
"""

from __future__ import annotations

from soc2gate.patterns import regex

LEFT_OUT = "…"
_NAMES = regex(
    r"(?i)passw(?:or)?d|passphrase|secret|(?<!http_)token|credential|api_?key|access_?key|private_?key|sensitive\s*\("
)
_LITERAL = regex(r'"(?!\$\{[^{}"]*\}")((?:[^"\\]|\\.)+)"|\'([^\'\n]+)\'')
_VALUE = regex(r"^(\s*(?:-\s+)?[\w.\"'-]+\s*:\s+)(?![\[{|>&*\"'])(\S.*)$")
"""A plain value in YAML."""
_FOLLOWING = regex(r"(?i)^\s*(?:-\s+)?\"?value\"?\s*[:=]")
"""The value of an entry whose name stands on the line before."""
_HEAD = regex(r'^\s*(?:resource|data|module|variable|output|provider)\s+"')
_VARIABLE = regex(r'^\s*variable\s+"')
_MARK = regex(r"^\s*sensitive\s*=\s*true\b")
_KEY_BEGINS, _KEY_ENDS = regex(r"-----BEGIN [\w ]*PRIVATE KEY"), regex(r"-----END [\w ]*PRIVATE KEY")


def quotable(lines: list[str]) -> list[str]:
    """The lines without what looks like a secret; as many as before."""
    hidden = _of_sensitive_variables(lines)
    told: list[str] = []
    in_key = False
    for at, line in enumerate(lines):
        begins = _KEY_BEGINS.search(line) is not None
        in_key = (in_key or begins) and not (_KEY_ENDS.search(line) and begins)
        if in_key and not begins:
            told.append(LEFT_OUT)
            in_key = _KEY_ENDS.search(line) is None
            continue
        named = _NAMES.search(line) or (at and _FOLLOWING.match(line) and _NAMES.search(lines[at - 1]))
        told.append(_without_values(line) if at in hidden or (named and not _HEAD.match(line)) else line)
    return told


def _without_values(line: str) -> str:
    value = _VALUE.match(line)
    if value is not None and '"' not in line and "=" not in value.group(1):
        return value.group(1) + LEFT_OUT
    return _LITERAL.sub(lambda match: match.group(0)[0] + LEFT_OUT + match.group(0)[0], line)


def _of_sensitive_variables(lines: list[str]) -> set[int]:
    """The lines within `variable` blocks that say `sensitive = true`, but for the first."""
    found: set[int] = set()
    start: int | None = None
    marked = False
    for at, line in enumerate(lines):
        if start is None:
            if _VARIABLE.match(line) and "}" not in line:
                start, marked = at, False
            continue
        marked = marked or _MARK.match(line) is not None
        if line.startswith("}"):
            if marked:
                found.update(range(start + 1, at))
            start = None
    return found
