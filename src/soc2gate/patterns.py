"""Regular expressions that are compiled when somebody first looks for something with them.

Compiling one costs more than most files take to be read, and a scan of one file needs few of those that its modules
name. Type checkers see `re.compile`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import compile as regex
else:
    import re

    class regex:
        """`regex(text, flags)`: as `re.compile`, later."""

        def __init__(self, text, flags=0):
            self.pattern = text
            self._flags = flags

        def __getattr__(self, name):
            found = getattr(re.compile(self.pattern, self._flags), name)
            # The next look goes straight to the compiled expression.
            setattr(self, name, found)
            return found


__all__ = ["regex"]
