"""Functions that look at files. Paths are relative to the root module's folder, and must stay inside the scan."""

from __future__ import annotations

import fnmatch
import os
import posixpath
import re
from collections.abc import Callable, Mapping

from soc2gate.declared.terraform.expressions import (
    evaluate,
)
from soc2gate.declared.terraform.files import Files
from soc2gate.declared.terraform.functions.hashes import digest, digest_base64
from soc2gate.declared.terraform.scope import Scope
from soc2gate.declared.terraform.tree import Node, Source, Step
from soc2gate.declared.terraform.unknowns import derived
from soc2gate.declared.terraform.values import STRING, EvaluationError, Members, TfSet, Val, first_special, to_string
from soc2gate.errors import InputError, RefusedError
from soc2gate.model.value import SPECIAL, OpenMap, Unknown

_MOST_FILES = 10_000
FileFunction = Callable[[list[Val], Scope], Val]


def _files(scope: Scope) -> Files:
    files = scope.context.files
    if files is None:
        raise EvaluationError("files cannot be read here")
    return files


def _path(value: Val, scope: Scope) -> str:
    """The path a function names, relative to the base of the scan."""
    name = to_string(value)
    if os.path.isabs(name) or name.startswith("~"):
        raise RefusedError(f"“{name}” is outside the folder that is scanned: not read")
    return posixpath.join(scope.context.folder, name)


def _reads(use: Callable[[Files, str], Val], name: str) -> FileFunction:
    """A function of one path that reads the file there."""

    def run(arguments: list[Val], scope: Scope) -> Val:
        _count(name, arguments, 1, 1)
        if arguments[0] is None:
            raise EvaluationError(f"{name}(): the path is null")
        if first_special(arguments) is not None:
            scope.context.doubts += 1
            return derived(*arguments)
        path = _path(arguments[0], scope)
        try:
            return use(_files(scope), path)
        except RefusedError:
            raise
        except InputError as error:
            raise EvaluationError(f"{name}(): “{to_string(arguments[0])}”: {error.message}") from error

    return run


def _count(name: str, arguments: list[Val], fewest: int, most: int) -> None:
    if not fewest <= len(arguments) <= most:
        raise EvaluationError(f"{name}() takes {fewest if fewest == most else f'{fewest} to {most}'} arguments")


def _base64(files: Files, path: str) -> str:
    import base64

    return base64.b64encode(files.data(path)).decode("ascii")


def _hashes(make: Callable[[str, bytes], str], algorithm: str, name: str) -> FileFunction:
    """A function that gives the hash of a file.

    What is packed before it is applied (a function's zip) is not here when its code is judged. Its hash is not known
    then, and nothing else hangs on it; text that is not here would decide what is deployed.
    """

    def use(files: Files, path: str) -> Val:
        if not files.is_file(path):
            shown = posixpath.normpath(path)
            return Unknown(f"{name}(): {shown} is not here: it may be made before this is applied", not_null=True)
        return make(algorithm, files.data(path))

    return _reads(use, name)


def _exists(files: Files, path: str) -> bool:
    return files.is_file(path)


def _fileset(arguments: list[Val], scope: Scope) -> Val:
    _count("fileset", arguments, 2, 2)
    if first_special(arguments) is not None:
        scope.context.doubts += 1
        return derived(*arguments)
    files = _files(scope)
    folder = files.within(_path(arguments[0], scope))
    wanted = posixpath.normpath(to_string(arguments[1]))
    if wanted == ".." or wanted.startswith(("../", "/")):
        scope.context.doubts += 1
        return Unknown(f"fileset(): “{wanted}” leads out of the folder that is looked at")
    pattern = _glob(wanted)
    top = os.path.join(files.base, folder)
    found: list[Val] = []
    seen = 0
    for parent, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name != ".git")
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        if links and ("/" in wanted or "**" in wanted):
            # Terraform follows some of them; what is behind one may be anywhere.
            scope.context.doubts += 1
            link = os.path.relpath(os.path.join(parent, links[0]), files.base).replace(os.sep, "/")
            return Unknown(f"fileset(): “{link}” is a link, and links are not followed")
        for name in sorted(names):
            seen += 1
            if seen > _MOST_FILES:
                raise RefusedError(f"fileset() over more than {_MOST_FILES} files")
            relative = os.path.relpath(os.path.join(parent, name), top).replace(os.sep, "/")
            if pattern.fullmatch(relative):
                found.append(relative)
    return TfSet(sorted(found), STRING)


def _glob(pattern: str) -> re.Pattern[str]:
    """A pattern with `**`, `{a,b}`, `*` and `?`, where only `**` crosses slashes."""
    out: list[str] = []
    at = 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 3
        elif pattern.startswith("**", at):
            out.append(".*")
            at += 2
        elif pattern[at] == "*":
            out.append("[^/]*")
            at += 1
        elif pattern[at] == "?":
            out.append("[^/]")
            at += 1
        elif pattern[at] == "{" and "}" in pattern[at:]:
            end = pattern.index("}", at)
            choices = [_glob(choice).pattern for choice in pattern[at + 1 : end].split(",")]
            out.append(f"(?:{'|'.join(choices)})")
            at = end + 1
        elif pattern[at] == "[" and "]" in pattern[at + 1 :]:
            end = pattern.index("]", at + 1)
            out.append(fnmatch.translate(pattern[at : end + 1])[4:-3])
            at = end + 1
        else:
            out.append(re.escape(pattern[at]))
            at += 1
    return re.compile("".join(out))


