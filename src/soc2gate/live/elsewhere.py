"""Reading AWS accounts by the workers of an engine: who is asked what next, and what becomes of it.

The engine performs errands (errands.py) in any order and tells what came of each. What it could not do leaves that
account or region unread, with the reason; where the engine itself is gone, or Ctrl-C ends it, what was read so far
stays and the rest is marked partial. The snapshot is put together as it is of what is read here (aws_shares.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from soc2gate.errors import CollectError, InputError, UsageError
from soc2gate.facts import dataclass, field
from soc2gate.live import errands
from soc2gate.live.aws_accounts import WayIn
from soc2gate.live.aws_session import ShutError
from soc2gate.live.aws_shares import STOPPED, Gathering, Share, Wanted
from soc2gate.live.errands import Answer, Asked, Trouble
from soc2gate.live.progress import Progress
from soc2gate.live.snapshot import Snapshot

if TYPE_CHECKING:
    from soc2gate.live.aws import Tell


@dataclass(frozen=True, slots=True)
class Undone:
    """Nobody could do an errand."""

    reason: str


class EngineGoneError(CollectError):
    """Nothing more will come of the engine; the message says why."""


class Engine(Protocol):
    """Whoever has errands performed."""

    def give(self, name: str, question: bytes) -> None:
        """Have one performed; its name is no other's."""

    def take(self) -> tuple[str, bytes | Undone]:
        """The next that is done, or that nobody could do. Raises `EngineGoneError`."""


FIT = "each needs the soc2gate and, where there is one, the SOC2GATE_DIGEST_KEY of who asks"


def collect_elsewhere(
    engine: Engine, asked: Asked, wanted: Wanted, clock: Callable[[], str], progress: Tell | None = None
) -> Snapshot:
    """Read the accounts by the engine's workers: one part of the snapshot for each.

    Raises what `collect_aws` raises; and `CollectError` where the engine was gone, `UsageError` where its workers do
    not fit, before anything was known of any account.
    """
    gathering = Gathering(wanted, _ways(engine, asked))
    work = _Work(engine, asked, gathering, clock, progress)
    left = STOPPED
    try:
        for way in gathering.ways:
            work.give(way)
        while work.open:
            work.step()
    except EngineGoneError as gone:
        left = gone.message
    except KeyboardInterrupt:
        # What was read stays, as it does of what is read here.
        pass
    return gathering.snapshot(clock(), left)


def _ways(engine: Engine, asked: Asked) -> tuple[WayIn, ...]:
    engine.give("accounts", errands.question(asked))
    _, given = engine.take()
    if isinstance(given, Undone):
        raise CollectError(f"no worker could tell which accounts there are: {given.reason}")
    answer = errands.answered(given)
    if answer.unfit:
        raise UsageError(f"a worker {answer.unfit}", hint=FIT)
    if answer.trouble is not None:
        raise _raised(answer.trouble)
    return answer.ways


def _raised(trouble: Trouble) -> CollectError | UsageError:
    """What a worker met, as if it had been met here; it says where."""
    kind = UsageError if trouble.usage else CollectError
    return kind(f"on a worker: {trouble.message}", hint=trouble.hint)


@dataclass(frozen=True, slots=True)
class _Errand:
    """What was given: an account to enter, or a share of it to read."""

    way: WayIn
    share: Share | None = None


@dataclass(slots=True)
class _Work:
    engine: Engine
    asked: Asked
    gathering: Gathering
    clock: Callable[[], str]
    progress: Tell | None
    open: dict[str, _Errand] = field(default_factory=dict)
    done: int = 0
    resources: int = 0

    def give(self, way: WayIn, share: Share | None = None) -> None:
        name = f"{share.account.id}-{share.region}" if share is not None else f"{way.account or 'own'}-enter"
        while name in self.open:
            # Two roles of one account.
            name += "-too"
        self.open[name] = _Errand(way, share)
        self.engine.give(name, errands.question(self.asked, way, share))

    def step(self) -> None:
        """Take one answer, and give what follows from it."""
        name, given = self.engine.take()
        errand = self.open.pop(name)
        if isinstance(given, Undone):
            self._undone(errand, given.reason)
        else:
            self._done(errand, errands.answered(given), name)
        self.done += 1
        if self.progress is not None:
            share = errand.share
            account = share.account.id if share is not None else errand.way.account
            region = share.region if share is not None else ""
            total = self.done + len(self.open)
            self.progress(Progress("aws", account, region, "", self.done, total, self.resources))

    def _done(self, errand: _Errand, answer: Answer, name: str) -> None:
        if answer.unfit:
            self._undone(errand, f"a worker {answer.unfit}")
        elif answer.trouble is not None:
            self._troubled(errand, answer.trouble, answer.at)
        elif errand.share is not None:
            try:
                part = errands.part_of(answer, name)
            except InputError as error:
                self._undone(errand, f"what came back of it {error.message}")
                return
            self.resources += len(part.resources)
            self.gathering.take(errand.share, part)
        elif answer.account is not None:
            for share in self.gathering.let_in(errand.way, answer.account):
                self.give(errand.way, share)

    def _troubled(self, errand: _Errand, trouble: Trouble, at: str) -> None:
        error = ShutError(trouble.message, hint=trouble.hint, call=trouble.call, error=trouble.error)
        if errand.share is not None:
            self.gathering.miss(errand.share, "", at, error=error)
        elif errand.way.own:
            raise _raised(trouble)
        else:
            self.gathering.shut_out(errand.way, error, at)

    def _undone(self, errand: _Errand, reason: str) -> None:
        if errand.share is not None:
            self.gathering.miss(errand.share, reason, self.clock())
        elif errand.way.own:
            raise CollectError(f"the account could not be entered: {reason}")
        else:
            self.gathering.not_entered(errand.way, reason, self.clock())
