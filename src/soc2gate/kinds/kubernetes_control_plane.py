"""The API server, as those who start it tell of it: its static pod, in code or running, and kubeadm's configuration.

No API object says how the API server itself was started. Where a cluster runs its own control plane, the pod's command
line does, and before that the `ClusterConfiguration` from which kubeadm writes the pod. What a command line names by
file stands on the node: it is known where the file is among what was read, and else it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from soc2gate.facts import dataclass, replace
from soc2gate.model.resource import RawResource, Resource, Side, Where, place_of
from soc2gate.model.value import SPECIAL, Unknown, Value

API_SERVER = "Kubernetes::ApiServer"
_NAMESPACE = "kube-system"
_PROGRAM = "kube-apiserver"

_KUBEADM = ("kubeadm.k8s.io", "ClusterConfiguration")
_ENCRYPTION = ("apiserver.config.k8s.io", "EncryptionConfiguration")
_AUDIT = ("audit.k8s.io", "Policy")
_FILES: Mapping[str, tuple[str, tuple[str, str]]] = {
    # Property of ours, to the flag that names the file and what the file is.
    "encryptionConfiguration": ("encryption-provider-config", _ENCRYPTION),
    "auditPolicy": ("audit-policy-file", _AUDIT),
}
_DECIDED_BY_FILE = {
    # Each file takes the place of the flag, and the API server refuses both together.
    "anonymous-auth": "authentication-config",
    "authorization-mode": "authorization-config",
}
# Flags that take several values may stand several times; of others the last one counts.
_LISTS = frozenset({"authorization-mode", "enable-admission-plugins", "disable-admission-plugins"})
# https://github.com/kubernetes/kubernetes/blob/v1.33.0/cmd/kubeadm/app/phases/controlplane/manifests.go
_KUBEADM_DEFAULTS = {"authorization-mode": "Node,RBAC"}


@dataclass(frozen=True, slots=True)
class _Argument:
    name: str
    value: Value
    path: str
    """Where it stands in the object that tells of it."""


def is_configuration(type_: str) -> bool:
    """Whether a document's type is configuration that only the control plane reads, and no API object."""
    return _type_of(type_) in (_KUBEADM, _ENCRYPTION, _AUDIT)


def _type_of(type_: str) -> tuple[str, str]:
    api_version, _, name = type_.rpartition(" ")
    return api_version.rpartition("/")[0], name


def api_servers(pod: Resource) -> Sequence[Resource]:
    """The API server that a pod of kube-system runs; nothing for other pods."""
    spec, metadata = pod.properties.get("spec"), pod.properties.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    containers = spec.get("containers") if isinstance(spec, dict) else None
    if namespace != _NAMESPACE or not isinstance(containers, list):
        return ()
    for index, container in enumerate(containers):
        if isinstance(container, dict) and _runs_api_server(container):
            arguments = _arguments(container, f"spec.containers[{index}]")
            return (_api_server(pod, arguments),)
    return ()


def _runs_api_server(container: Mapping[str, Value]) -> bool:
    command = container.get("command")
    first = command[0] if isinstance(command, list) and command else None
    if isinstance(first, str) and first.rpartition("/")[2] == _PROGRAM:
        return True
    # The image starts it, or a wrapper does: then the container is known by its name.
    return container.get("name") == _PROGRAM


def _arguments(container: Mapping[str, Value], path: str) -> list[_Argument] | Unknown:
    words: list[tuple[str, str]] = []
    for key in ("command", "args"):
        part = container.get(key, [])
        if not isinstance(part, list):
            return part if isinstance(part, Unknown) else Unknown(f"{path}.{key} is no list")
        for index, word in enumerate(part):
            if not isinstance(word, str):
                return word if isinstance(word, Unknown) else Unknown(f"{path}.{key}[{index}] is no text")
            words.append((word, f"{path}.{key}[{index}]"))
    if words and words[0][0].rpartition("/")[2] in ("sh", "bash", "ash"):
        return Unknown("the API server is started by a shell, whose words are not read")
    return list(_flags(words))


def _flags(words: Sequence[tuple[str, str]]) -> Iterator[_Argument]:
    """`--name=value`, `--name value`, and `--name` alone, which means true; underscores are dashes to the parser."""
    for index, (word, path) in enumerate(words):
        if not word.startswith("-"):
            continue
        name, equals, value = word.lstrip("-").partition("=")
        if not equals:
            following = words[index + 1][0] if index + 1 < len(words) else "-"
            value = "true" if following.startswith("-") else following
        settled: Value = value
        if "$(" in value:
            settled = Unknown(f"--{name} takes an environment variable's value", not_null=True)
        yield _Argument(name.replace("_", "-"), settled, path)


