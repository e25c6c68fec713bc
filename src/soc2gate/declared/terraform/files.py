"""The only way to the file system: everything stays inside the folder that is scanned.

Paths are resolved, symbolic links included, before they are opened; one that leaves the base is refused by name.
"""

from __future__ import annotations

import os
from pathlib import Path

from soc2gate.declared.options import Limits
from soc2gate.errors import InputError, RefusedError


class Files:
    """Files below `base`, read once each."""

    def __init__(self, base: Path, limits: Limits) -> None:
        self.base = base
        self.limits = limits
        self.read_paths: dict[str, None] = {}
        """What was read, relative to the base, in order."""
        self._real_base = os.path.realpath(base)
        self._bytes: dict[str, bytes] = {}
        self._texts: dict[str, str] = {}

    def within(self, path: str) -> str:
        """`path` (relative to the base) if it leads nowhere else, made plain; RefusedError if it does."""
        if "\0" in path:
            raise RefusedError("a path with a null character in it")
        plain = os.path.normpath(path).replace(os.sep, "/")
        if os.path.isabs(path) or plain == ".." or plain.startswith("../"):
            raise RefusedError(f"“{path}” is outside the folder that is scanned: not read")
        real = os.path.realpath(os.path.join(self.base, plain))
        if real != self._real_base and not real.startswith(self._real_base.rstrip(os.sep) + os.sep):
            raise RefusedError(f"“{plain}” is a link out of the folder that is scanned: not read")
        return plain

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(os.path.join(self.base, self.within(path)))

    def is_file(self, path: str) -> bool:
        return os.path.isfile(os.path.join(self.base, self.within(path)))

    def names(self, folder: str) -> list[str]:
        """What a folder holds, sorted."""
        try:
            return sorted(os.listdir(os.path.join(self.base, self.within(folder))))
        except OSError as error:
            raise InputError(f"cannot list the folder: {error.strerror}", path=folder) from error

    def data(self, path: str) -> bytes:
        """The bytes of a file; InputError when it cannot be read or is too big."""
        plain = self.within(path)
        found = self._bytes.get(plain)
        if found is not None:
            return found
        try:
            with open(os.path.join(self.base, plain), "rb") as file:
                found = file.read(self.limits.file_bytes + 1)
        except OSError as error:
            raise InputError(f"cannot read the file: {error.strerror}", path=plain) from error
        if len(found) > self.limits.file_bytes:
            raise RefusedError(f"the file is bigger than {self.limits.file_bytes} bytes", path=plain)
        self._bytes[plain] = found
        self.read_paths[plain] = None
        return found

    def text(self, path: str) -> str:
        """The text of a file; InputError when it is not UTF-8, with the place."""
        plain = self.within(path)
        found = self._texts.get(plain)
        if found is None:
            data = self.data(plain)
            try:
                found = data.decode("utf-8")
            except UnicodeDecodeError as error:
                line = data.count(b"\n", 0, error.start) + 1
                column = error.start - data.rfind(b"\n", 0, error.start)
                message = f"expected UTF-8 text, found the byte 0x{data[error.start]:02x}"
                raise InputError(message, path=plain, line=line, column=column) from error
            self._texts[plain] = found
        return found
