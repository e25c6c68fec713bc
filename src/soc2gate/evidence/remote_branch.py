"""A ledger on a branch of a remote, for clones that know nothing of each other: CI jobs, each with its own.

The remote decides who was first: a record is made on the branch as it is there now, and pushed without force. Of two
pushes one is refused; its record never was anybody's, and is made and signed again as the one after. Nothing is kept
in a branch of the clone that would have to be pushed, or could be forgotten, later.
"""

from __future__ import annotations

from soc2gate.errors import EvidenceError, UsageError
from soc2gate.evidence.repository import Repository
from soc2gate.evidence.stores import GitBranch
from soc2gate.facts import dataclass

_MOST_FETCHES = 50
"""How often the branch is looked at again when it moves under our eyes."""


def open_branch(repository: Repository, ref: str, remote: str) -> RemoteBranch:
    """The ledger on the branch `ref` of a remote that the clone knows by name; raises `UsageError` for none."""
    names = repository.run("remote").split()
    if remote not in names:
        known = f"it knows {', '.join(names)}" if names else "it knows none"
        raise UsageError(f"this clone has no remote “{remote}”", hint=f"{known}: write git:BRANCH@REMOTE")
    return RemoteBranch(repository, f"refs/soc2gate/{remote}/{ref.removeprefix('refs/heads/')}", remote, ref)


@dataclass(frozen=True, slots=True)
class RemoteBranch(GitBranch):
    """`ref` is what this clone saw of the branch last; nobody works on it."""

    remote: str = ""
    branch: str = ""
    """Its name at the remote."""

    def sequences(self, what: str) -> list[int]:
        self._follow()
        # Zero-argument `super()` does not find its class: a fact with slots is made a second time.
        return GitBranch.sequences(self, what)

    def _follow(self) -> None:
        """See the branch as it is at the remote; raises `EvidenceError` where it no longer holds what was seen.

        Raises `UsageError` where the remote cannot be asked.
        """
        for _ in range(_MOST_FETCHES):
            there, known = self._there(), self._tip()
            if there == known:
                return
            if not there:
                raise EvidenceError(
                    f"the ledger's branch {self.branch} is gone from {self.remote}: this clone saw it at {known[:12]}",
                    hint=f"push it again: git push {self.remote} {known[:12]}:{self.branch}",
                )
            try:
                # Without force: a branch that was rewritten is refused.
                nothing_else = ("--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
                self._ask("fetch", *nothing_else, self.remote, f"{self.branch}:{self.ref}")
            except EvidenceError as error:
                if self._tip() != known or "cannot lock" in error.message:
                    # Another process of this clone was quicker.
                    continue
                if "fast-forward" not in error.message:
                    raise self._unable("fetch", error) from None
                raise EvidenceError(
                    f"the ledger's branch {self.branch} at {self.remote} was rewritten: it lacks what this clone saw",
                    hint=f"records were removed or replaced; this clone saw it at {known[:12]}",
                ) from None
        raise EvidenceError(f"the ledger's branch {self.branch} at {self.remote} moves faster than it can be read")

    def _move(self, tip: str, commit: str) -> bool:
        try:
            self._ask("push", "--quiet", self.remote, f"{commit}:{self.branch}")
        except EvidenceError as error:
            # Somebody was first; or the push was done, and its answer lost; or nothing can be pushed there at all.
            self._follow()
            if self._tip() == tip:
                raise self._unable("push", error) from None
            return self._holds(commit)
        self._follow()
        return True

    def _holds(self, commit: str) -> bool:
        try:
            self.repository.run("merge-base", "--is-ancestor", commit, self._tip())
        except EvidenceError:
            return False
        return True

    def _there(self) -> str:
        try:
            told = self._ask("ls-remote", self.remote, self.branch)
        except EvidenceError as error:
            raise self._unable("ask", error) from None
        # What it asks for may be the end of another's name too.
        return next(
            (row[0] for row in (line.split("\t") for line in told.splitlines()) if row[1:] == [self.branch]), ""
        )

    def _ask(self, *arguments: str) -> str:
        return self.repository.over_network(*arguments)

    def _unable(self, what: str, error: EvidenceError) -> UsageError:
        return UsageError(f"cannot {what} the ledger's branch {self.branch} at {self.remote}: {error.message}")
