"""Whether a policy's patterns cover what they are asked about: `*` is any text, `?` any one character.

What a pattern reaches is found by trying it on resources with names that nobody chose: one that covers two unrelated
roles covers whichever role its holder picks. A part of a pattern that is not known may be anything, a wildcard too,
unless it is the name of something that the same code manages.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from soc2gate.cel.kleene import Tri
from soc2gate.cel.operations import unknown_of
from soc2gate.cel.statements import is_managed
from soc2gate.model.value import Text, Unknown, Value


def like(pattern: str, text: str) -> bool:
    """IAM's own matching; letters count as they are."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    return _expression(pattern).fullmatch(text) is not None


@lru_cache(maxsize=512)
def _expression(pattern: str) -> re.Pattern[str]:
    steps = re.split(r"(\*+|\?)", pattern)
    written = (".*" if step[:1] == "*" else "." if step == "?" else re.escape(step) for step in steps)
    return re.compile("".join(written), re.DOTALL)


def stand_in(part: Unknown) -> str:
    """What stands for a name, id or ARN that only deploying decides: one of its kind, without a wildcard."""
    if part.prefix or part.ref is None or not part.ref.attribute.lower().endswith("arn"):
        return part.prefix + "x"
    # Buckets have no account in theirs.
    return "arn:aws:s3:::x" if "s3_bucket" in part.ref.address else "arn:aws:x:x:123456789012:x"


def widest(pattern: Value) -> tuple[str, Unknown | None]:
    """The pattern with a wildcard for whatever is not known of it, and why it may be less; empty for what is none."""
    if isinstance(pattern, str):
        return pattern, None
    if not isinstance(pattern, (Text, Unknown)):
        return "", unknown_of(pattern)
    doubt: Unknown | None = None
    out = ""
    for part in pattern.parts if isinstance(pattern, Text) else (pattern,):
        if isinstance(part, str):
            out += part
        elif is_managed(part):
            out += stand_in(part)
        else:
            out += part.prefix + "*"
            doubt = doubt or Unknown(part.reason, depends=part.depends)
    return out, doubt


def covers_all(pattern: Value, samples: Sequence[str]) -> Tri:
    """Whether a resource pattern covers every sample. Partition, region and account of a sample are as the pattern has
    them: nobody's samples are of another account than the pattern speaks of."""
    wide, doubt = widest(pattern)
    if not wide:
        return doubt or False
    if not all(like(wide, as_placed(sample, wide)) for sample in samples):
        return False
    return True if doubt is None else doubt


def as_placed(sample: str, pattern: str) -> str:
    """The sample with the partition, region and account that the pattern names."""
    theirs, ours = pattern.split(":", 5), sample.split(":", 5)
    for place in (1, 3, 4):
        if place < len(theirs) - 1 and ours[place] and theirs[place].strip("*?") == theirs[place] != "":
            ours[place] = theirs[place]
    return ":".join(ours)


def may_reach(pattern: Value, service: str) -> Tri:
    """Whether a resource pattern covers anything of a service: by what stands before its first wildcard."""
    wide, doubt = widest(pattern)
    if not wide:
        return doubt or False
    head = re.split(r"[*?]", wide, maxsplit=1)[0]
    partition = head.split(":")[1] if head.count(":") > 1 else "aws"
    start = f"arn:{partition}:{service}:"
    if head.startswith(start) or start.startswith(head):
        return True if doubt is None else doubt
    return False
