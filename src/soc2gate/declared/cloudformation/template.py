"""Reads one CloudFormation template: its resources with their properties evaluated, and what could not be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from soc2gate.declared.cloudformation.conditions import Undecided
from soc2gate.declared.cloudformation.functions import BadCallError
from soc2gate.declared.cloudformation.intrinsics import At, Evaluator, Record
from soc2gate.declared.files import as_problem, read_text
from soc2gate.declared.formats import is_template
from soc2gate.declared.options import ReadOptions
from soc2gate.declared.source import Root
from soc2gate.errors import InputError
from soc2gate.model.resource import Problem, RawResource, Reading, Weight
from soc2gate.model.value import Value
from soc2gate.yaml_lines import Document, SpanTable, Tagged, YamlValue, load_all

if TYPE_CHECKING:
    from soc2gate.declared.cloudformation import sam

_LANGUAGE = "AWS::LanguageExtensions"
_SAM = "AWS::Serverless-2016-10-31"
_SERVERLESS = "AWS::Serverless::"


def read(root: Root, base: Path, options: ReadOptions) -> Reading:
    """Read the template that `root` stands for. Its addresses are logical ids; its outputs stand under their logical
    id and, where they are exported, under `export.<name>`."""
    try:
        text = read_text(root.path, base, options.limits)
        documents = load_all(text, root.path, depth=options.limits.depth, alias_nodes=options.limits.alias_nodes)
        document = _template_of(documents, root.path)
    except InputError as error:
        problem = as_problem(error, "cloudformation")
        return Reading("cloudformation", root.path, (), (problem,), (problem.message,), root.files)
    return _Template(document, root, options).read()


def _template_of(documents: list[Document], path: str) -> Document:
    document = next((document for document in documents if is_template(document.data)), None)
    if document is None:
        raise InputError("is no CloudFormation template: expected `Resources` with a `Type: AWS::…`", path=path, line=1)
    data = document.data
    resources = data.get("Resources") if isinstance(data, dict) else None
    if not isinstance(resources, dict):
        place = document.place(("Resources",))
        raise InputError("a template needs `Resources`, a mapping", path=path, line=place.line, column=place.column)
    return document


class _Template:
    """One template while it is read."""

    def __init__(self, document: Document, root: Root, options: ReadOptions) -> None:
        self.document = document
        self.root = root
        self.options = options
        self.evaluator = Evaluator(document, options)
        self.data = self.evaluator.data
        self.broken: list[Problem] = []
        self.unread: list[str] = []
        self.left_to_sam: list[tuple[str, str]] = []
        """What SAM makes and nobody looked at: the resource it is of, and what to say."""

    def read(self) -> Reading:
        resources = []
        section = self.evaluator.resources
        self._macros()
        for logical_id, body in section.items():
            resources += self._resources(logical_id, body, (section, logical_id))
        self._left_to_sam(section)
        outputs = self._outputs()
        return Reading(
            format="cloudformation",
            root=self.root.path,
            resources=tuple(resources),
            problems=(*self.broken, *self.evaluator.problems),
            unread=tuple(self.unread),
            files=self.root.files,
            outputs=outputs,
        )

    def _resources(self, logical_id: str, body: YamlValue, at: At) -> list[RawResource]:
        """What one entry makes: a resource, or the several that SAM makes of it."""
        if logical_id.startswith("Fn::"):
            self._skip(f"resources of {logical_id} were not looked at", at)
            return []
        kind = body.get("Type") if isinstance(body, dict) else None
        if isinstance(kind, (Tagged, dict)):
            self._skip(f"resource {logical_id} was not looked at: another tool fills in its `Type`", at)
            return []
        if not isinstance(body, dict) or not isinstance(kind, str):
            message = f"resource {logical_id} has no `Type`"
            self.broken.append(Problem(Weight.BROKEN, "cloudformation", message, self.document.span(*at)))
            self.unread.append(message)
            return []
        uncertain = self._uncertain(body, at)
        if uncertain is None:
            return []
        if kind.endswith("::MODULE"):
            self._skip(f"module {logical_id} ({kind}) was not read: it lives in the account's registry", at)
            return []
        if kind == "AWS::CloudFormation::Stack":
            self._nested(logical_id, body, at)
        record = self.evaluator.record = Record()
        properties = self._properties(logical_id, body, at)
        if properties is None:
            return []
        if kind.startswith(_SERVERLESS):
            return [
                self._raw(made.address, made.type, made.properties, Record(made.places, record.notes), at, uncertain)
                for made in self._by_sam(logical_id, kind, properties, record)
            ]
        return [self._raw(logical_id, kind, properties, record, at, uncertain)]

    def _raw(
        self, address: str, kind: str, properties: dict[str, Value], record: Record, at: At, uncertain: str
    ) -> RawResource:
        return RawResource(
            format="cloudformation",
            type=kind,
            address=address,
            root=self.root.path,
            body=properties,
            where=self.document.span(*at),
            places=SpanTable(self.document.path, record.table),
            account=self.options.account,
            region=self.options.region,
            uncertain=uncertain,
            notes=record.notes,
        )

    def _by_sam(self, logical_id: str, kind: str, properties: dict[str, Value], record: Record) -> list[sam.Made]:
        """What SAM makes of a resource, as far as its properties decide it; the rest is noted for a gap."""
        # Imported here: few templates are SAM's.
        from soc2gate.declared.cloudformation import sam

        name = kind.removeprefix(_SERVERLESS)
        make = sam.KINDS.get(name)
        if make is None:
            self.left_to_sam.append((logical_id, f"{logical_id} ({name})"))
            return []
        shared, places = self._globals(name)
        known = {**shared, **{key: sam.merged(shared.get(key), value) for key, value in properties.items()}}
        itself = self.evaluator.attribute(logical_id, "Ref")
        written = sam.Written(logical_id, known, {**places, **record.table}, itself)
        made, left = make(written)
        if "Events" in known or "FunctionUrlConfig" in known:
            from soc2gate.declared.cloudformation.sam_events import made_of

            more, events = made_of(written, self.options.account)
            made, left = [*made, *more], [*left, *events]
        if left:
            self.left_to_sam.append((logical_id, f"{logical_id} ({name}): {', '.join(left)}"))
        return made

    def _globals(self, name: str) -> tuple[dict[str, Value], dict[str, tuple[int, int, int]]]:
        """What `Globals` says of every resource of a kind, and where."""
        section = self.data.get("Globals")
        if not isinstance(section, dict) or not isinstance(section.get(name), dict):
            return {}, {}
        record = self.evaluator.record = Record()
        value = self.evaluator.value(section[name], (section, name), "")
        return (value if isinstance(value, dict) else {}), record.table

    def _uncertain(self, body: dict[str, YamlValue], at: At) -> str | None:
        """Why the resource may not exist; empty when it will, None when it will not."""
        name = body.get("Condition")
        if name is None:
            return ""
        try:
            if not isinstance(name, str):
                raise BadCallError("`Condition` expects a condition's name")
            truth = self.evaluator.condition(name)
        except BadCallError as error:
            self.evaluator.gap(str(error), (body, "Condition"))
            return str(error)
        if isinstance(truth, Undecided):
            return truth.reason
        return "" if truth else None

    def _properties(self, logical_id: str, body: dict[str, YamlValue], at: At) -> dict[str, Value] | None:
        written = body.get("Properties")
        if written is None:
            return {}
        value = self.evaluator.value(written, (body, "Properties"), "")
        if value is None:
            return {}
        if isinstance(value, dict):
            return value
        self._skip(f"resource {logical_id} was not looked at: its properties are not decided", (body, "Properties"))
        return None

    def _nested(self, logical_id: str, body: dict[str, YamlValue], at: At) -> None:
        properties = body.get("Properties")
        url = properties.get("TemplateURL") if isinstance(properties, dict) else None
        if isinstance(url, str) and "://" not in url:
            hint = f"{url} is judged on its own, without the parameters given here" if url else ""
        else:
            hint = "scan its template too; parameters given here are not passed on"
        self._skip(f"nested stack {logical_id} was not read", at, hint)

    def _macros(self) -> None:
        written = self.data.get("Transform")
        names = written if isinstance(written, list) else [written] if written else []
        for name in names:
            if isinstance(name, dict):
                name = name.get("Name")
            if isinstance(name, str) and (name in (_LANGUAGE, _SAM)):
                continue
            message = f"macro {name} was not run: the template is judged as it stands"
            self._skip(
                message, (self.data, "Transform"), "scan the processed template: aws cloudformation get-template"
            )

    def _left_to_sam(self, section: dict[str, YamlValue]) -> None:
        if self.left_to_sam:
            listed = "; ".join(told for _, told in self.left_to_sam)
            hint = "scan what SAM makes of them: sam validate --lint, or the processed template"
            self._skip(f"SAM resources were not looked at: {listed}", (section, self.left_to_sam[0][0]), hint)

    def _skip(self, message: str, at: At, hint: str = "") -> None:
        self.evaluator.gap(message, at, hint)
        self.unread.append(message)

    def _outputs(self) -> dict[str, Value]:
        found: dict[str, Value] = {}
        section = self.data.get("Outputs")
        for name, body in section.items() if isinstance(section, dict) else ():
            if not isinstance(body, dict) or "Value" not in body or self._uncertain(body, (section, name)) is None:
                continue
            value = self.evaluator.value(body["Value"], (body, "Value"))
            found[name] = value
            export = body.get("Export")
            exported = self.evaluator.value(export, (body, "Export")) if isinstance(export, dict) else None
            shown = exported.get("Name") if isinstance(exported, dict) else None
            if isinstance(shown, str):
                found[f"export.{shown}"] = value
        return found
