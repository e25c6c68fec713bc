"""soc2gate.yaml, or `[tool.soc2gate]` in pyproject.toml: what a company tells soc2gate about itself.

Every key is optional and a missing file is no error. The JSON Schema in the package is the one description of what may
stand there; it is interpreted here rather than by `jsonschema`, which would cost every scan a tenth of a second and
knows neither lines nor what was probably meant. All mistakes of a file are told at once.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from soc2gate.errors import ConfigError
from soc2gate.facts import dataclass, field, replace
from soc2gate.model.outcome import Waiver
from soc2gate.model.resource import Span
from soc2gate.suggest import did_you_mean

if TYPE_CHECKING:
    from soc2gate.config_files import KeyPath, Places
    from soc2gate.model.value import Json

# The schema is our own file; its tests say that it has the shape the check relies on.
_Schema: TypeAlias = dict[str, Any]

NAMES = ("soc2gate.yaml", "soc2gate.yml")
CATEGORIES = ("Security", "Availability", "Confidentiality", "Processing Integrity", "Privacy")


@dataclass(frozen=True, slots=True)
class RootConfig:
    """What is known of one root: where it deploys to, and with which values."""

    path: str
    """POSIX, relative to the base the configuration was loaded for."""
    var_files: tuple[str, ...] = ()
    """Relative to the root, in order; later ones win."""
    variables: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    regions: tuple[str, ...] = ()
    owns_account: bool = False
    state: Path | None = None
    """Absolute: the state of this root, read for the ids of what it deployed."""
    state_url: str = ""
    """The state, where it lies in a bucket: `s3://bucket/key`. Only `verify` fetches it."""
    stack: str = ""
    """Of a template: the name or ARN of the stack it is deployed as; empty where that has to be found."""
    namespace: str = ""
    """Of a chart: where it is installed."""
    workspace: str = ""
    """What `terraform.workspace` is; empty for `default`."""
    environments: Mapping[str, RootConfig] = field(default_factory=dict)
    """Deployments by name, each an evaluation of its own; without any, the root is evaluated once."""

    def of(self, environment: str) -> RootConfig:
        """What is said of the root in one environment: what that does not say, the root says for all."""
        said = self.environments.get(environment)
        if said is None:
            return self
        return replace(
            self,
            var_files=(*self.var_files, *said.var_files),
            variables={**self.variables, **said.variables},
            account=said.account or self.account,
            regions=said.regions or self.regions,
            state=said.state or (None if said.state_url else self.state),
            state_url=said.state_url or ("" if said.state else self.state_url),
            stack=said.stack or self.stack,
            workspace=said.workspace or self.workspace,
            namespace=said.namespace or self.namespace,
        )


@dataclass(frozen=True, slots=True)
class AccountConfig:
    """An AWS account to read live state of."""

    role_arn: str = ""
    """The role to take on; empty for the account that the credentials are of."""
    external_id: str = ""
    name: str = ""
    regions: tuple[str, ...] = ()
    """Empty: those asked for everywhere."""

    @property
    def account(self) -> str:
        """Its twelve digits; empty where only the credentials know."""
        return self.role_arn.split(":")[4] if self.role_arn else ""


@dataclass(frozen=True, slots=True)
class OrganizationConfig:
    """Every account of the AWS organization, by a role of the same name in each."""

    role_name: str
    external_id: str = ""
    regions: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Managed:
    """What is expected to be declared in code; an empty field limits nothing."""

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignore:
    """A difference between code and live state that is meant."""

    address: str
    reason: str
    property: str = ""
    """Empty for every property."""
    expires: str = ""
    """ISO date, the last day it holds; empty for ever."""
    where: Span | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration in force; without a file, the defaults."""

    path: str = ""
    """The file it came from; empty when there is none."""
    roots: tuple[RootConfig, ...] = ()
    regions: tuple[str, ...] = ()
    accounts: tuple[AccountConfig, ...] = ()
    organization: OrganizationConfig | None = None
    cloud_control: tuple[str, ...] = ()
    """Kinds without a reader of ours that are read through Cloud Control."""
    kube_context: str | None = None
    kubeconfig: Path | None = None
    fail_on: str = "high"
    """`critical`, `high`, `medium`, `low` or `never`."""
    on_incomplete: str = "block"
    """`block` or `report`."""
    on_undeclared: str = "report"
    """`block` or `report`."""
    undeclared_baseline: Path | None = None
    """Absolute."""
    scope: tuple[str, ...] = CATEGORIES
    """Trust services categories; Security is always among them."""
    packs: tuple[Path, ...] = ()
    """Absolute."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """Path pattern, relative to the base, to who answers for it; the last that fits counts."""
    control_owners: Mapping[str, str] = field(default_factory=dict)
    """Control to who answers for it."""
    systems: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """System, as the description of the system calls it, to the path patterns of its code, relative to the base."""
    managed: Managed = field(default_factory=Managed)
    ignores: tuple[Ignore, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    waiver_files: tuple[Path, ...] = ()
    """Absolute; their waivers stand in `waivers`."""
    max_waiver_days: int | None = None
    inline_waivers: bool = True
    accept_foreign_skips: bool | tuple[str, ...] = False
    """Every tool's, or those of the tools named."""
    foreign_skips: Mapping[str, str] = field(default_factory=dict)
    checkov_command: Path | None = None
    """Absolute: checkov in an environment of its own."""
    checkov_seconds: int = 0
    """How long it may take; 0 takes the usual limit."""
    plugins: tuple[str, ...] = ()
    ignore_paths: tuple[str, ...] = ()
    """Patterns as in .gitignore, relative to the base."""
    written: Mapping[str, Json] = field(default_factory=dict)
    """As the file says it."""

    def accepts_skips_of(self, tool: str) -> bool:
        """Whether what this tool is told to skip counts as waived, though nobody approved it."""
        accepted = self.accept_foreign_skips
        return accepted if isinstance(accepted, bool) else tool in accepted

    def canonical(self) -> str:
        """The settings as one line of JSON, the same for the same settings however they are laid out."""
        import json

        return json.dumps(self.written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def load(start: Path, explicit: Path | None = None, *, base: Path | None = None, waiver_files: bool = True) -> Config:
    """The configuration for work that begins in the folder `start`.

    `explicit` names the file; otherwise the nearest soc2gate.yaml, or pyproject.toml with a `[tool.soc2gate]`, from
    `start` up to the repository's root counts, and where there is none the defaults. Paths in the file are relative to
    its folder; in the `Config` those of roots and patterns are relative to `base`. Without `waiver_files` the files it
    names stay unread. Raises `ConfigError` with every mistake in the file.
    """
    if explicit is not None:
        if not explicit.is_file():
            raise ConfigError(f"there is no configuration file {explicit}")
        found: Path | None = Path(os.path.abspath(explicit))
    else:
        found = _find(Path(os.path.abspath(start)), base)
    if found is None:
        return Config()
    # Imported here: where there is no file, nothing reads one.
    from soc2gate.config_files import read_settings

    data, places = read_settings(found, _shown(found, base))
    errors = _Check(places).against_schema(data)
    if errors:
        raise ConfigError.gather(errors)
    config = _build(data, places, found, base or found.parent)
    return _with_waiver_files(config, base) if config.waiver_files and waiver_files else config


def _with_waiver_files(config: Config, base: Path | None) -> Config:
    """The configuration with the waivers of the files it names; they count for its digest as if they stood in it."""
    from soc2gate.config_files import read_settings

    errors: list[ConfigError] = []
    waivers = list(config.waivers)
    written: list[Json] = []
    for file in config.waiver_files:
        shown = _shown(file, base)
        try:
            data, places = read_settings(file, shown)
            check = _Check(places)
            check.against_schema(data, only=("waivers",))
            errors += check.errors
        except ConfigError as error:
            errors.append(error)
            continue
        if not check.errors:
            waivers += [_waiver(entry) for entry in _Table(data, places).tables("waivers")]
            written.append(data.get("waivers"))
    if errors:
        raise ConfigError.gather(errors)
    return replace(config, waivers=tuple(waivers), written={**config.written, "waivers of waiver_files": written})


def _find(start: Path, base: Path | None) -> Path | None:
    folders = (start, *start.parents)
    top = next((folder for folder in folders if (folder / ".git").exists()), None)
    if top is None:
        # Outside a repository: up to where the person stands, so that a stray file further up counts for nobody.
        top = next((folder for folder in (base, Path.cwd()) if folder is not None and folder in folders), start)
    for folder in folders:
        for name in NAMES:
            if (folder / name).is_file():
                return folder / name
        project = folder / "pyproject.toml"
        if project.is_file() and b"[tool.soc2gate" in project.read_bytes():
            return project
        if folder == top:
            break
    return None


def _shown(file: Path, base: Path | None) -> str:
    """How the file is called in reports: the same whoever runs where, as long as the base is the same."""
    for folder in (base, Path.cwd()):
        if folder is not None and file.is_relative_to(folder):
            return file.relative_to(folder).as_posix()
    return file.as_posix()


class _Check:
    """The part of JSON Schema that our schema uses, with places and suggestions."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.errors: list[ConfigError] = []

    def against_schema(self, data: dict[str, Json], only: Sequence[str] = ()) -> list[ConfigError]:
        """Everything wrong; with `only`, no other top-level key is known."""
        import json

        schema = json.loads((Path(__file__).parent / "json_schemas" / "config.schema.json").read_text("utf-8"))
        if only:
            schema["properties"] = {key: schema["properties"][key] for key in only}
        self.value(data, schema, ())
        return self.errors

    def value(self, value: Json, schema: _Schema, path: KeyPath) -> None:
        if "enum" in schema:
            if value not in schema["enum"]:
                known = schema["enum"]
                hint = did_you_mean(value, known) if isinstance(value, str) else ""
                self.wrong(path, f"must be one of {', '.join(known)}; found {_found(value)}", hint)
            return
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is(value, name) for name in types):
            expected = " or ".join(_TYPES[name] for name in types)
            self.wrong(path, f"must be {expected}; found {_found(value)}")
        elif isinstance(value, str):
            if len(value) < schema.get("minLength", 0):
                self.wrong(path, "must not be empty")
            elif "pattern" in schema and not re.search(schema["pattern"], value):
                self.wrong(path, f"must be {_shape(schema)}; found {_found(value)}")
        elif isinstance(value, (int, float)):
            if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
                self.wrong(path, f"must be {_shape(schema)}; found {_found(value)}")
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.value(item, schema["items"], (*path, index))
        elif isinstance(value, dict):
            self.table(value, schema, path)

    def table(self, value: dict[str, Json], schema: _Schema, path: KeyPath) -> None:
        known: dict[str, _Schema] = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for key, child in value.items():
            if key in known:
                self.value(child, known[key], (*path, key))
            elif isinstance(others, dict):
                self.value(child, others, (*path, key))
            else:
                where = f" in {_spelled(path)}" if path else ""
                hint = did_you_mean(key, known) or f"known here: {', '.join(known)}"
                self.note(self.places.key((*path, key)), f"unknown key “{key}”{where}", hint)
        for key in schema.get("required", ()):
            if key not in value:
                self.note(self.places.value(path), f"{_spelled(path)} needs “{key}”")

    def wrong(self, path: KeyPath, message: str, hint: str = "") -> None:
        self.note(self.places.value(path), f"{_spelled(path) or 'the configuration'} {message}", hint)

    def note(self, place: tuple[int, int], message: str, hint: str = "") -> None:
        line, column = place
        self.errors.append(ConfigError(message, path=self.places.path, line=line, column=column, hint=hint))


_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
}


_CLASSES: dict[str, tuple[type, ...]] = {"object": (dict,), "array": (list,), "string": (str,), "number": (int, float)}


def _is(value: Json, name: str) -> bool:
    if name == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if name == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return isinstance(value, _CLASSES[name])


def _shape(schema: _Schema) -> str:
    if schema["type"] == "integer":
        return f"between {schema['minimum']} and {schema['maximum']}"
    if "maximum" in schema:
        return "twelve digits"
    if "arn:" in schema["pattern"]:
        return "the ARN of a role, arn:aws:iam::123456789012:role/NAME"
    return "a date, YYYY-MM-DD" if "[0-9]{4}" in schema["pattern"] else "letters, digits, dots and dashes"


def _found(value: Json) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"“{value}”"
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else str(value)


def _spelled(path: KeyPath) -> str:
    out = ""
    for step in path:
        out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else step
    return out


def _build(data: dict[str, Json], places: Places, file: Path, base: Path) -> Config:
    """The settings as types; `data` has passed the check."""
    table = _Table(data, places)
    folder = file.parent
    scope = set(table.texts("scope") or CATEGORIES) | {"Security"}
    kubeconfig = table.text("kubeconfig")
    accepted = table.text("undeclared_baseline")
    patterns = [_rebased(pattern, folder, base) for pattern in table.texts("ignore_paths")]
    return Config(
        path=places.path,
        roots=tuple(_root(entry, folder, base) for entry in table.tables("roots")),
        regions=table.texts("regions"),
        accounts=_accounts(table),
        organization=_organization(table.table("organization")) if "organization" in data else None,
        cloud_control=_cloud_control(table),
        kube_context=table.text("kube_context") or None,
        kubeconfig=folder / os.path.expanduser(kubeconfig) if kubeconfig else None,
        fail_on=table.text("fail_on") or "high",
        on_incomplete=table.text("on_incomplete") or "block",
        on_undeclared=table.text("on_undeclared") or "report",
        undeclared_baseline=Path(os.path.abspath(folder / accepted)) if accepted else None,
        scope=tuple(category for category in CATEGORIES if category in scope),
        packs=tuple(Path(os.path.abspath(folder / pack)) for pack in table.texts("packs")),
        owners={_rebased(pattern, folder, base): owner for pattern, owner in table.pairs("owners").items()},
        control_owners=table.pairs("control_owners"),
        systems={
            name: tuple(_rebased(pattern, folder, base) for pattern in table.table("systems").texts(name))
            for name in table.table("systems").data
        },
        managed=_managed(table.table("managed")),
        ignores=tuple(_ignore(entry) for entry in table.tables("ignores")),
        waivers=tuple(_waiver(entry) for entry in table.tables("waivers")),
        waiver_files=tuple(Path(os.path.abspath(folder / file)) for file in table.texts("waiver_files")),
        max_waiver_days=_whole(data.get("max_waiver_days")),
        inline_waivers=data.get("inline_waivers") is not False,
        accept_foreign_skips=data.get("accept_foreign_skips") is True or table.texts("accept_foreign_skips"),
        foreign_skips=table.pairs("foreign_skips"),
        checkov_command=_command(table.table("checkov").text("command"), folder),
        checkov_seconds=_whole(table.table("checkov").data.get("timeout")) or 0,
        plugins=table.texts("plugins"),
        ignore_paths=tuple(patterns),
        written=data,
    )


class _Table:
    """A mapping of the file, read by key; an absent key is the empty value."""

    def __init__(self, data: dict[str, Json], places: Places, path: KeyPath = ()) -> None:
        self.data = data
        self.places = places
        self.path = path

    @property
    def where(self) -> Span:
        line, column = self.places.value(self.path)
        return Span(self.places.path, line, column)

    def text(self, key: str) -> str:
        return _as_text(self.data.get(key, ""))

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key)
        return tuple(_as_text(item) for item in value) if isinstance(value, list) else ()

    def pairs(self, key: str) -> dict[str, str]:
        value = self.data.get(key)
        return {name: _as_text(item) for name, item in value.items()} if isinstance(value, dict) else {}

    def table(self, key: str) -> _Table:
        value = self.data.get(key)
        return _Table(value if isinstance(value, dict) else {}, self.places, (*self.path, key))

    def tables(self, key: str) -> Iterator[_Table]:
        value = self.data.get(key)
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if isinstance(item, dict):
                yield _Table(item, self.places, (*self.path, key, index))


def _as_text(value: Json) -> str:
    """As Terraform and CloudFormation are given values: `true`, not `True`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _whole(value: Json) -> int | None:
    return int(value) if isinstance(value, (int, float)) else None


def _command(text: str, folder: Path) -> Path | None:
    return Path(os.path.abspath(folder / os.path.expanduser(text))) if text else None


def _account(text: str) -> str:
    """A number lost its leading zeros when somebody wrote it without quotation marks."""
    return text.removesuffix(".0").zfill(12)


def _root(entry: _Table, folder: Path, base: Path) -> RootConfig:
    path = _relative(entry.text("path"), folder, base)
    environments: dict[str, RootConfig] = {}
    for each in entry.tables("environments"):
        name = each.text("name")
        if name in environments:
            message = f"two environments of {entry.text('path')} are called “{name}”"
            raise ConfigError(message, path=each.where.path, line=each.where.line, column=each.where.column)
        environments[name] = _deployment(each, path, folder)
    return replace(_deployment(entry, path, folder), environments=environments)


def _deployment(entry: _Table, path: str, folder: Path) -> RootConfig:
    state = entry.text("state")
    remote = state.startswith("s3://")
    return RootConfig(
        path=path,
        var_files=entry.texts("var_files"),
        variables=entry.pairs("variables"),
        account=_account(entry.text("account")) if entry.text("account") else None,
        regions=entry.texts("regions"),
        owns_account=entry.data.get("owns_account") is True,
        state=Path(os.path.abspath(folder / state)) if state and not remote else None,
        state_url=state if remote else "",
        stack=entry.text("stack"),
        workspace=entry.text("workspace"),
        namespace=entry.text("namespace"),
    )


def _accounts(table: _Table) -> tuple[AccountConfig, ...]:
    found: list[AccountConfig] = []
    for entry in table.tables("accounts"):
        text = entry.text
        one = AccountConfig(text("role_arn"), text("external_id"), text("name"), entry.texts("regions"))
        if any(one.account == other.account for other in found):
            message = f"two entries of accounts lead to {one.account or 'the account of the credentials'}"
            raise ConfigError(message, path=entry.where.path, line=entry.where.line, column=entry.where.column)
        found.append(one)
    return tuple(found)


def _organization(entry: _Table) -> OrganizationConfig:
    exclude = tuple(_account(text) for text in entry.texts("exclude"))
    return OrganizationConfig(entry.text("role_name"), entry.text("external_id"), entry.texts("regions"), exclude)


def _cloud_control(table: _Table) -> tuple[str, ...]:
    return tuple(dict.fromkeys(table.texts("cloud_control")))


def _managed(entry: _Table) -> Managed:
    accounts = tuple(_account(text) for text in entry.texts("accounts"))
    return Managed(accounts, entry.texts("regions"), entry.pairs("tags"), entry.texts("kinds"))


def _ignore(entry: _Table) -> Ignore:
    text = entry.text
    return Ignore(text("address"), text("reason"), text("property"), text("expires"), entry.where)


def _waiver(entry: _Table) -> Waiver:
    text = entry.text
    return Waiver(
        rule=text("rule"),
        address=text("address"),
        reason=text("reason"),
        owner=text("owner"),
        approver=text("approver"),
        expires=text("expires"),
        where=entry.where,
        ticket=text("ticket"),
    )


def _relative(path: str, folder: Path, base: Path) -> str:
    """A path in the file, as roots are named: POSIX, relative to the base."""
    full = os.path.abspath(folder / path)
    return os.path.relpath(full, os.path.abspath(base)).replace(os.sep, "/")


def _rebased(pattern: str, folder: Path, base: Path) -> str:
    """A pattern with a slash stands for a path from the file's folder, any other for a name anywhere below it."""
    prefix = _relative(".", folder, base)
    if prefix == "." or prefix.startswith(".."):
        return pattern
    bare = pattern.removeprefix("./").removeprefix("/")
    anchored = "/" in pattern.removeprefix("./").rstrip("/")
    return posixpath.join(prefix, bare if anchored else f"**/{bare}")
