"""click's words for the flags of `scan`, for a command that starts without click.

Importing click takes as long as reading, judging and telling one small file together. Type checkers see click here. In
a process that has imported click the words are click's own; in one that has not, what is declared is kept as data:
`quickly` reads a plain command line by it, and everything else (help, completion, a mistake) is left to the real
command, which `in_click` makes from the same declarations. A test holds the two readings against each other.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from click import Choice as Choice
    from click import Command
    from click import Path as Path
    from click import argument as argument
    from click import command as command
    from click import echo as echo
    from click import option as option

    def quickly(declared: Command, arguments: Sequence[str]) -> Callable[[], int] | None: ...

    def in_click(declared: Command) -> Command: ...

else:
    import os

    def Choice(choices):
        return _Type("Choice", {"choices": choices})

    def Path(**settings):
        return _Type("Path", settings)

    def option(*names, **settings):
        return _parameter("option", names, settings)

    def argument(*names, **settings):
        return _parameter("argument", names, settings)

    def command(**settings):
        if "click" in sys.modules:
            return sys.modules["click"].command(**settings)
        return lambda function: _Declared(function, settings)

    def echo(text, *, nl=True, err=False):
        stream = sys.stderr if err else sys.stdout
        if "\x1b" in text or (stream.encoding or "utf8").lower().replace("-", "") != "utf8":
            # click knows what to do with colours, and with streams that cannot hold every character.
            import click

            click.echo(text, nl=nl, err=err)
            return
        stream.write(text + "\n" if nl else text)
        stream.flush()

    def quickly(declared, arguments):
        """The call that this command line asks for; None where reading it takes click."""
        if not isinstance(declared, _Declared) or any(one.unusual for one in declared.parameters):
            return None
        options = {name: one for one in declared.parameters for name in one.flags}
        given = {one.name: () if one.many else False if one.is_flag else None for one in declared.parameters}
        rest = iter(arguments)
        for word in rest:
            name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
            one = options.get(name) if word.startswith("-") else declared.positional
            if one is None or (one.is_flag and equals):
                return None
            if one.is_flag:
                given[one.name] = True
                continue
            if one.flags and not equals:
                value = next(rest, "")
            elif not one.flags:
                value = word
            if not value or not one.takes(value):
                return None
            value = one.converted(value)
            given[one.name] = (*given[one.name], value) if one.many else value
        return lambda: declared.function(**given)

    def in_click(declared):
        """The real command."""
        return declared.in_click() if isinstance(declared, _Declared) else declared

    class _Type:
        """A parameter's type, as declared."""

        def __init__(self, name, settings):
            self.name, self.settings = name, settings

        def in_click(self):
            import click

            return getattr(click, self.name)(**self.settings)

    class _Parameter:
        """One option or argument, as declared."""

        def __init__(self, sort, names, settings):
            self.sort, self.names, self.settings = sort, names, settings
            self.flags = [name for name in names if name.startswith("-")]
            bare = [name for name in names if not name.startswith("-")]
            long = [name for name in self.flags if name.startswith("--")]
            self.name = (bare or long or self.flags)[0].lstrip("-").replace("-", "_")
            self.many = bool(settings.get("multiple")) or settings.get("nargs") == -1
            self.is_flag = bool(settings.get("is_flag"))
            self.type = settings.get("type")
            understood = {"multiple", "is_flag", "type", "help", "metavar"} if self.flags else {"nargs", "type"}
            self.unusual = bool(
                settings.keys() - understood
                or not isinstance(self.type, (_Type, type(None)))
                or (not self.flags and settings.get("nargs") != -1)
                or any("/" in name for name in self.flags)
            )

        def takes(self, value):
            """Whether the value is certainly one that click takes; where it is not, click says what is wrong."""
            if self.type is None:
                return True
            if self.type.name == "Choice":
                return value in self.type.settings["choices"]
            if self.type.settings.keys() - {"path_type", "dir_okay"}:
                return False
            if not os.path.lexists(value):
                return True
            return os.access(value, os.R_OK) and (self.type.settings.get("dir_okay", True) or os.path.isfile(value))

        def converted(self, value):
            made = self.type and self.type.settings.get("path_type")
            return made(value) if made else value

        def in_click(self):
            import click

            settings = {name: _in_click(value) for name, value in self.settings.items()}
            return getattr(click, self.sort)(*self.names, **settings)

    class _Declared:
        """A command, as declared."""

        def __init__(self, function, settings):
            self.function, self.settings = function, settings
            # Decorators are applied from below.
            self.parameters = list(reversed(getattr(function, "__flags__", [])))
            self.positional = next((one for one in self.parameters if not one.flags), None)

        def in_click(self):
            import click

            function = self.function
            for one in reversed(self.parameters):
                function = one.in_click()(function)
            return click.command(**self.settings)(function)

    def _parameter(sort, names, settings):
        one = _Parameter(sort, names, settings)
        if "click" in sys.modules:
            return one.in_click()

        def kept(function):
            function.__dict__.setdefault("__flags__", []).append(one)
            return function

        return kept

    def _in_click(value):
        return value.in_click() if isinstance(value, _Type) else value
