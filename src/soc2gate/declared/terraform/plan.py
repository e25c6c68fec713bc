"""A plan as Terraform tells it (`terraform show -json`, format 1.x), read as a source of its own.

Terraform has evaluated everything, so what it knows is known here: data sources, variables given on its command line,
modules that are not installed. What it knows after apply keeps its references, from the configuration beside the plan
where that is at hand (it also tells the lines), else from the plan's own list of them. What is sensitive is nowhere
kept: not its value, not a digest of it.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Mapping
from pathlib import Path

from soc2gate.declared.files import as_problem
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.declared.terraform.places import META_ATTRIBUTES, META_BLOCKS
from soc2gate.declared.terraform.plan_references import Configuration, provider_settings
from soc2gate.declared.terraform.plan_values import HIDDEN, Written, body_of
from soc2gate.declared.terraform.shown import (
    Table,
    check_version,
    identifying,
    read_shown,
    table,
    tables,
    word,
)
from soc2gate.errors import InputError
from soc2gate.facts import dataclass, replace
from soc2gate.model.resource import Problem, RawResource, Reading, Span, Weight
from soc2gate.model.value import Json, Unknown, Value
from soc2gate.patterns import regex

STAGE = "terraform"
_ROLE = regex(r"arn:[\w-]+:iam::(\d{12}):")
_INDEX = regex(r'\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\]')
_LAST_INDEX = regex(r'(\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\])$')
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Code:
    """The configuration beside the plan, as its own reader gives it."""

    by_address: Mapping[str, RawResource]
    by_block: Mapping[str, RawResource]
    """The first instance of each block, by the address without indices."""
    files: tuple[str, ...]

    def block(self, address: str) -> RawResource | None:
        """The instance, else another of its block."""
        return self.by_address.get(address) or self.by_block.get(_INDEX.sub("", address))


@dataclass(frozen=True, slots=True)
class _Plan:
    """One plan and what is at hand beside it."""

    data: Table
    configuration: Configuration
    variables: Table
    """Those that are not sensitive."""
    code: _Code | None


def read(root: Root, base: Path, options: ReadOptions) -> Reading:
    """Read one plan. Bad input becomes problems; nothing is raised for it."""
    path = root.files[0]
    try:
        data = read_shown(path, base, options.limits)
        if "planned_values" not in data and "resource_changes" not in data:
            raise _not_a_plan(data, path)
        check_version(data, path, "plans")
    except InputError as error:
        error.path = error.path or path
        problem = as_problem(error, STAGE)
        return Reading(root.format, root.path, (), (problem,), (f"{path} {error.message}",), (path,))
    code = _code_beside(data, path, base, options)
    made = _Plan(data, Configuration(table(data.get("configuration"))), _open_variables(data), code)
    resources = [
        _resource(change, made, root, options, "") for change in tables(data.get("resource_changes")) if _stays(change)
    ]
    for deferred in tables(data.get("deferred_changes")):
        change = table(deferred.get("resource_change"))
        why = f"Terraform deferred it: {word(deferred.get('reason')) or 'no reason given'}"
        if _stays(change):
            resources.append(_resource(change, made, root, options, why))
    problems, unread = _gaps(data, path, code, options)
    return Reading(
        root.format,
        root.path,
        tuple(resources),
        tuple(problems),
        tuple(unread),
        tuple(sorted({path, *(code.files if code else ())})),
        digests={path: _digest(data)},
    )


def _not_a_plan(data: Table, path: str) -> InputError:
    if "values" in data or "serial" in data:
        message, hint = "is a state, not a plan", f"give it to verify: soc2gate verify --state {path}"
    else:
        message = "is not a plan: it has neither planned_values nor resource_changes"
        hint = f"write it with: terraform plan -out tfplan; terraform show -json tfplan > {path}"
    return InputError(message, path=path, line=1, hint=hint)


def _stays(change: Table) -> bool:
    """Whether the resource is there after apply, and still this configuration's."""
    actions = table(change.get("change")).get("actions")
    leaving = actions in (["delete"], ["forget"])
    return not leaving and not change.get("deposed") and change.get("mode") in ("managed", "data")


