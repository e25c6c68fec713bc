"""The report on a period as one page that stands alone: no network, no script; to be read, printed, sent and kept.

It is drawn from the report's own document (`soc2gate report --format json`), so that the two cannot
say different things. Names come from whoever wrote the code or holds the account: all of them are escaped, and no
script may run at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from soc2gate.output import heatmap, period_people
from soc2gate.output.html import asset, clean, digest, fact
from soc2gate.output.period_parts import MOST_ROWS, cut, duration, long, pill, sha, table, tr
from soc2gate.output.period_people import AGES


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
        }
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
        yield from self._summary()
        yield from self._map()
        yield from self._gaps()
        yield from self._population()
        yield from self._controls()
        yield from period_people.scope(self.said["scope"])
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
        after = f"after {self.period['after'][:12]} " if self.period["after"] else "from the first commit "
        yield f'<p class="soft">{clean(after)}up to {clean(self.period["to"][:12])}</p>'
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

    def _summary(self) -> Iterator[str]:
        people = self.population
        still = sum(row["closed_as"] == "open" for row in self.said["deviations"])
        ages = [row["evidence"]["age"] for row in self.said["controls"].values()]
        dated = len(ages) - ages.count("not_dated")
        held = sum(row["at_end"] == "pass" for row in self.judged.values())
        unseen = people["unattested"] or people["never_recorded_after"]
        state = "incomplete" if unseen else "closed" if still else "open"
        yield '<section aria-labelledby="summary"><h2 id="summary">Summary</h2>'
        yield f'<div class="decision {state}">'
        if people["unattested"]:
            yield f'<p class="said">{people["unattested"]} of {people["commits"]} changes have no record</p>'
        elif people["never_recorded_after"]:
            number = len(people["never_recorded_after"])
            yield f'<p class="said">{number} changes after the last recorded head have no record</p>'
        else:
            yield f'<p class="said">Every one of {people["commits"]} changes has a record</p>'
        yield (
            f"<p>At the end {held} of {len(self.judged)} criteria with technical evidence hold by the records, "
            f"{still} exceptions are open, and the evidence of {ages.count('fresh')} of {dated} controls is fresh.</p>"
        )
        yield '</div><ul class="figures">'
        for number, words in (
            (people["commits"], "changes reached the branch"),
            (people["attested"] + people["attested_by_tree"], "of them attested"),
            (people["unattested"], "without a record"),
            (people["late"], "recorded late"),
            (self._remarked("direct push"), "direct pushes"),
            (self._remarked("protection bypassed"), "bypassed protection"),
            (len(self.said["deviations"]), f"exceptions, {still} open"),
            (len(self.said["waivers"]), "waivers in force"),
            (len(self.said["verifications"]["at"]), "looks at live state"),
        ):
            yield f"<li><b>{number}</b> {clean(words)}</li>"
        yield "</ul></section>"

    def _remarked(self, word: str) -> int:
        return sum(word in member["remarks"] for member in self.population["members"])

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
        heads = ["criterion", "at the end", *heatmap.WORDS.values()]
        yield from table("How long each criterion stood how", heads)
        for name, row in self.judged.items():
            cells = [duration(row["seconds"].get(status, 0)) for status in heatmap.WORDS]
            yield tr(clean(name), [pill(row["at_end"]), *cells])
        yield "</tbody></table></div>"
        others = [name for name in self.said["criteria"] if name not in self.judged]
        if others:
            yield f'<p class="soft">Shown by people, or out of scope: {clean(" ".join(others))}</p>'
        yield "</section>"

    def _gaps(self) -> Iterator[str]:
        gaps = self.said["gaps"]
        yield f'<section aria-labelledby="gaps"><h2 id="gaps">Gaps, worst first ({len(gaps)})</h2>'
        if not gaps:
            yield "<p>Nothing is open at the end, and no evidence is stale or missing.</p></section>"
            return
        yield from table("By severity, then who can reach it, then how long it is known",
                          ["what", "severity", "exposure", "control", "owner", "since", "for"])  # fmt: skip
        for gap in gaps[:MOST_ROWS]:
            yield tr(
                clean(gap["told"]),
                [
                    pill(gap["severity"], gap["severity"]),
                    clean(gap["exposure"]),
                    self._control_link(gap["control"]),
                    clean(gap["owner"] or "nobody named"),
                    clean(gap["since"]),
                    duration(gap["seconds"]),
                ],
            )
        yield "</tbody></table></div>" + cut(len(gaps)) + "</section>"

    def _control_link(self, name: str | None) -> str:
        if name is None or name not in self.said["controls"]:
            return clean(name or "")
        return f'<a href="#control-{clean(name)}">{clean(name)}</a>'

    def _population(self) -> Iterator[str]:
        people = self.population
        named = [one for one in people["members"] if one["state"] != "attested" or one["late"] or one["remarks"]]
        yield '<section aria-labelledby="population"><h2 id="population">Population</h2>'
        yield (
            f"<p>Every first-parent commit of the branch counts, whatever its date says: {people['commits']} changes, "
            f"{people['attested']} attested, {people['attested_by_tree']} attested by a record of the same tree, "
            f"{people['unattested']} without a record, {people['late']} recorded late, "
            f"{self._remarked('direct push')} direct pushes, {self._remarked('protection bypassed')} bypasses.</p>"
        )
        if named:
            yield from table("Changes that need a word", ["change", "state", "what is known", "records"])
            for one in named[:MOST_ROWS]:
                words = "; ".join(filter(None, [one["late"] and f"late: {one['late']}", *one["remarks"]]))
                records = " ".join(self._record(number) for number in one["records"][:5])
                state = one["state"].replace("_", " ")
                yield tr(f"<code>{clean(one['commit'][:12])}</code>", [clean(state), clean(words), records])
            yield "</tbody></table></div>" + cut(len(named))
        if self.said["off_branch"]:
            numbers = " ".join(self._record(row["record"]) for row in self.said["off_branch"][:MOST_ROWS])
            yield f"<p>Records of commits that are not on the branch: {numbers}</p>"
        if self.said["sample"]:
            drawn = " ".join(f"<code>{clean(commit[:12])}</code>" for commit in self.said["sample"])
            seed = clean(self.said["sample_seed"])
            yield f"<p>Sample, by the smallest sha256 of <code>{seed}:COMMIT</code>: {drawn}</p>"
        yield "</section>"

    def _record(self, number: int) -> str:
        self.named.add(number)
        return f'<a href="#record-{number}">{number}</a>'

    def _controls(self) -> Iterator[str]:
        yield '<section aria-labelledby="controls"><h2 id="controls">Controls</h2>'
        for name, row in self.said["controls"].items():
            yield from self._control(name, row)
        if not self.said["controls"]:
            yield "<p>No record of the period says how a control stood.</p>"
        yield "</section>"

    def _control(self, name: str, row: Mapping[str, Any]) -> Iterator[str]:
        evidence = row["evidence"]
        yield f'<article class="item" id="control-{clean(name)}" aria-labelledby="title-{clean(name)}">'
        yield f'<div class="head"><h3 id="title-{clean(name)}">{clean(name)}</h3>{pill(row["at_end"])}'
        if evidence["age"] != "not_dated":
            yield pill(AGES[evidence["age"]], f"evidence {evidence['age']}")
        yield "</div>"
        yield f"<p>{clean(row['statement'])}</p>" if row["statement"] else ""
        yield "<dl>"
        yield fact("owner", row["owner"] or "nobody named")
        yield fact("criteria", " ".join(row["criteria"]))
        yield fact("rules", " ".join(row["rules"]))
        yield fact("evidence", f"may be {row['max_age_days']} days old" if row["max_age_days"] is not None else "")
        yield "</dl>"
        if evidence["newest"]:
            yield from table(f"Newest evidence of {name}", ["of", "record", "seen", "fresh until", "sha256"])
            for look in evidence["newest"]:
                cells = [self._record(look["record"]), clean(look["seen_at"]), clean(look["fresh_until"] or "")]
                yield tr(clean(look["of"]), [*cells, sha(look["sha256"])])
            yield "</tbody></table></div>"
        if row["rules"] and row["intervals"]:
            yield from table(f"How {name} stood", ["from", "to", "status", "for", "said by record"])
            for one in row["intervals"][:MOST_ROWS]:
                cells = [clean(one["ends"]), pill(one["status"]), duration(one["seconds"])]
                said_by = self._record(one["record"]) if one.get("record") else ""
                yield tr(clean(one["begins"]), [*cells, said_by])
            yield "</tbody></table></div>" + cut(len(row["intervals"]))
        yield "</article>"

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
        yield f'<section aria-labelledby="exceptions"><h2 id="exceptions">Exceptions ({len(rows)})</h2>'
        yield "<p>Every failure and every disagreement between code and live state, those fixed quickly too.</p>"
        if rows:
            heads = ["what", "severity", "opened", "by record", "closed", "how", "for"]
            yield from table("In the order they were opened", heads)
            for row in rows[:MOST_ROWS]:
                closed = clean(row["closed"] or "") + (
                    f" ({self._record(row['closed_by'])})" if row["closed_by"] else ""
                )
                cells = [pill(row["severity"], row["severity"]), clean(row["opened"]), self._record(row["opened_by"])]
                yield tr(
                    clean(row["told"]),
                    [*cells, closed, clean(row["closed_as"].replace("_", " ")), duration(row["seconds"])],
                )
            yield "</tbody></table></div>" + cut(len(rows))
        if self.said["waivers"]:
            yield from table("Waivers in force", ["rule", "where", "reason", "approved by", "until", "first seen"])
            for row in self.said["waivers"]:
                names = ("address", "reason", "approver", "expires", "first_seen")
                yield tr(clean(str(row["rule"])), [clean(str(row.get(name, ""))) for name in names])
            yield "</tbody></table></div>"
        if self.said["policy_changes"]:
            yield from table("Changes of rules, mappings, configuration and program", ["what", "at", "from", "to"])
            for row in self.said["policy_changes"]:
                cells = [row["at"], str(row["before"])[:16], str(row["after"])[:16]]
                yield tr(clean(row["what"]), [clean(cell) for cell in cells])
            yield "</tbody></table></div>"
        yield "</section>"

    def _unlooked(self) -> Iterator[str]:
        yield '<section aria-labelledby="unlooked"><h2 id="unlooked">What was not looked at</h2><ul>'
        if not self.said["verifications"]["at"]:
            yield "<li>Live state was not looked at in this period: everything here is of code alone.</li>"
        for gap in self.said["verifications"]["gaps"]:
            span = f"{gap['begins']} and {gap['ends']} ({long(gap['seconds'])})"
            yield f"<li>Live state was not looked at between {clean(span)}.</li>"
        for name, scope in self.said["live_scope"].items():
            never = " ".join(scope["regions_never_read"])
            words = f"{name}: regions read {' '.join(scope['regions_read'])}" + (
                f"; never read {never}" if never else ""
            )
            yield f"<li>{clean(words)}; {scope['failed_calls']} calls failed</li>"
        for message, number in list(self.said["not_looked_at"].items())[:MOST_ROWS]:
            yield f"<li>In {number} records: {clean(message)}</li>"
        unattested = self.population["unattested"]
        yield f"<li>{unattested} changes have no record: nothing is known of them.</li>" if unattested else ""
        if self.population["commits"]:
            said = self.population["reported"]
            yield (
                f"<li>How a change reached the branch is the workflow's word: direct pushes were reported of"
                f" {said['direct_push']}, bypassed protection of {said['bypassed_protection']}, approvals of"
                f" {said['approvals']} changes. Of the others nobody says.</li>"
            )
        for row in self.said["turned_back"]:
            yield (
                f"<li>Record {self._record(row['record'])} says {row['at']}, and was made after record"
                f" {self._record(row['after'])}, which says {row['after_at']}.</li>"
            )
        beyond = self.population["never_recorded_after"]
        if beyond:
            named = " ".join(f"<code>{clean(commit[:12])}</code>" for commit in beyond[:MOST_ROWS])
            yield (
                f"<li>{len(beyond)} changes follow the last head that was recorded by then, and have no record; nobody"
                f" says whether they reached the branch in this period: {named}</li>"
            )
        manual = [name for name, row in self.said["criteria"].items() if row["at_end"] == "manual"]
        yield (
            f"<li>No technical evidence exists of {clean(' '.join(manual))}: people show these.</li>" if manual else ""
        )
        yield "</ul></section>"

    def _verify(self) -> Iterator[str]:
        last = max((int(number) for number in self.said["records"]), default=0)
        head = f"{last}:{self.said['records'][str(last)]}" if last else "NUMBER:DIGEST"
        after = f"--from {self.period['after'][:12]} " if self.period["after"] else ""
        steps = (
            ("This report again, from the records and the repository; the whole ledger is checked first:",
             f"soc2gate report --ledger LEDGER --keys KEYS {after}--to {self.period['to'][:12]} --anchor {head}"),
            ("One record: signature, form, numbers, subjects, inputs, chain, freshness:",
             "soc2gate attest verify RECORD --keys KEYS --ledger LEDGER"),
            ("The same commit judged again, and compared:", "soc2gate attest reproduce RECORD --keys KEYS"),
            ("A record's file is the one named here:", "sha256sum RECORD"),
        )  # fmt: skip
        yield '<section aria-labelledby="verify"><h2 id="verify">How to verify</h2><ol>'
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
        yield '<section aria-labelledby="records"><h2 id="records">Records named here</h2>'
        yield from table("Each by the digest of its file", ["record", "commit", "sha256"])
        for number in sorted(self.named):
            commit = self.commit_of.get(number, "")[:12]
            named = sha(self.said["records"].get(str(number), ""))
            yield f'<tr id="record-{number}"><th scope="row">{number}</th>'
            yield f"<td><code>{clean(commit)}</code></td><td>{named}</td></tr>"
        yield "</tbody></table></div></section>"