def _api_server(owner: Resource, told: list[_Argument] | Unknown) -> Resource:
    """The API server that `owner` tells of, addressed as it."""
    properties: dict[str, Value] = {"metadata": owner.properties.get("metadata", {})}
    places: dict[str, Where] = dict(owner.places)
    if isinstance(told, Unknown):
        properties |= {"arguments": told, **dict.fromkeys(_FILES, told)}
    else:
        properties["arguments"] = _as_map(told, owner, places)
        given = {argument.name for argument in told}
        for name, (flag, _) in _FILES.items():
            if flag in given and name != "auditPolicy":
                # An audit policy that was not read stays out: the API server starts with none that has no rule.
                places[name] = places[f"arguments.{flag}"]
                properties[name] = Unknown(f"it stands in the file that --{flag} names, on the node", not_null=True)
    return replace(
        owner,
        kind=API_SERVER,
        properties=properties,
        places=places,
        related={},
        defaults={},
        notes={},
        derived_from=owner.kind,
        members={},
    )


def _as_map(told: Sequence[_Argument], owner: Resource, places: dict[str, Where]) -> dict[str, Value]:
    arguments: dict[str, Value] = {}
    for argument in told:
        before, value = arguments.get(argument.name), argument.value
        if argument.name in _LISTS and isinstance(before, str) and isinstance(value, str):
            value = f"{before},{value}"
        arguments[argument.name] = value
        places[f"arguments.{argument.name}"] = place_of(owner.places, argument.path, owner.where)
    for name, file in _DECIDED_BY_FILE.items():
        if file in arguments and name not in arguments:
            arguments[name] = Unknown(f"the file that --{file} names decides, and it stands on the node", not_null=True)
            places[f"arguments.{name}"] = places[f"arguments.{file}"]
    return arguments


def configured_by_kubeadm(raw: RawResource) -> Resource | None:
    """The API server that kubeadm makes of a `ClusterConfiguration`; None for other documents."""
    if _type_of(raw.type) != _KUBEADM:
        return None
    described = Resource(
        kind=API_SERVER,
        address=raw.address,
        side=Side.DECLARED,
        properties={"metadata": {"name": _PROGRAM, "namespace": _NAMESPACE}},
        where=raw.where,
        places=raw.places,
        root=raw.root,
        spelling="manifest",
        identity={"name": _PROGRAM, "namespace": _NAMESPACE},
        notes=raw.notes,
    )
    component = raw.body.get("apiServer")
    extra = component.get("extraArgs") if isinstance(component, dict) else None
    made = _api_server(described, _extra_arguments(extra if extra is not None else {}))
    arguments = made.properties["arguments"]
    if not isinstance(arguments, dict):
        return replace(made, derived_from=_KUBEADM[1])
    missing = {flag: value for flag, value in _KUBEADM_DEFAULTS.items() if flag not in arguments}
    return replace(
        made,
        properties={**made.properties, "arguments": {**arguments, **missing}},
        defaults={f"arguments.{flag}": f"not written: kubeadm sets {value}" for flag, value in missing.items()},
        derived_from=_KUBEADM[1],
    )


def _extra_arguments(extra: Value) -> list[_Argument] | Unknown:
    """A map up to v1beta3, a list of names and values since v1beta4."""
    if isinstance(extra, SPECIAL):
        return Unknown("apiServer.extraArgs is not known")
    if isinstance(extra, dict):
        return [_Argument(name, _text(value), f"apiServer.extraArgs.{name}") for name, value in extra.items()]
    if not isinstance(extra, list):
        return Unknown("apiServer.extraArgs is neither a map nor a list")
    out: list[_Argument] = []
    for index, entry in enumerate(extra):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(name, str):
            return Unknown(f"apiServer.extraArgs[{index}] names no argument")
        out.append(_Argument(name, _text(entry.get("value")), f"apiServer.extraArgs[{index}].value"))
    return out


def _text(value: Value) -> Value:
    """As it stands on the command line: kubeadm wants texts, and people write `false`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value if value is not None else ""


def with_files(resources: Sequence[Resource], documents: Sequence[RawResource]) -> list[Resource]:
    """API servers with the contents of the files that they name, where exactly one such file was read in their root.

    `documents` are the configurations (`is_configuration`) of all roots.
    """
    by_type: dict[tuple[str, tuple[str, str]], list[RawResource]] = {}
    for raw in documents:
        by_type.setdefault((raw.root, _type_of(raw.type)), []).append(raw)
    return [_with_files(r, by_type) if r.kind == API_SERVER else r for r in resources]


def _with_files(server: Resource, by_type: Mapping[tuple[str, tuple[str, str]], list[RawResource]]) -> Resource:
    properties, places = dict(server.properties), dict(server.places)
    arguments = properties.get("arguments")
    for name, (flag, type_) in _FILES.items():
        candidates = by_type.get((server.root, type_), [])
        if isinstance(arguments, dict) and flag in arguments and len(candidates) == 1:
            properties[name] = dict(candidates[0].body)
            places[name] = candidates[0].where
            places |= {f"{name}.{path}": where for path, where in candidates[0].places.items()}
    return replace(server, properties=properties, places=places)
