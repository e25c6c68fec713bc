"""What an auditor takes home: the records, the report, the public keys and how to check them, in one zip of files.

`SHA256SUMS` names the digest of every other file and is signed, so that `sha256sum` and `openssl` are enough to see
that nothing in the package was changed. Each record is signed by itself as well, by whoever made it.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from soc2gate.errors import EvidenceError
from soc2gate.evidence.envelope import Signer, TrustedKey, digest, signed
from soc2gate.evidence.stores import HEADS, RECORDS, TIMESTAMPS, Store, name_of

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
_WHEN = (1980, 1, 1, 0, 0, 0)
"""The same content packs to the same bytes: when it was packed says nothing."""

README = """\
Evaluation records of a period, for whoever checks them. Everything here is a plain file.

  report.html, report.json, controls.csv   what the records say; drawn from them
  access-review.csv                        who may do what, as it was reviewed, and what was decided
  records/, heads/                         the ledger: each record signed, each naming the one before by digest
  timestamps/                              an RFC 3161 token over each record that an authority was asked about, if any
  keys/                                    the public keys that were trusted when this was packed
  evidence/                                what people brought, as far as it was at hand; each file's name begins with
                                           the sha256 that its record names; report.json lists all of them
  statement.md, statement.schema.json      every field of a record explained, and its form
  kept.schema.json                         the form of records of what people brought or decided
  SHA256SUMS, SHA256SUMS.sig               the digest of every other file, and a signature over that list
  verify.sh                                checks all of this with sha256sum and openssl, and no program of ours

Take the key from somebody you trust, not from here: a package can bring any key along. Then, in this folder:

  sh verify.sh KEY.pem

It prints `genuine` when every file is the one that was packed, and every record is signed by KEY.pem or by a key that
you give after it. statement.md says how to check a record against the repository, with openssl and git.

The records support readiness; a licensed CPA firm attests.
"""

VERIFY = r"""#!/bin/sh
# sh verify.sh KEY.pem [OTHER.pem …]: the first key signed the list of digests, any of them the records.
set -eu
check() { # key, signed file, signature
  if openssl pkey -pubin -in "$1" -noout -text | grep -q ED25519; then
    openssl pkeyutl -verify -rawin -pubin -inkey "$1" -in "$2" -sigfile "$3" > /dev/null 2>&1
  else
    openssl dgst -sha256 -verify "$1" -signature "$3" "$2" > /dev/null 2>&1
  fi
}
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
check "$1" SHA256SUMS SHA256SUMS.sig || { echo "SHA256SUMS is not signed by $1"; exit 1; }
sha256sum --check --quiet --strict SHA256SUMS
find . -type f ! -path ./SHA256SUMS ! -path ./SHA256SUMS.sig | sed 's#^\./##' | LC_ALL=C sort > "$work/here"
sed 's/^[0-9a-f]*  //' SHA256SUMS | LC_ALL=C sort > "$work/listed"
cmp -s "$work/here" "$work/listed" || { echo "there are other files here than the list names"; exit 1; }
previous=
for record in $(find records -name '*.dsse.json' | LC_ALL=C sort); do
  sed -n 's/.*"payload":"\([^"]*\)".*/\1/p' "$record" | openssl base64 -d -A > "$work/statement"
  sed -n 's/.*"sig":"\([^"]*\)".*/\1/p' "$record" | openssl base64 -d -A > "$work/signature"
  grep -q '"payloadType":"application/vnd.in-toto+json"' "$record"
  { printf 'DSSEv1 28 application/vnd.in-toto+json %s ' "$(wc -c < "$work/statement" | tr -d ' ')"
    cat "$work/statement"; } > "$work/signed"
  signed=
  for key in "$@"; do
    if check "$key" "$work/signed" "$work/signature"; then signed=yes; fi
  done
  test -n "$signed" || { echo "$record is not signed by a key you gave"; exit 1; }
  if test -n "$previous"; then
    grep -q "\"record\":{\"previous\":{\"sha256\":\"$previous\"}" "$work/statement" ||
      { echo "$record does not follow the record before it"; exit 1; }
  fi
  previous=$(openssl dgst -sha256 -r "$record" | cut -d ' ' -f 1)
done
echo genuine
"""


def write(
    target: IO[bytes],
    store: Store,
    digests: Mapping[int, str],
    keys: Sequence[TrustedKey],
    documents: Mapping[str, str],
    signer: Signer,
    evidence: Mapping[str, bytes] | None = None,
) -> int:
    """Pack the records with these digests, which were checked before, and say how many files there are.

    `evidence` is what people brought, by name, where the files are at hand and still those that were recorded.

    Raises `EvidenceError` for a record that is no longer the one that was checked.
    """
    sums: list[tuple[str, str]] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _files(store, digests, keys, documents, evidence or {}):
            _add(archive, name, data)
            sums.append((name, hashlib.sha256(data).hexdigest()))
        listed = "".join(f"{sha}  {name}\n" for name, sha in sorted(sums)).encode()
        _add(archive, SUMS, listed)
        _add(archive, SIGNATURE, signed(listed, signer))
    return len(sums)


def _files(
    store: Store,
    digests: Mapping[int, str],
    keys: Sequence[TrustedKey],
    documents: Mapping[str, str],
    evidence: Mapping[str, bytes],
) -> Iterator[tuple[str, bytes]]:
    yield "README.txt", README.encode()
    yield "verify.sh", VERIFY.encode()
    for name, text in documents.items():
        yield name, text.encode()
    schemas = Path(__file__).parent.parent / "json_schemas"
    for name, data in evidence.items():
        yield f"evidence/{name}", data
    for name in ("statement.md", "statement.schema.json", "kept.schema.json", "report.schema.json"):
        yield name, (schemas / name).read_bytes()
    for keyid, pem in sorted({key.keyid: key.pem for key in keys}.items()):
        yield f"keys/{keyid}.pem", pem
    for number, data in store.read_all(RECORDS, sorted(digests)):
        if digest(data) != digests[number]:
            raise EvidenceError(f"record {number} changed while it was packed")
        yield name_of(RECORDS, number), data
    for what in (HEADS, TIMESTAMPS):
        there = set(store.sequences(what))
        for number, data in store.read_all(what, sorted(there & set(digests))):
            yield name_of(what, number), data


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)
