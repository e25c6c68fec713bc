"""Whole lines of HCL that one regular expression takes: most of what people write.

Each expression either takes its line (or item, or list) completely, or leaves it to the parser.
"""

from __future__ import annotations

import re

from soc2gate.declared.terraform.hcl_tokens import IDENTIFIER
from soc2gate.patterns import regex

BLANK = r"(?:[ \t\r\n]++|\#[^\n]*+|//[^\n]*+|/\*(?s:.*?)\*/)*+"
# Values that one look decides: text without templates, a whole number, a keyword, a path of names.
SIMPLE = (
    r'(?: "([^"\\$%\n]*+)" | (\d++)(?![.\w]) | (true|false|null)(?![\w.-]) '
    rf"| ({IDENTIFIER}(?:\.{IDENTIFIER})*+) )"
)
# A closing brace, a whole simple attribute line, the start of any other attribute, or the head of a block.
match_item = re.compile(
    rf"""{BLANK}
    (?: (\}})
      | ({IDENTIFIER}) [ \t]*+
        (?: (=)(?!=) [ \t]*+
            (?: {SIMPLE}
                [ \t\r]*+ (?:(?:\#|//)[^\n]*+)? (?=\n)
            )?
          | ((?: (?:"[^"\\$%\n]*+" | {IDENTIFIER}) [ \t]*+ )*+) \{{
        )
    )""",
    re.VERBOSE,
).match
CLOSE_GROUP, NAME_GROUP, EQUALS_GROUP, STRING_GROUP, INTEGER_GROUP, KEYWORD_GROUP, PATH_GROUP, LABELS_GROUP = range(
    1, 9
)
# The same of an object: a closing brace, a whole simple item with its separator, or a key and its sign.
object_item = regex(
    rf"""{BLANK}
    (?: (\}})
      | (?: ({IDENTIFIER}) | "([^"\\$%\n]*+)" ) [ \t]*+ [=:](?![=>]) [ \t]*+
        (?: {SIMPLE}
            [ \t\r]*+ (?: , | (?=\}}) | (?:(?:\#|//)[^\n]*+)? (?=\n) )
        )?
    )""",
    re.VERBOSE,
)
strings_only = regex(r'\[[ \t\r\n]*+(?:"[^"\\$%\n]*+"[ \t\r\n]*+(?:,[ \t\r\n]*+|(?=\])))++\]')
one_string = regex(r'"([^"]*+)"')
find_labels = re.compile(rf'"([^"\\$%\n]*+)"|({IDENTIFIER})').findall
match_rest_of_line = re.compile(r"(?:[ \t\r]++|/\*(?s:.*?)\*/)*+(?:(?:\#|//)[^\n]*+)?(?:\n|\Z)").match