def _resource(change: Table, plan: _Plan, root: Root, options: ReadOptions, uncertain: str) -> RawResource:
    # An instance whose key is not known yet is `[*]` there, and `[?]` here.
    address = word(change.get("address")).replace("[*]", "[?]")
    type_ = word(change.get("type"))
    planned = table(change.get("change"))
    place = plan.configuration.place(word(change.get("module_address")))
    config = plan.configuration.resource(change)
    expressions = table(config.get("expressions"))
    written = plan.code.block(address) if plan.code else None
    twin = written if written is not None and _is_of(written, expressions) else None
    index = _LAST_INDEX.search(address)
    body = body_of(
        type_,
        planned,
        Written(
            twin=twin.body if twin else None,
            expressions=expressions,
            place=place,
            exact=twin is not None and twin.address == address,
            index=index.group(1) if index else "",
        ),
    )
    account, region = _deployed_to(type_, config, plan, body, twin, options)
    return RawResource(
        "terraform",
        type_,
        address,
        root.path,
        body,
        written.where if written else Span(root.files[0], 1),
        twin.places if twin else {},
        account,
        region,
        uncertain,
        data=change.get("mode") == "data",
        ids=identifying(type_, table(planned.get("after")), _hidden(planned)),
    )


def _is_of(written: RawResource, expressions: Table) -> bool:
    """Whether the block is the one that was planned: it has every argument the plan knows of."""
    return expressions.keys() - META_ATTRIBUTES - META_BLOCKS <= written.body.keys()


def _hidden(planned: Table) -> Table:
    marks = planned.get("after_sensitive")
    return dict.fromkeys(table(planned.get("after")), True) if marks is True else table(marks)


def _deployed_to(
    type_: str,
    config: Table,
    plan: _Plan,
    body: Mapping[str, Value],
    twin: RawResource | None,
    options: ReadOptions,
) -> tuple[Value, Value]:
    if not type_.startswith(("aws_", "awscc_")):
        return None, None
    settings = provider_settings(plan.configuration, config, plan.variables)
    allowed = settings.get("allowed_account_ids")
    role = next((word(each.get("role_arn")) for each in tables(settings.get("assume_role"))), "")
    found = _ROLE.match(role)
    account: Value = found.group(1) if found else None
    if account is None and isinstance(allowed, list) and len(allowed) == 1:
        account = word(allowed[0]) or None
    region: Value = word(settings.get("region")) or None
    if twin is not None:
        account = account or twin.account
        region = region or twin.region
    if body.get("region") is not None:
        region = body["region"]
    return account or options.account, region or options.region


def _open_variables(data: Table) -> dict[str, Json]:
    """The values of variables that are not sensitive."""
    declared = table(table(table(data.get("configuration")).get("root_module")).get("variables"))
    return {
        name: value
        for name, value in table(data.get("variables")).items()
        if name in declared and not table(declared[name]).get("sensitive")
    }