class _Variables:
    """The names a template knows: what it was called with."""

    def __init__(self, names: Mapping[str, Val], more: Val) -> None:
        self.names = names
        self.more = more

    def resolve(self, root: str, steps: tuple[Step, ...], scope: Scope) -> tuple[Val, int]:
        if root in self.names:
            return self.names[root], 0
        if self.more is not None:
            scope.context.doubts += 1
            return self.more, 0
        raise EvaluationError(f"the template was not given a variable “{root}”")


def _templatefile(arguments: list[Val], scope: Scope) -> Val:
    _count("templatefile", arguments, 2, 2)
    if isinstance(arguments[0], SPECIAL):
        scope.context.doubts += 1
        return derived(*arguments)
    path = _path(arguments[0], scope)
    files = _files(scope)
    try:
        plain = files.within(path)
        text = files.text(path)
    except RefusedError:
        raise
    except InputError as error:
        raise EvaluationError(f"templatefile(): “{to_string(arguments[0])}”: {error.message}") from error
    return render(Source(plain, text), arguments[1], scope)


def render(source: Source, variables: Val, scope: Scope) -> Val:
    """A template with these variables (a map or object, open or not)."""
    from soc2gate.declared.terraform.hcl import parse_template

    if isinstance(variables, Members):
        variables = variables.as_object()
    if isinstance(variables, Unknown):
        variables = OpenMap({}, variables, variables.reason)
    if not isinstance(variables, (dict, OpenMap)):
        raise EvaluationError("the variables of a template must be a map or object")
    context = scope.context
    if context.templates:
        raise EvaluationError("a template cannot render another template")
    node: Node | None = context.parsed.get(source.path)
    if node is None or not source.path:
        try:
            node = parse_template(source, context.limits.depth)
        except RefusedError:
            raise
        except InputError as error:
            raise EvaluationError(f"the template is not valid: {error}") from error
        context.parsed[source.path] = node
    place = (
        _Variables(variables.items, variables.more) if isinstance(variables, OpenMap) else _Variables(variables, None)
    )
    context.templates += 1
    try:
        value = evaluate(node, Scope(place, context))
    except EvaluationError as error:
        raise EvaluationError(f"template {source.path}: {error.message}") from error
    finally:
        context.templates -= 1
    return value


def _on_path(change: Callable[[str], str], name: str) -> FileFunction:
    """A function on the spelling of a path; it reads nothing."""

    def run(arguments: list[Val], scope: Scope) -> Val:
        _count(name, arguments, 1, 1)
        if first_special(arguments) is not None:
            scope.context.doubts += 1
            return derived(*arguments)
        return change(to_string(arguments[0]))

    return run


def _basename(path: str) -> str:
    return posixpath.basename(path.rstrip("/")) or ("/" if path else ".")


def _dirname(path: str) -> str:
    head = posixpath.split(path)[0]
    return posixpath.normpath(head) if head else "."


def _machine(arguments: list[Val], scope: Scope) -> Val:
    return Unknown("where Terraform runs decides it", depends=derived(*arguments).depends)


def _pathexpand(arguments: list[Val], scope: Scope) -> Val:
    _count("pathexpand", arguments, 1, 1)
    if isinstance(arguments[0], SPECIAL) or to_string(arguments[0]).startswith("~"):
        return _machine(arguments, scope)
    return to_string(arguments[0])


def _abspath(arguments: list[Val], scope: Scope) -> Val:
    _count("abspath", arguments, 1, 1)
    if isinstance(arguments[0], SPECIAL) or not to_string(arguments[0]).startswith("/"):
        # Where Terraform runs is part of the answer.
        return _machine(arguments, scope)
    return posixpath.normpath("/" + to_string(arguments[0]).lstrip("/"))


FILE_FUNCTIONS: Mapping[str, FileFunction] = {
    "file": _reads(lambda files, path: files.text(path), "file"),
    "filebase64": _reads(_base64, "filebase64"),
    "fileexists": _reads(_exists, "fileexists"),
    "filemd5": _hashes(digest, "md5", "filemd5"),
    "filesha1": _hashes(digest, "sha1", "filesha1"),
    "filesha256": _hashes(digest, "sha256", "filesha256"),
    "filesha512": _hashes(digest, "sha512", "filesha512"),
    "filebase64sha256": _hashes(digest_base64, "sha256", "filebase64sha256"),
    "filebase64sha512": _hashes(digest_base64, "sha512", "filebase64sha512"),
    "fileset": _fileset,
    "templatefile": _templatefile,
    "basename": _on_path(_basename, "basename"),
    "dirname": _on_path(_dirname, "dirname"),
    "abspath": _abspath,
    "pathexpand": _pathexpand,
}
