"""Clients ask for runs while a schedule, made from a seed, hurts the stack again and again."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random

from netra.chaos.faults import Fault
from netra.chaos.verdict import Evidence, Verdict, judge
from netra.trial import inside, ledger
from netra.trial.asking import Asking
from netra.trial.client import TrialClient
from netra.trial.journal import Journal
from netra.trial.script import Script
from netra.trial.stack import Stack
from netra.trial.visitor import Visitor

FIRST_FAULT_SECONDS = (0.5, 1.5)
PAUSES_SECONDS = (0.1, 0.3)  # of scripts; a run of nine pauses takes 1 to 3 s
OPERATOR_SECONDS = 1.0  # what an operator waits for effects that are under way
LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is asked for, and how long it may take (s)."""

    seed: int = 1
    runs: int = 200
    clients: int = 20
    patience: float = 120.0  # for the end of a run
    settle: float = 6.0  # listening on in the end; positions are checked every 5 s


Progress = Callable[[int, int], None]
"""Told how many runs have ended and how many faults there were."""


class Trial:
    """One fault on a stack that is running, with a token of each user."""

    def __init__(
        self,
        stack: Stack,
        tokens: Mapping[str, str],
        fault: Fault,
        plan: Plan,
        progress: Progress = lambda ended, faults: None,
    ) -> None:
        self._stack = stack
        self._fault = fault
        self._plan = plan
        self._progress = progress
        self._journal = Journal()
        self._scripts = deque(self._make_scripts())
        self._tokens = dict(list(tokens.items())[: plan.clients])
        self._clients = {name: self._client(name) for name in self._tokens}
        self._faults_at: list[tuple[float, list[Asking]]] = []
        self._dead: list[str] = []
        self._done = asyncio.Event()
        self._ended = 0

    async def run(self) -> Verdict:
        """Raises ProcessFailed if the stack cannot be mended."""
        labels = {script.label for script in self._scripts}
        sockets = [asyncio.create_task(client.open()) for client in self._clients.values()]
        try:
            async with Visitor(self._stack.webs, self._journal) as visitor:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._injure())
                    group.create_task(self._ask(visitor))
                await asyncio.sleep(self._plan.settle)
        finally:
            for socket in sockets:
                socket.cancel()
            await asyncio.gather(*sockets, return_exceptions=True)
        return judge(await self._evidence(labels))

    # --- the clients -----------------------------------------------------------------------------

    def _make_scripts(self) -> Iterable[Script]:
        random = self._random("scripts")
        for number in range(1, self._plan.runs + 1):
            label = f"{self._fault.name}-{self._plan.seed}-{number}"
            yield Script(label, pause=round(random.uniform(*PAUSES_SECONDS), 3))

    def _client(self, name: str) -> TrialClient:
        return TrialClient(
            self._tokens[name],
            self._stack.webs,
            self._journal,
            random=self._random(name),
            decide=self._decide,
        )

    def _random(self, purpose: str) -> Random:
        return Random(f"{self._plan.seed} {self._fault.name} {purpose}")  # noqa: S311 - repeatable

    async def _ask(self, visitor: Visitor) -> None:
        await asyncio.gather(*(self._ask_as(name, visitor) for name in self._clients))
        self._done.set()

    async def _ask_as(self, name: str, visitor: Visitor) -> None:
        """One run after another, as long as there are any."""
        client = self._clients[name]
        cutting = None
        if self._fault.cuts:
            random = self._random(f"cuts of {name}")
            cutting = asyncio.create_task(self._cut(client, *self._fault.cuts, random))
        while self._scripts:
            asking = await client.perform(
                self._scripts.popleft(), agent=inside.AGENT, patience=self._plan.patience
            )
            self._ended += 1
            self._progress(self._ended, len(self._faults_at))
            if asking.delivery.end:
                await visitor.compare(asking, self._tokens[name])
        if cutting:
            cutting.cancel()

    async def _decide(self, entry: str) -> str:
        """
        A careful operator's answer to a call that was cut off.

        A worker that is frozen or ending may still let the call take effect: only when there is
        none, the ledger tells whether it has.
        """
        # Nobody tells when a process has got ready.
        while any(not worker.is_up or worker.is_frozen for worker in self._stack.workers):  # noqa: ASYNC110
            await asyncio.sleep(LOOK_SECONDS)
        await asyncio.sleep(OPERATOR_SECONDS)
        return "deny" if ledger.effects(self._stack.home)[entry] else "approve"

    # --- the faults ------------------------------------------------------------------------------

    async def _cut(self, client: TrialClient, least: float, most: float, random: Random) -> None:
        while True:
            await asyncio.sleep(random.uniform(least, most))
            if client.cut():
                self._note([client])

    async def _injure(self) -> None:
        """The fault, again and again until all runs have ended; the last one is mended too."""
        random = self._random("faults")
        wait = random.uniform(*FIRST_FAULT_SECONDS)
        while self._fault.inject and not await self._is_done_within(wait):
            await self._mend()
            self._note(self._clients.values())
            await self._fault.inject(self._stack, random)
            wait = random.uniform(*self._fault.every)
        await self._mend()

    async def _is_done_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._done.wait()
        except TimeoutError:
            return False

    async def _mend(self) -> None:
        """Note what has died without being killed, and start it again."""
        for process in self._stack.processes:
            if process.is_up and not process.lives:
                self._dead.append(f"{process.name} with code {process.wait()}")
                await asyncio.to_thread(process.start)

    def _note(self, clients: Iterable[TrialClient]) -> None:
        hurt = [ask for client in clients for ask in client.askings if not ask.done.is_set()]
        self._faults_at.append((time.monotonic(), hurt))
        self._progress(self._ended, len(self._faults_at))

    async def _evidence(self, labels: set[str]) -> Evidence:
        stored = await asyncio.to_thread(self._stack.call, inside.review)
        effects = ledger.effects(self._stack.home)
        return Evidence(
            fault=self._fault.name,
            askings=[asking for client in self._clients.values() for asking in client.askings],
            journal=self._journal,
            stored=[row for row in stored if row["label"] in labels],
            effects=Counter(
                {
                    entry: count
                    for entry, count in effects.items()
                    if entry.partition("/")[0] in labels
                }
            ),
            faults_at=self._faults_at,
            dead=self._dead,
        )
