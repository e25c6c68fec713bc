"""Functions that write and read JSON, YAML, CSV, base64 and URLs."""

from __future__ import annotations

from collections.abc import Mapping

from soc2gate.declared.terraform import numbers
from soc2gate.declared.terraform.conversion import convert
from soc2gate.declared.terraform.functions import yaml_text
from soc2gate.declared.terraform.functions.signature import Function
from soc2gate.declared.terraform.unknowns import derived, is_vague
from soc2gate.declared.terraform.values import (
    STRING,
    EvaluationError,
    TfList,
    TfSet,
    Type,
    UnsupportedError,
    Val,
    first_special,
    opened,
    plain,
)
from soc2gate.model.text_json import parse_json_text, spell_json
from soc2gate.model.value import SPECIAL, OpenList, Text, Unknown


class _Spelled(float):
    """A number that JSON shows as Terraform spells it; the encoder asks a float for its text."""

    __slots__ = ("text",)
    text: str

    def __str__(self) -> str:
        return self.text


def _spellable(value: Val) -> Val:
    """The value with its numbers ready for JSON; a set whose order is open says so."""
    if isinstance(value, TfSet) and len(value) > 1 and is_vague(value):
        return OpenList(tuple([plain(child) for child in value]), (), "the order of a set with unknown elements")
    if isinstance(value, list):
        return [_spellable(child) for child in value]
    if isinstance(value, dict):
        return {name: _spellable(child) for name, child in value.items()}
    if isinstance(value, float):
        spelled = _Spelled(value)
        spelled.text = numbers.spell(value)
        return spelled
    return plain(value) if isinstance(value, SPECIAL) else value


def json_encode(value: Val) -> Val:
    """`jsonencode()`: text, partly known where the value is."""
    return spell_json(_spellable(opened(value)))


def _json_decode(value: Val) -> Val:
    if value is None:
        raise EvaluationError("an argument is null")
    value = convert(value, STRING)
    if isinstance(value, Unknown):
        return derived(value)
    try:
        return _loaded(parse_json_text(value))
    except ValueError as error:
        if isinstance(value, Text):
            return derived(value)
        raise EvaluationError(f"the text is not JSON: {error}") from error


def _loaded(value: Val) -> Val:
    """Floats as Terraform's numbers."""
    if isinstance(value, float):
        return numbers.from_float(value)
    if isinstance(value, list):
        return [_loaded(child) for child in value]
    if isinstance(value, dict):
        return {name: _loaded(child) for name, child in value.items()}
    return value


def _base64_encode(value: str) -> str:
    import base64

    return base64.b64encode(value.encode("utf-8", "surrogatepass")).decode("ascii")


def _base64_decode(value: str) -> str:
    import base64
    import binascii

    try:
        # Go leaves out line ends.
        return base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True).decode("utf-8")
    except (binascii.Error, ValueError) as error:
        raise EvaluationError("the text is not base64 of UTF-8 text") from error


def _base64_gzip(value: Val) -> Val:
    # What gzip gives depends on the compressor: Go's bytes are not zlib's.
    return Unknown("base64gzip(): the compressed bytes are Terraform's own", depends=derived(value).depends)


def _base64_gunzip(value: str) -> str:
    import base64
    import binascii
    import zlib

    try:
        decompressor = zlib.decompressobj(zlib.MAX_WBITS | 16)
        data = decompressor.decompress(base64.b64decode(value, validate=True), 10_000_000)
        return data.decode("utf-8")
    except (binascii.Error, ValueError, zlib.error) as error:
        raise EvaluationError("the text is not base64 of gzipped UTF-8 text") from error


def _text_encode(value: str, encoding: str) -> str:
    import base64

    codec = _codec(encoding)
    try:
        start = _BIG_ENDIAN if encoding.lower() == "utf-16" else b""
        return base64.b64encode(start + _without_controls(value, encoding).encode(codec)).decode("ascii")
    except UnicodeError as error:
        raise EvaluationError(f"the text cannot be written in “{encoding}”") from error


