"""“Did you mean …?” for every place where a person names something."""

from __future__ import annotations

from collections.abc import Iterable


def closest(word: str, choices: Iterable[str]) -> str | None:
    """The choice a person most likely meant, or None when nothing is near."""
    # Imported here: only wrong input pays for it.
    import difflib

    names = sorted(choices)
    by_lower = {name.lower(): name for name in reversed(names)}
    exact = by_lower.get(word.lower())
    if exact is not None:
        return exact
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    if not found and len(word) > 3:
        # The beginning of a long name: `sg-no-ssh` for `sg-no-ssh-from-internet`.
        found = [name for name in by_lower if name.startswith(word.lower())]
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A hint line, or nothing."""
    found = closest(word, choices)
    return f"did you mean “{found}”?" if found else ""
