"""Envelopes read at the pace of a year of them, and only where nothing about their spelling is in doubt.

What is read is spelled again and compared with what stood there: whatever the reader lets pass (an escape in a text,
bits after the last byte of base64, a member twice) makes another text, and is left to the reader that takes its time
and says what is wrong. Of the payload, nearly all of an envelope, its last four characters are spelled again: any four
before them are the only ones for their three bytes, if they are base64, and if they are as many as the bytes ask for.
"""

from __future__ import annotations

import msgspec


class Signature(msgspec.Struct, gc=False):
    keyid: str
    sig: bytes


# The members stand in the order in which RFC 8785 spells them.
class Envelope(msgspec.Struct, forbid_unknown_fields=True):
    payload: bytes
    payloadType: str
    signatures: list[Signature]


def read(data: bytes) -> Envelope | None:
    """The envelope that is the line `data`; None where it is not spelled as we spell it, or not in ASCII."""
    begin = len(_BEGINS)
    end = data.find(b'"', begin)
    if end < 0 or not data.startswith(_BEGINS):
        return None
    # The same envelope around the last four characters of its payload.
    short = _BEGINS + data[max(begin, end - 4) :]
    try:
        whole = _ENVELOPE.decode(short)
        payload = _BASE64.decode(memoryview(data)[begin - 1 : end + 1])
    except ValueError:
        return None
    # An escape, or anything passed over, takes more characters than the bytes ask for.
    if (len(payload) + 2) // 3 * 4 != end - begin or _ENCODER.encode(whole) + b"\n" != short:
        return None
    # Nothing else in it can be beyond ASCII once it was spelled again.
    if not whole.payloadType.isascii() or not all(one.keyid.isascii() for one in whole.signatures):
        return None
    whole.payload = payload
    return whole


_BEGINS = b'{"payload":"'
_ENVELOPE = msgspec.json.Decoder(Envelope)
_BASE64 = msgspec.json.Decoder(bytes)
_ENCODER = msgspec.json.Encoder()
