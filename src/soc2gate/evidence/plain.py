"""Envelopes read at the pace of a year of them, and only where nothing about their spelling is in doubt.

What is read is spelled again and compared with what stood there: whatever the reader lets pass (an escape in a text,
bits after the last byte of base64, a member twice) makes another text, and is left to the reader that takes its time
and says what is wrong.
"""

from __future__ import annotations

import threading

import msgspec


class Signature(msgspec.Struct, gc=False):
    keyid: str
    sig: bytes


# The members stand in the order in which RFC 8785 spells them.
class Envelope(msgspec.Struct, forbid_unknown_fields=True):
    payload: bytes
    payloadType: str
    signatures: list[Signature]


class _Room(threading.local):
    """Where an envelope is spelled again. One place: new memory each time costs more than spelling."""

    def __init__(self) -> None:
        self.buffer = bytearray()


def read(data: bytes) -> Envelope | None:
    """The envelope that is the line `data`; None where it is not spelled as we spell it, or not in ASCII."""
    try:
        whole = _DECODER.decode(data)
    except ValueError:
        return None
    # Nothing else in it can be beyond ASCII once it is spelled again.
    if not whole.payloadType.isascii() or not all(one.keyid.isascii() for one in whole.signatures):
        return None
    spelled = _ROOM.buffer
    _ENCODER.encode_into(whole, spelled)
    same = len(spelled) + 1 == len(data) and data.startswith(spelled) and data.endswith(b"\n")
    if len(spelled) > _WORTH_KEEPING:
        _ROOM.buffer = bytearray()
    return whole if same else None


_DECODER = msgspec.json.Decoder(Envelope)
_ENCODER = msgspec.json.Encoder()
_ROOM = _Room()
_WORTH_KEEPING = 4_000_000
