"""What a function takes, and what becomes of a call whose arguments are not decided."""

from __future__ import annotations

from collections.abc import Callable

from soc2gate.declared.terraform.scope import Context
from soc2gate.declared.terraform.unknowns import derived, each_way
from soc2gate.declared.terraform.values import (
    EvaluationError,
    Members,
    UnsupportedError,
    Val,
    describe,
    first_special,
    opened,
    to_bool,
    to_number,
    to_string,
)
from soc2gate.facts import dataclass
from soc2gate.model.value import Alternatives, Unknown


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the language."""

    run: Callable[..., Val]
    takes: str
    """A letter for each parameter: `s` string, `n` number, `i` whole number, `b` bool, `l` list, set or tuple, `m` map
    or object, `v` anything (null too). `?` after it: may be left out; `*` after the last: any number of them."""
    vague: bool = False
    """Whether `run` itself knows what to do with values that are not decided. Then it gets all arguments as they
    are; else it gets them converted, and is never called with anything unknown."""

    @property
    def fewest(self) -> int:
        return sum(
            1
            for at, letter in enumerate(self.takes)
            if letter.isalpha() and self.takes[at + 1 : at + 2] not in ("?", "*")
        )

    @property
    def most(self) -> int | None:
        return None if self.takes.endswith("*") else sum(letter.isalpha() for letter in self.takes)


def machine_int(value: Val) -> int:
    """A number where Terraform takes a whole one of 64 bits: an index, a length, a base."""
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise EvaluationError("a whole number of 64 bits is required")
    return value


def apply(name: str, function: Function, arguments: list[Val], context: Context) -> Val:
    """Call a function with values, decided or not."""
    if len(arguments) < function.fewest or (function.most is not None and len(arguments) > function.most):
        raise EvaluationError(f"{name}() takes {_how_many(function)}, but {len(arguments)} were given")
    if function.vague:
        arguments = [argument.as_object() if isinstance(argument, Members) else argument for argument in arguments]
    else:
        arguments = [opened(argument) for argument in arguments]
    if any(isinstance(argument, Alternatives) for argument in arguments):
        context.doubts += 1
        return each_way(lambda *each: apply(name, function, list(each), context), arguments)
    if first_special(arguments) is not None:
        context.doubts += 1
        if not function.vague:
            return derived(*arguments)
    try:
        if function.vague:
            result = function.run(*arguments)
        else:
            letters = _letters(function, len(arguments))
            result = function.run(*[_convert(v, letter) for v, letter in zip(arguments, letters, strict=True)])
        if isinstance(result, str):
            context.made_text(len(result))
        elif isinstance(result, (list, dict)):
            context.spend(len(result))
        return result
    except (UnsupportedError, OverflowError) as error:
        context.doubts += 1
        return Unknown(f"{name}(): {error}", depends=derived(*arguments).depends)
    except EvaluationError as error:
        if error.message.startswith(f"{name}():"):
            raise
        raise type(error)(f"{name}(): {error.message}", hint=error.hint) from error


def _how_many(function: Function) -> str:
    if function.most is None:
        return f"at least {function.fewest} arguments"
    if function.most == function.fewest:
        return f"{function.most} argument{'s' if function.most != 1 else ''}"
    return f"{function.fewest} to {function.most} arguments"


def _letters(function: Function, count: int) -> str:
    letters = function.takes.replace("?", "").replace("*", "")
    return letters[:count] + letters[-1:] * (count - len(letters))


def _convert(value: Val, letter: str) -> Val:
    if letter == "v":
        return value
    if value is None:
        raise EvaluationError("an argument is null")
    if letter == "s":
        return to_string(value)
    if letter == "n":
        return to_number(value)
    if letter == "i":
        number = to_number(value)
        return machine_int(number)
    if letter == "b":
        return to_bool(value)
    if letter == "l":
        if not isinstance(value, list):
            raise EvaluationError(f"list, set or tuple required, but this is {describe(value)}")
        return value
    if not isinstance(value, dict):
        raise EvaluationError(f"map or object required, but this is {describe(value)}")
    return value
