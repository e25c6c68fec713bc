"""The report on a period as one page that stands alone: no network, no script; to be read, printed, sent and kept.

It is drawn from the report's own document (`soc2gate report --format json`), so that the two cannot
say different things. Names come from whoever wrote the code or holds the account: all of them are escaped, and no
script may run at all.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from soc2gate.output import heatmap, period_controls, period_people, period_summary
from soc2gate.output.html import asset, clean, digest
from soc2gate.output.period_parts import (
    MOST_ROWS,
    Row,
    commit,
    counted,
    duration,
    pill,
    section,
    sha,
    table,
    time,
)

MOST_LISTED = 500
"""So many changes are listed one by one; of more, only those that need a word."""


def render(document: Mapping[str, Any]) -> str:
    """The document of a report as HTML."""
    return "\n".join(_Page(document).lines()) + "\n"


class _Page:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self.said = document
        self.period = document["period"]
        self.population = document["population"]
        self.judged = {
            name: row
            for name, row in document["criteria"].items()
            if {one["status"] for one in row["intervals"]} - {"manual", "out_of_scope", "no_data"}
            or row["at_end"] not in ("manual", "out_of_scope")
        }
        self.commit_of = {
            number: member["commit"] for member in self.population["members"] for number in member["records"]
        } | {row["record"]: row["commit"] for row in document["off_branch"]}
        self.named: set[int] = set()
        """Records that the page has linked to: their digests stand at its end."""

    def lines(self) -> Iterator[str]:
        style = asset("page.css") + asset("period.css")
        policy = f"default-src 'none'; style-src '{digest(style)}'; base-uri 'none'; form-action 'none'"
        title = f"Evaluation records, {self.period['begins'][:10]} to {self.period['ends'][:10]}"
        yield "<!doctype html>"
        yield '<html lang="en">'
        yield "<head>"
        yield '<meta charset="utf-8">'
        yield f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
        yield '<meta name="referrer" content="no-referrer">'
        yield f"<title>{clean(title)}</title>"
        yield f"<style>{style}</style>"
        yield "</head>"
        yield "<body>"
        yield '<a class="skip" href="#content">Skip to the report</a>'
        yield from self._header(title)
        yield '<main id="content" tabindex="-1">'
        yield from period_summary.summary(self.said, self.judged)
        yield from self._map()
        yield from self._gaps()
        yield from self._population()
        yield from period_controls.controls(self.said, self._record)
        yield from period_people.scope(self.said["scope"], self.period)
        yield from self._people()
        yield from self._exceptions()
        yield from self._unlooked()
        yield from self._verify()
        yield from self._records()
        yield "</main>"
        yield f"<footer><p>{clean(self.said['note'])}</p></footer>"
        yield "</body>"
        yield "</html>"

    def _header(self, title: str) -> Iterator[str]:
        yield "<header>"
        yield f"<h1>{clean(title)}</h1>"
        after = f"after {commit(self.period['after'])} " if self.period["after"] else "from the first commit "
        name = self.said["asked"]["repository"]
        where = f"{clean(name)}, first parents " if name else "First parents "
        yield f"<p>{where}{after}up to {commit(self.period['to'])}</p>"
        made = self.said["made_by"]
        records = counted(len(self.said["records"]), "signed record")
        yield (
            f'<p class="soft">{time(self.period["begins"])} to {time(self.period["ends"])}; all times are UTC. '
            f"Drawn from {records} by {clean(made['name'])} {clean(made['version'])}.</p>"
        )
        yield '<nav aria-label="Sections"><ul>'
        for anchor, name, held in (
            ("summary", "Summary", ""),
            ("map", "Criteria by week", str(len(self.judged))),
            ("gaps", "Gaps", str(len(self.said["gaps"]))),
            ("population", "Population", str(self.population["commits"])),
            ("controls", "Controls", str(len(self.said["controls"]))),
            ("scope", "In scope", str(sum(bool(place["in_scope"]) for place in self.said["scope"]))),
            ("people", "Evidence that people bring", str(len(self.said["manual_evidence"]))),
            ("access", "Reviews of access", str(len(self.said["access_review"]["principals"]))),
            ("exceptions", "Exceptions", str(len(self.said["deviations"]))),
            ("unlooked", "Not looked at", str(len(self.said["not_looked_at"]))),
            ("verify", "How to verify", ""),
        ):
            yield f'<li><a href="#{anchor}">{name}</a> <span class="soft">{held}</span></li>'
        yield "</ul></nav>"
        yield "</header>"

    def _map(self) -> Iterator[str]:
        yield '<section aria-labelledby="map"><h2 id="map">Criteria by week</h2>'
        if not self.judged:
            yield "<p>No record holds technical evidence of a criterion.</p></section>"
            return
        yield "<p>Each cell is the worst that held at any moment of its week. No data is not a pass.</p>"
        spans = {
            name: [(one["begins"], one["ends"], one["status"]) for one in row["intervals"]]
            for name, row in self.judged.items()
        }
        yield from heatmap.render(spans, self.period["begins"], self.period["ends"])
        yield from table(
            "For how long each criterion stood how",
            ["criterion", "at the end", *heatmap.WORDS.values()],
            [
                Row(
                    clean(name),
                    [pill(row["at_end"]), *(duration(row["seconds"].get(status, 0)) for status in heatmap.WORDS)],
                )
                for name, row in self.judged.items()
            ],
        )
        others = [name for name in self.said["criteria"] if name not in self.judged]
        if others:
            yield f'<p class="soft">Shown by people, or out of scope: {clean(" ".join(others))}</p>'
        yield "</section>"

    def _gaps(self) -> Iterator[str]:
        gaps = self.said["gaps"]
        yield section("gaps", f"Gaps, worst first ({len(gaps)})")
        if not gaps:
            yield "<p>Nothing is open at the end, and no evidence is stale or missing.</p></section>"
            return
        yield f"<p>{period_summary.kinds(gaps)}.</p>"
        yield from table(
            "By severity, then by who can reach it, then by how long it is known",
            ["what", "severity", "exposure", "control", "owner", "since", "for"],
            [
                Row(
                    period_summary.about(gap),
                    [
                        pill(gap["severity"], gap["severity"]),
                        clean(gap["exposure"]),
                        period_controls.link(gap["control"], self.said["controls"]),
                        period_summary.owner(gap),
                        time(gap["since"]),
                        duration(gap["seconds"]),
                    ],
                )
                for gap in gaps
            ],
        )
        yield "</section>"

    def _population(self) -> Iterator[str]:
        people = self.population
        members = people["members"]
        named = [one for one in members if one["state"] != "attested" or one["late"] or one["remarks"]]
        pushes, bypasses = (period_summary.remarked(self.said, one) for one in ("direct push", "protection bypassed"))
        yield section("population", "Population")
        yield (
            f"<p>Every first-parent commit of the branch counts, whatever its date says: "
            f"{counted(people['commits'], 'change')}, {people['attested']} attested by a record of their own, "
            f"{people['attested_by_tree']} by a record of the same tree, {people['unattested']} without a record. "
            f"{people['late']} recorded late, {counted(pushes, 'direct push', 'direct pushes')}, "
            f"{counted(bypasses, 'bypass', 'bypasses')} of protection, as workflows reported them.</p>"
        )
        drawn = set(self.said["sample"])
        heads = ["change", "committed", "state", "what is known", "records"]
        if len(members) <= MOST_LISTED:
            yield from table("Every change", heads, [self._member(one) for one in members])
        else:
            yield f"<p>{len(members) - len(named)} changes with nothing to say of them stand in the report's JSON.</p>"
            yield from table("Changes that need a word", heads, [self._member(one) for one in named])
        if self.said["off_branch"]:
            numbers = " ".join(self._record(row["record"]) for row in self.said["off_branch"][:MOST_LISTED])
            yield f"<p>Records of commits that are not on the branch: {numbers}</p>"
        if drawn:
            seed = self.said["sample_seed"]
            yield (
                f"<p>Sample of {len(drawn)}, drawn with the seed “{clean(seed)}”: the changes with the smallest sha256 "
                f"of <code>{clean(seed)}:COMMIT</code>, so that anyone can draw it again.</p>"
            )
            yield from table("The sample", heads, [self._member(one) for one in members if one["commit"] in drawn])
        yield "</section>"

    def _member(self, one: Mapping[str, Any]) -> Row:
        words = [one["late"] and f"late: {one['late']}", *one["remarks"]]
        if one["state"] == "unattested":
            words.append("nothing is known of it")
        state = {
            "attested": ("pass", "attested"),
            "attested_by_tree": ("low", "attested by its tree"),
            "unattested": ("fail", "no record"),
        }[one["state"]]
        numbers = one["records"]
        more = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
        return Row(
            commit(one["commit"]),
            [
                time(one["committed_at"]),
                pill(*state),
                clean("; ".join(filter(None, words))),
                " ".join(self._record(number) for number in numbers[:5]) + more,
            ],
        )

    def _record(self, number: int) -> str:
        self.named.add(number)
        return f'<a class="record" href="#record-{number}">{number}</a>'

    def _people(self) -> Iterator[str]:
        ages = {
            name: said["manual_evidence"]
            for name, said in self.said["criteria"].items()
            if said["at_end"] == "manual" and said["manual_evidence"]
        }
        yield from period_people.evidence(self.said["manual_evidence"], ages, self._record)
        yield from period_people.access(self.said["access_review"], self._record)

    def _exceptions(self) -> Iterator[str]:
        rows = self.said["deviations"]
        yield section("exceptions", f"Exceptions ({len(rows)})")
        yield "<p>Every failure and every disagreement between code and live state, those fixed quickly too.</p>"
        if not rows:
            yield "<p>The records of the period hold none.</p>"
        yield from table(
            "In the order they were opened",
            period_controls.EXCEPTION_HEADS,
            [period_controls.exception(row, self._record) for row in rows],
        )
        ends = self.period["ends"][:10]
        yield from table(
            "Waivers of the period",
            ["rule", "where", "reason", "owner", "approved by", "until", "first seen", "last seen"],
            [
                Row(
                    clean(str(row["rule"])),
                    [
                        *(clean(str(row.get(name, ""))) for name in ("address", "reason", "owner", "approver")),
                        clean(row["expires"]) + (" (over)" if row["expires"] < ends else ""),
                        time(row["first_seen"]),
                        time(row["last_seen"]),
                    ],
                )
                for row in self.said["waivers"]
            ],
        )
        yield from table(
            "Changes of rules, mappings, configuration and program",
            ["what", "at", "by record", "from", "to"],
            [
                Row(
                    clean(row["what"]),
                    [time(row["at"]), self._record(row["record"]), sha(str(row["before"])), sha(str(row["after"]))],
                )
                for row in self.said["policy_changes"]
            ],
        )
        yield "</section>"

    def _unlooked(self) -> Iterator[str]:
        yield section("unlooked", "What was not looked at") + "<ul>"
        looks = self.said["verifications"]
        if not looks["at"]:
            yield "<li>Live state was not looked at in this period: everything here is of code alone.</li>"
        for gap in looks["gaps"]:
            span = f"{time(gap['begins'])} and {time(gap['ends'])} ({duration(gap['seconds'])})"
            yield f"<li>Live state was not looked at between {span}.</li>"
        for name, scope in self.said["live_scope"].items():
            words = [f"{name.removeprefix('live:')}: {counted(scope['failed_calls'], 'call')} failed"]
            if scope["regions_asked"]:
                words.append(f"regions read: {' '.join(scope['regions_read']) or 'none'}")
            if scope["regions_never_read"]:
                words.append(f"never read: {' '.join(scope['regions_never_read'])}")
            yield f"<li>{clean('; '.join(words))}</li>"
        for message, number in list(self.said["not_looked_at"].items())[:MOST_ROWS]:
            yield f"<li>In {counted(number, 'record')}: {clean(message)}</li>"
        unattested = self.population["unattested"]
        if unattested:
            yield f"<li>{counted(unattested, 'change')} without a record: nothing is known of them.</li>"
        yield from self._unsaid()
        manual = [name for name, row in self.said["criteria"].items() if row["at_end"] == "manual"]
        if manual:
            yield f"<li>No technical evidence exists of {clean(' '.join(manual))}: people show these.</li>"
        yield "</ul></section>"

    def _unsaid(self) -> Iterator[str]:
        """What nobody says of changes, and which records are no word of their time."""
        if self.population["commits"]:
            said = self.population["reported"]
            yield (
                f"<li>How a change reached the branch is the workflow's word: direct pushes were reported of"
                f" {said['direct_push']}, bypassed protection of {said['bypassed_protection']}, approvals of"
                f" {counted(said['approvals'], 'change')}. Of the others nobody says.</li>"
            )
        for row in self.said["turned_back"]:
            yield (
                f"<li>Record {self._record(row['record'])} says {time(row['at'])}, and was made after record"
                f" {self._record(row['after'])}, which says {time(row['after_at'])}: what it tells of that time was"
                " not told then.</li>"
            )
        if self.said["anchored_at"] is None:
            yield "<li>No head was given: records that were cut off at the end of the ledger would not be noticed.</li>"
        beyond = self.population["never_recorded_after"]
        if beyond:
            named = " ".join(commit(one) for one in beyond[:MOST_ROWS])
            yield (
                f"<li>{counted(len(beyond), 'change')} after the last head that was recorded by then, without a record;"
                f" nobody says whether they reached the branch in this period: {named}</li>"
            )

    def _again(self) -> str:
        """The command that gives this report once more, whatever was recorded since."""
        asked = self.said["asked"]
        last = max((int(number) for number in self.said["records"]), default=0)
        words = ["soc2gate report --ledger LEDGER --keys KEYS"]
        words += [f"--anchor {last}:{self.said['records'][str(last)]}"] if last else []
        for flag, value in (
            ("--branch", "" if asked["branch"] == "HEAD" else asked["branch"]),
            ("--as-of", asked["as_of"]),
            ("--from", asked["from"]),
            ("--to", asked["to"]),
            ("--late-after", asked["late_after_hours"]),
            ("--verify-every", asked["verify_every_hours"]),
            ("--sample", asked["sample"]),
            ("--seed", self.said["sample_seed"]),
        ):
            # 0 hours is a thing to ask for; nothing at all is not.
            if value not in (None, ""):
                words.append(f"{flag} {shlex.quote(str(value))}")
        return " ".join(words)

    def _verify(self) -> Iterator[str]:
        steps = (
            ("This report again, from the records and the repository; the whole ledger is checked first. LEDGER and "
             "KEYS are the ledger and the trusted public keys; --format json, or html, gives its other forms:",
             self._again()),
            ("One record: signature, form, numbers, subjects, inputs, chain, freshness. RECORD is its file, of record "
             "12 records/000/000000012.dsse.json in the ledger or in the package:",
             "soc2gate attest verify RECORD --keys KEYS --ledger LEDGER"),
            ("The same commit judged again, and compared; a record that rests on live state needs its snapshot:",
             "soc2gate attest reproduce RECORD --keys KEYS --snapshot SNAPSHOT"),
            ("A record's file is the one that is named below:", "openssl dgst -sha256 RECORD"),
        )  # fmt: skip
        yield section("verify", "How to verify") + '<ol class="commands">'
        for words, command in steps:
            yield f'<li>{clean(words)}<pre tabindex="0" role="group" aria-label="command">{clean(command)}</pre></li>'
        yield (
            "<li>Without any program of ours: the page <cite>The evaluation record, field by field</cite> has a recipe "
            "with openssl, git and a shell, and <code>--format zip</code> packs it with the records.</li></ol>"
        )
        yield "<p>This page is drawn from the records and is not signed itself: the records are.</p></section>"

    def _records(self) -> Iterator[str]:
        if not self.named:
            return
        yield section("records", "Records named here")
        yield from table(
            "Each by the digest of its file",
            ["record", "commit", "sha256"],
            [
                Row(
                    str(number),
                    [
                        commit(self.commit_of[number]) if number in self.commit_of else "",
                        sha(self.said["records"].get(str(number), "")),
                    ],
                    anchor=f"record-{number}",
                )
                for number in sorted(self.named)
            ],
        )
        yield "</section>"
