"""Three-valued CEL: rules' conditions over values of which not everything is known, with evidence for each answer.

`compile` an expression once, `run` it for every resource; `compile_template` does the same for messages. The tree is
in `syntax` and `parse`, types in `check` and `vacuity`, evaluation in `closures`, `comprehensions` and `operations`,
the domain's helpers in `functions` and the modules it names.
"""

from soc2gate.cel.answer import Answer, Looked, Witness
from soc2gate.cel.evaluate import Program, compile  # noqa: A004  # what CEL calls it
from soc2gate.cel.functions import HELPERS, Helper
from soc2gate.cel.template import Template, compile_template

__all__ = ["HELPERS", "Answer", "Helper", "Looked", "Program", "Template", "Witness", "compile", "compile_template"]
