"""The normal form: every kind in the provider's own resource model, whichever format or API told of it.

`normalise` turns what readers yield into resources; `build_live` does the same for an API's answers; `link` draws the
links between resources on either side. A kind is one entry in `kinds/aws/<service>.py` or `kinds/kubernetes.py`.
"""

from soc2gate.kinds.linking import Unread, link
from soc2gate.kinds.live import build_live
from soc2gate.kinds.normalise import Normalised, derived, normalise
from soc2gate.kinds.registry import (
    also_by_cloud_control,
    has_live,
    is_workload,
    kind,
    known_kinds,
    listing_call,
    type_of,
)

__all__ = [
    "Normalised",
    "Unread",
    "also_by_cloud_control",
    "build_live",
    "derived",
    "has_live",
    "is_workload",
    "kind",
    "known_kinds",
    "link",
    "listing_call",
    "normalise",
    "type_of",
]
