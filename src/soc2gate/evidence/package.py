"""What an auditor takes home: the records, the report, the public keys and how to check them, in one zip of files.

`SHA256SUMS` names the digest of every other file and is signed, so that `openssl` is enough to see
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

  report.html, report.json                 what the records say; drawn from them
  controls.csv                             controls to requirements, and how each stood
  population.csv                           every change that reached the branch, and the numbers of its records
  access-review.csv                        who may do what, as it was reviewed, and what was decided
  oscal-*.json                             the same in NIST's OSCAL: assessment results, and a plan of action
  records/, heads/                         the ledger: each record signed, each naming the one before by digest
  timestamps/                              an RFC 3161 token over each record that an authority was asked about, if any
  keys/                                    the public keys that were trusted when this was packed; each file's name is
                                           the key's id
  evidence/                                what people brought, as far as it was at hand; each file's name begins as the
                                           sha256 does that its record names; report.json lists all of them
  statement.md, statement.schema.json      every field of a record explained, and its form
  kept.schema.json, report.schema.json     the forms of records of what people brought or decided, and of report.json
  SHA256SUMS, SHA256SUMS.sig               the digest of every other file, and a signature over that list
  verify.sh                                checks all of this with openssl and git, and no program of ours

How to check it, in a shell in this folder. You need openssl, and for the second step git and a clone of the repository.

  1. Take the public key from somebody you trust, not from here: a package can bring any key along. KEY.pem is its file.
     This prints its id, which the report and each record name:

       openssl pkey -pubin -in KEY.pem -outform DER | openssl dgst -sha256

  2. Every file is the one that was packed, every record is signed and follows the one before:

       sh verify.sh KEY.pem

     The first key you name signed the list of digests; the records may be signed by any that you name after it.
     With a clone it checks as well that each record is of a commit and a tree of the repository, and that
     population.csv is every change between the two heads, with none left out:

       REPOSITORY=/path/to/clone sh verify.sh KEY.pem

     Its last line is `genuine`; whatever else it says before it ends, the package is not what was signed.

  3. What the records say is what report.json says. With soc2gate installed, in the clone, the command under
     "How to verify" in report.html gives the report again; LEDGER is this folder, KEYS is KEY.pem.

The records support readiness; a licensed CPA firm attests.
"""

VERIFY = r"""#!/bin/sh
# sh verify.sh KEY.pem [OTHER.pem ...]: the first key signed the list of digests, any of them the records.
# REPOSITORY=/path/to/clone sh verify.sh KEY.pem: with the repository, its commits and its population are checked too.
set -eu
test $# -gt 0 || { echo "name the public key that you were given: sh verify.sh KEY.pem"; exit 2; }
check() { # key, signed file, signature
  if openssl pkey -pubin -in "$1" -noout -text | grep -q ED25519; then
    openssl pkeyutl -verify -rawin -pubin -inkey "$1" -in "$2" -sigfile "$3" > /dev/null 2>&1
  else
    openssl dgst -sha256 -verify "$1" -signature "$3" "$2" > /dev/null 2>&1
  fi
}
digest() { openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1; }
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
check "$1" SHA256SUMS SHA256SUMS.sig || { echo "SHA256SUMS is not signed by $1"; exit 1; }
while read -r sha name; do
  test -f "$name" || { echo "$name is missing"; exit 1; }
  test "$(digest "$name")" = "$sha" || { echo "$name is not the file that was packed"; exit 1; }
done < SHA256SUMS
find . -type f ! -path ./SHA256SUMS ! -path ./SHA256SUMS.sig | sed 's#^\./##' | LC_ALL=C sort > "$work/here"
sed 's/^[0-9a-f]*  //' SHA256SUMS | LC_ALL=C sort > "$work/listed"
cmp -s "$work/here" "$work/listed" || { echo "there are other files here than the list names"; exit 1; }
echo "every file is the one that was packed: $(wc -l < SHA256SUMS | tr -d ' ')"
previous= records=0 elsewhere=0
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
  previous=$(digest "$record")
  records=$((records + 1))
  commit=$(sed -n 's/.*"gitCommit":"\([0-9a-f]*\)".*/\1/p' "$work/statement")
  if test -n "${REPOSITORY-}" && test -n "$commit"; then
    if git -C "$REPOSITORY" cat-file -e "$commit^{commit}" 2> /dev/null; then
      tree=$(sed -n 's/.*"subject":.*"gitTree":"\([0-9a-f]*\)".*/\1/p' "$work/statement")
      recorded=$(sed -n 's/.*"commit_sha256":"\([0-9a-f]*\)".*/\1/p' "$work/statement")
      git -C "$REPOSITORY" cat-file commit "$commit" > "$work/commit"
      test "$(git -C "$REPOSITORY" rev-parse "$commit^{tree}")" = "$tree" &&
        test "$(digest "$work/commit")" = "$recorded" ||
        { echo "$record is not of the commit $commit as the repository has it"; exit 1; }
    else
      elsewhere=$((elsewhere + 1))
    fi
  fi
done
echo "records, each signed and in its place: $records"
if test -n "${REPOSITORY-}"; then
  echo "records of commits that the clone does not have, as of squashed branches: $elsewhere"
  after=$(sed -n 's/^    "after": "\([0-9a-f]*\)",$/\1/p' report.json | sort -u)
  to=$(sed -n 's/^    "to": "\([0-9a-f]*\)",*$/\1/p' report.json | sort -u)
  git -C "$REPOSITORY" rev-list --first-parent "$to" ${after:+"^$after"} | LC_ALL=C sort > "$work/changes"
  sed 1d population.csv | cut -d , -f 1 | LC_ALL=C sort > "$work/told"
  cmp -s "$work/changes" "$work/told" || { echo "population.csv is not what the repository's branch holds"; exit 1; }
  echo "changes of the period, each in population.csv: $(wc -l < "$work/changes" | tr -d ' ')"
fi
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
