"""What a request opts into beyond the usual readers, and the accounts it asks: Cloud Control, states, stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soc2gate import kinds, schema
from soc2gate.errors import UsageError
from soc2gate.facts import replace
from soc2gate.model.resource import evaluation
from soc2gate.request import Request
from soc2gate.suggest import did_you_mean

if TYPE_CHECKING:
    from soc2gate.live.aws import AwsRequest


def aws_request(request: Request, wanted: tuple[str, ...] = ()) -> AwsRequest:
    """What to ask of AWS, as whom."""
    from soc2gate.live.aws import AwsRequest

    return AwsRequest(
        kinds=wanted,
        clock=request.clock,
        regions=request.regions or request.config.regions,
        profile=request.profile,
        accounts=request.config.accounts,
        organization=request.config.organization,
        now=request.now if request.now_given else "",
    )


def allow_cloud_control(request: Request) -> None:
    """Let the kinds be read through Cloud Control that the configuration asks for so.

    Raises `UsageError` for one that cannot be.
    """
    from soc2gate.kinds import registry

    for name in request.config.cloud_control:
        why = registry.why_not_by_cloud_control(name)
        if why:
            possible = [one for one in schema.kinds() if not registry.why_not_by_cloud_control(one)]
            raise UsageError(
                f"cloud_control: {name} is not read through Cloud Control: {why}", hint=did_you_mean(name, possible)
            )
    kinds.also_by_cloud_control(request.config.cloud_control)


def state_urls(request: Request) -> set[str]:
    """The states in buckets that the configuration names."""
    found = {root.of(name).state_url for root in request.config.roots for name in ("", *root.environments)}
    return found - {""}


def with_fetched_states(request: Request) -> Request:
    """The request with the states that lie in buckets, each read once.

    Nothing is asked of anybody where none is named, or where others are to do the same again. Raises `CollectError` for
    one that cannot be read.
    """
    wanted = {*request.state_urls, *state_urls(request)} - request.fetched.keys()
    if not wanted or request.repeatable:
        return request
    from soc2gate.live.s3_state import read_object

    fetched = {url: read_object(url, aws_request(request)) for url in sorted(wanted)}
    return replace(request, fetched={**request.fetched, **fetched})


def stacks_named(request: Request) -> dict[str, str]:
    """Templates to the stacks that the configuration says they are deployed as."""
    return {
        evaluation(root.path, name): stack
        for root in request.config.roots
        for name in ("", *root.environments)
        if (stack := root.of(name).stack)
    }