def _text_decode(value: str, encoding: str) -> str:
    import base64
    import binascii

    codec = _codec(encoding)
    try:
        data = base64.b64decode(value, validate=True)
        if encoding.lower() == "utf-16" and data.startswith((_BIG_ENDIAN, _LITTLE_ENDIAN)):
            codec = "utf-16-be" if data.startswith(_BIG_ENDIAN) else "utf-16-le"
            data = data[2:]
        return _without_controls(data.decode(codec), encoding)
    except (ValueError, binascii.Error) as error:
        raise EvaluationError(f"the text is not base64 of “{encoding}” text") from error


_BIG_ENDIAN, _LITTLE_ENDIAN = b"\xfe\xff", b"\xff\xfe"
_CODECS = {
    "utf-8": "utf-8",
    "utf-16": "utf-16-be",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "latin1": "iso-8859-1",
    **{f"iso-8859-{part}": f"iso-8859-{part}" for part in (*range(1, 11), *range(13, 17))},
    **{f"windows-125{part}": f"cp125{part}" for part in range(9)},
    **{name: name for name in ("koi8-r", "koi8-u", "ibm437", "ibm850", "ibm852", "ibm855", "ibm866", "shift_jis")},
    **{name: name for name in ("euc-jp", "euc-kr", "gb18030")},
    "macintosh": "mac-roman",
}
"""What both Terraform and Python know under an IANA name. Python knows more, `unicode_escape` and the like, which
Terraform refuses; Terraform knows a few more spellings of these."""
_NO_ENCODINGS = frozenset(("utf8", "utf16", "utf-32", "utf-7", ""))


def _without_controls(value: str, encoding: str) -> str:
    """The text, unless Go and Python differ about it: the parts of ISO 8859 have control characters in Python only."""
    if encoding.lower().startswith("iso-8859-") and any("\x80" <= character <= "\x9f" for character in value):
        raise UnsupportedError(f"whether “{encoding}” has a control character is not decided here")
    return value


def _codec(encoding: str) -> str:
    found = _CODECS.get(encoding.lower())
    if found is None:
        if encoding.lower() in _NO_ENCODINGS:
            raise EvaluationError(f"“{encoding}” is no supported IANA encoding name")
        raise UnsupportedError(f"whether Terraform knows the encoding “{encoding}” is not decided here")
    return found


def _url_encode(value: str) -> str:
    from urllib.parse import quote_plus

    return quote_plus(value, safe="~", encoding="utf-8", errors="surrogatepass")


def _url_decode(value: str) -> str:
    from urllib.parse import unquote_plus

    return unquote_plus(value, errors="strict")


def _csv_decode(value: str) -> Val:
    # Imported here: few configurations read CSV.
    from soc2gate.declared.terraform.functions import csv_text

    rows = csv_text.rows(value)
    if not rows:
        raise EvaluationError("the text has no header line")
    names = rows[0]
    if len(set(names)) != len(names):
        raise EvaluationError("a column name stands twice in the header line")
    item = Type("object", attributes=dict.fromkeys(sorted(names), STRING))
    for row in rows[1:]:
        if len(row) != len(names):
            raise EvaluationError("a line has another number of fields than the header")
    return TfList([dict(zip(names, row, strict=True)) for row in rows[1:]], item)


def _yaml_encode(value: Val) -> Val:
    if isinstance(value, SPECIAL):
        return derived(value)
    if first_special(value) is None:
        return yaml_text.encode(value)
    # Inside a document an unknown leaf leaves the rest of the text known; anything less plain leaves nothing.
    return yaml_text.encode_partly(value) or derived(value)


TABLE: Mapping[str, Function] = {
    "jsonencode": Function(json_encode, "v", vague=True),
    "jsondecode": Function(_json_decode, "v", vague=True),
    "base64encode": Function(_base64_encode, "s"),
    "base64decode": Function(_base64_decode, "s"),
    "base64gzip": Function(_base64_gzip, "v", vague=True),
    "base64gunzip": Function(_base64_gunzip, "s"),
    "textencodebase64": Function(_text_encode, "ss"),
    "textdecodebase64": Function(_text_decode, "ss"),
    "urlencode": Function(_url_encode, "s"),
    "urldecode": Function(_url_decode, "s"),
    "csvdecode": Function(_csv_decode, "s"),
    "yamlencode": Function(_yaml_encode, "v", vague=True),
    "yamldecode": Function(yaml_text.decode, "s"),
}
