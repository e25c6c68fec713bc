"""Functions that read properties, the step every question begins with: absent reads as empty, and leaves its trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from soc2gate.cel import operations
from soc2gate.cel.answer import VALUE, Loc
from soc2gate.cel.environment import NOTHING, QUIET, TRAIL, Env, Eval, Locate, fault, guarded
from soc2gate.model.value import Alternatives, OpenMap, Unknown


def located(parent: Locate | None, step: Callable[[Env], Any]) -> Locate | None:
    if parent is None:
        return None

    def where(env: Env) -> Loc:
        key = step(env)
        return (parent(env), key) if isinstance(key, (str, int)) else None

    return where


def _step(env: Env, value: Any, field: str, default: Any) -> Any:
    """One selection off the fast path; absent is `default`."""
    if value.__class__ is dict:
        found = value.get(field, NOTHING)
        if found is NOTHING:
            return fault(env, f"no key “{field}”") if default is NOTHING else default
        return default if found is None and default is not NOTHING else found
    if value is None and default is not NOTHING:
        return default
    if isinstance(value, OpenMap):
        found = value.items.get(field, NOTHING)
        if found is NOTHING:
            return Unknown(value.reason)
        return default if found is None and default is not NOTHING else found
    if isinstance(value, Alternatives):
        # Noted without a place: no evidence, but a choice that can be split.
        env[TRAIL].append((VALUE, None, "", value))
    return guarded(env, operations.select, value, field)


def read_one(slot: int, field: str, default: Any, record: int) -> Eval:
    def read(env: Env) -> Any:
        value = env[slot]
        if value.__class__ is dict:
            value = value.get(field)
            env[TRAIL].append((record, env[slot + 1], field, value))
            return default if value is None else value
        value = _step(env, value, field, default)
        env[TRAIL].append((record, env[slot + 1], field, value))
        return value

    def read_quietly(env: Env) -> Any:
        value = env[slot]
        if value.__class__ is dict:
            value = value.get(field)
            return default if value is None else value
        return _step(env, value, field, default)

    return read_quietly if record == QUIET else read


def read_chain(slot: int, steps: tuple[tuple[str, Any], ...], record: int) -> Eval:
    suffix = ".".join(field for field, _ in steps)
    *through, (last, default) = steps

    def read(env: Env) -> Any:
        owner = env[slot]
        for field, empty in through:
            if owner.__class__ is dict:
                found = owner.get(field)
                if found is not None:
                    owner = found
                    continue
            owner = _step(env, owner, field, empty)
        value = seen = owner.get(last) if owner.__class__ is dict else None
        if value is None:
            value = _step(env, owner, last, default)
            if value.__class__ is Unknown or owner.__class__ is OpenMap:
                seen = value
        if record != QUIET:
            env[TRAIL].append((record, env[slot + 1], suffix, seen))
        return value

    return read


def read_from(owner: Eval, where: Locate | None, steps: tuple[tuple[str, Any], ...], record: int) -> Eval:
    """Selections from what is computed first: `list[0].Name`."""
    suffix = ".".join(field for field, _ in steps)
    silent = record == QUIET or where is None

    def read(env: Env) -> Any:
        value = owner(env)
        for field, default in steps:
            value = _step(env, value, field, default)
        if not silent:
            assert where is not None
            env[TRAIL].append((record, where(env), suffix, value))
        return value

    return read
