"""What would settle an unknown: for each kind of reason, what a person can do about it.

Reasons are written where something stays unknown, by readers and kinds that know why and not what can be done. Said
here once, so that every report ends an unknown with a way on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_VERIFY = "let verify judge what runs"
_ADVICE: tuple[tuple[str, str], ...] = (
    # What the person who asks can say.
    (
        r"its value is not kept.*(no digest|no key|another key)",
        "set the same SOC2GATE_DIGEST_KEY to collect and to verify",
    ),
    (r'variable "([^"]+)" has no default', r"pass --var-file, or --var \1=…"),
    (r'parameter "([^"]+)" has no default', r"pass --var \1=…"),
    (r'is not given its required variable "([^"]+)"', r"write \1 in the module's block"),
    (r'variable "[^"]+" was given a value of another type|could not be evaluated', "correct it"),
    (r"is not valid JSON|should be (a|of type)|is no resource of this template|is no canned ACL", "correct it"),
    (r"(partition|account) is (that of|the one)", f"say the account in soc2gate.yaml (roots: account), or {_VERIFY}"),
    # What else there is to look at.
    (r'module "[^"]+".* is not installed', "run terraform init -backend=false, and scan again"),
    (r"Helm chart .* was not rendered", "install helm, or scan what `helm template` writes"),
    (r"another tool fills in", "render it and scan the result"),
    (r"macro .* was not run|is made by a macro", "scan the processed template"),
    (r"is not declared here", "scan the code that declares it as well"),
    (r"no manifest that was read declares its service account", f"scan the manifest that does, or {_VERIFY}"),
    (r"of account \d+, which was not read", "collect from that account as well"),
    (r"does not say who manages it", "look the key up in its own region"),
    (r"of another stack", "scan the template that exports it as well"),
    (r"on the node|takes an environment variable", "scan the files of the node as well"),
    (r"was denied|AccessDenied|Forbidden", "see `soc2gate permissions`, and look again"),
    (
        r"could not be read|cannot be read|it is not known whether .* belongs here",
        "see the problem about it, and look again",
    ),
    # What can be written so that nothing is left open.
    (r"no namespace is written", "write metadata.namespace"),
    (r"named by manifests that were read and declared by none", f"declare the namespace, or {_VERIFY}"),
    (r"is required and not written|version \d+ of the AWS provider", "write it"),
    (r"not written|no \w+ is written|names no protocol", f"write it, or {_VERIFY}"),
    (r"started by a shell", "start it without one"),
    (
        r"security scheme `|`security`|the authorizer of|\$ref|OpenAPI document|the API's methods stand",
        f"write it in the API's own document, or {_VERIFY}",
    ),
    # What only the running account or cluster tells.
    (r"(the|whose) (account|region) is chosen at deploy", rf"say the \2 in soc2gate.yaml (roots), or {_VERIFY}"),
    # A stack has no plan that would tell.
    (r"known after deploy\b|chosen at deploy", _VERIFY),
    (r"known after (it is deployed|apply)|known at deploy|after it is deployed", f"scan a plan, or {_VERIFY}"),
    (r"data\.\w|data source|the plan does not tell", f"scan a plan, or {_VERIFY}"),
    (r"looked up (in SSM|when the stack)|is (sensitive|NoEcho)|marked by sensitive", _VERIFY),
    (r"aggregationRule|chooses the number of replicas|decides?\b|decided by\b", _VERIFY),
    (r"never stored|holds none|secret data is not kept|metadata of a Secret", "a person must look"),
)
_COMPILED = tuple((re.compile(pattern), advice) for pattern, advice in _ADVICE)


@lru_cache(maxsize=4096)
def settled_by(reason: str) -> str:
    """What would settle an unknown of this reason; empty where nothing is known to."""
    for pattern, advice in _COMPILED:
        found = pattern.search(reason)
        if found is not None:
            return found.expand(advice)
    return ""


def explained(reason: str, depends: Sequence[str]) -> str:
    """The reason as a report says it: what it depends on, why that is not known, and what would settle it."""
    if not reason or reason.startswith("known after"):
        # By itself it does not say what.
        reason = f"{depends[0]} is {reason}" if depends else reason
    advice = settled_by(reason)
    return f"{reason}: {advice}" if advice else reason
