"""What a person may say about how declared configuration is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from soc2gate.facts import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Ends for what hostile input could make endless. Each ends in a `RefusedError` that names the limit."""

    file_bytes: int = 20_000_000
    plan_bytes: int = 200_000_000
    """Of a plan or state, which a person names and Terraform writes."""
    depth: int = 200
    """Nesting of blocks, expressions, YAML and JSON."""
    alias_nodes: int = 100_000
    """Nodes that YAML aliases may expand to."""
    range_items: int = 10_000
    """`range()`, `setproduct()`, string repetition, `count`."""
    module_depth: int = 40
    render_seconds: int = 30
    """Work that helm or kustomize may do for one chart or overlay."""
    rendered_bytes: int = 100_000_000
    """What they are given, and what they give."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read one root."""

    var_files: tuple[str, ...] = ()
    """Terraform variable files, relative to the root, in order; later ones win."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """`-var name=value`, and parameters of a CloudFormation template; the text as given."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """`TF_VAR_*` as the person's environment has them; empty unless the caller passes them on."""
    workspace: str = "default"
    account: str | None = None
    """The AWS account the configuration says this root deploys to."""
    region: str | None = None
    code: str | None = None
    """Of a plan: the folder of the root module that it was made from, relative to the base; None for the plan's own."""
    namespace: str = ""
    """Of a chart: where it is installed; empty where nothing says."""
    repository: Path | None = None
    """The repository that the base is a copy of, where it is one."""
    limits: Limits = field(default_factory=Limits)