def _code_beside(data: Table, path: str, base: Path, options: ReadOptions) -> _Code | None:
    """The root module in the plan's folder, or in the one that was named, evaluated with the plan's variables; None
    where there is none."""
    from soc2gate.declared.terraform import evaluate
    from soc2gate.declared.terraform.modules import Given
    from soc2gate.declared.terraform.run import Run
    from soc2gate.declared.terraform.sources import configuration_files

    folder = posixpath.dirname(path) if options.code is None else options.code.removeprefix(".")
    run = Run(Root("terraform", folder, ()), base, options)
    try:
        files = configuration_files(folder, run.files.names(folder or "."))
    except InputError:
        return None
    if not files:
        return None
    run.root = replace(run.root, files=tuple(files))
    given = {
        name: Given(value, "the plan")
        for name, told in _open_variables(data).items()
        if _exact(value := table(told).get("value"))
    }
    for name in table(data.get("variables")):
        given.setdefault(name, Given(Unknown(HIDDEN, depends=(f"var.{name}",)), "the plan"))
    reading = evaluate(run, given)
    planned = {
        _INDEX.sub("", word(change.get("address")))
        for change in tables(data.get("resource_changes"))
        if change.get("mode") == "managed"
    }
    blocks: dict[str, RawResource] = {}
    for raw in reading.resources:
        blocks.setdefault(_INDEX.sub("", raw.address), raw)
    if not planned & blocks.keys():
        return None  # some other configuration's folder
    return _Code({raw.address: raw for raw in reading.resources}, blocks, reading.files)


def _exact(value: Json) -> bool:
    """Whether the value means the same to the evaluator: fractions do not survive JSON's floats."""
    if isinstance(value, dict):
        return all(map(_exact, value.values()))
    if isinstance(value, list):
        return all(map(_exact, value))
    return not isinstance(value, float)


def _gaps(data: Table, path: str, code: _Code | None, options: ReadOptions) -> tuple[list[Problem], list[str]]:
    """What the plan does not hold, and what it tells besides."""
    where = Span(path, 1)
    problems: list[Problem] = []
    unread: list[str] = []
    deferred = len(tables(data.get("deferred_changes")))
    if data.get("errored") is True:
        message = "Terraform stopped with errors while it planned: resources are missing in this plan"
        problems.append(Problem(Weight.BROKEN, STAGE, message, where, "repair the configuration and plan again"))
        unread.append(message)
    elif data.get("complete") is False:
        what = f"{deferred} deferred" if deferred else "made with -target or -exclude"
        message = f"the plan is not complete ({what}): more resources may follow"
        problems.append(Problem(Weight.GAP, STAGE, message, where, "plan again without -target, or after this apply"))
        unread.append(message)
    drift = [word(change.get("address")) for change in tables(data.get("resource_drift"))]
    if drift:
        named = ", ".join(drift[:_MOST_NAMED]) + (
            f" and {len(drift) - _MOST_NAMED} more" if drift[_MOST_NAMED:] else ""
        )
        message = f"Terraform saw changes made outside of it since the last apply: {named}"
        problems.append(Problem(Weight.NOTE, STAGE, message, where))
    if code is None:
        place = "its folder" if options.code is None else f"“{options.code}”"
        message = f"the code that this plan was made from is not in {place}: it is judged without lines of code, and"
        message += " what a dynamic block sets cannot always be told from what the provider computes"
        hint = "write the plan into the folder it was made in, or name that folder with --root FOLDER"
        problems.append(Problem(Weight.NOTE, STAGE, message, where, hint))
    return problems, unread


def _digest(data: Table) -> str:
    """The sha256 of what was read: the planned values without those that are sensitive, in one fixed spelling."""
    told = [
        {
            "address": change.get("address"),
            "actions": table(change.get("change")).get("actions"),
            "after": _shown(
                table(change.get("change")).get("after"), table(change.get("change")).get("after_sensitive")
            ),
            "unknown": table(change.get("change")).get("after_unknown"),
        }
        for change in (
            *tables(data.get("resource_changes")),
            *(table(each.get("resource_change")) for each in tables(data.get("deferred_changes"))),
        )
    ]
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _shown(value: Json, sensitive: Json) -> Json:
    if sensitive is True:
        return None
    if isinstance(value, dict):
        marks = table(sensitive)
        return {name: _shown(each, marks.get(name)) for name, each in value.items()}
    if isinstance(value, list):
        marked = sensitive if isinstance(sensitive, list) else []
        return [_shown(each, marked[at] if at < len(marked) else None) for at, each in enumerate(value)]
    return value
