"""Arithmetic, comparison and conditions, on values that are decided and on those that are not."""

from __future__ import annotations

from soc2gate.declared.terraform import numbers
from soc2gate.declared.terraform.equality import equal
from soc2gate.declared.terraform.scope import Context
from soc2gate.declared.terraform.unknowns import Count, derived, each_way
from soc2gate.declared.terraform.values import EvaluationError, Val, describe, to_bool, to_number
from soc2gate.model.value import SPECIAL, Alternatives, OpenList, OpenMap, Text, Unknown


def truth(value: Val) -> bool | Unknown:
    """A condition: true, false or not decided. EvaluationError for what is no bool."""
    if isinstance(value, Alternatives):
        answers = {to_bool(o) if not isinstance(o, SPECIAL) else None for o in value.options if o is not None}
        if len(answers) == 1 and None not in answers:
            answer = answers.pop()
            assert answer is not None
            return answer
        return derived(value)
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Text):
        return derived(value)
    if value is None:
        raise EvaluationError("the condition is null")
    return to_bool(value)


def operate(operator: str, left: Val, right: Val, context: Context) -> Val:
    """`left operator right` for every operator but the logical ones."""
    if operator == "==" or operator == "!=":
        if isinstance(left, Alternatives) or isinstance(right, Alternatives):
            return each_way(lambda a, b: operate(operator, a, b, context), (left, right))
        same = _same_count(left, right)
        if same is None:
            same = equal(left, right)
        if same is None:
            return derived(left, right)
        return same if operator == "==" else not same
    if isinstance(left, SPECIAL) or isinstance(right, SPECIAL):
        context.doubts += 1
        if isinstance(left, Alternatives) or isinstance(right, Alternatives):
            return each_way(lambda a, b: operate(operator, a, b, context), (left, right))
        for side in (left, right):
            if not isinstance(side, SPECIAL):
                _operand(side, operator)
            elif isinstance(side, (OpenList, OpenMap)):
                raise EvaluationError(f"an operand of “{operator}” is {describe(side)}")
        decided = _compare_count(operator, left, right)
        return decided if decided is not None else derived(left, right)
    try:
        return _calculate(operator, _operand(left, operator), _operand(right, operator))
    except OverflowError as error:
        raise EvaluationError(str(error)) from error
    except ZeroDivisionError:
        # Terraform goes on with an infinite number, which nothing can be set to.
        context.doubts += 1
        return Unknown("a division by zero")


def _operand(value: Val, operator: str) -> numbers.Number:
    if value is None:
        raise EvaluationError(f"an operand of “{operator}” is null")
    return to_number(value)


def _calculate(operator: str, left: numbers.Number, right: numbers.Number) -> Val:
    if operator == "+":
        return left + right if left.__class__ is right.__class__ is int else numbers.add(left, right)
    if operator == "-":
        return left - right if left.__class__ is right.__class__ is int else numbers.add(left, numbers.negative(right))
    if operator == "*":
        return numbers.multiply(left, right)
    if operator == "/":
        if not right and not left:
            raise EvaluationError("zero divided by zero")
        return numbers.divide(left, right)
    if operator == "%":
        return numbers.modulo(left, right)
    order = numbers.compare(left, right)
    if operator == "<":
        return order < 0
    if operator == ">":
        return order > 0
    if operator == "<=":
        return order <= 0
    return order >= 0


def _same_count(left: Val, right: Val) -> bool | None:
    """`length(open) == 0` when there is an element for certain."""
    if isinstance(right, Count):
        left, right = right, left
    if isinstance(left, Count) and isinstance(right, int) and not isinstance(right, bool) and right < left.least:
        return False
    return None


def _compare_count(operator: str, left: Val, right: Val) -> bool | None:
    if isinstance(right, Count):
        left, right = right, left
        operator = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(operator, operator)
    if not isinstance(left, Count) or isinstance(right, SPECIAL):
        return None
    order = numbers.compare(left.least, to_number(right))
    if (operator == ">" and order > 0) or (operator == ">=" and order >= 0):
        return True
    if (operator == "<" and order >= 0) or (operator == "<=" and order > 0):
        return False
    return None
