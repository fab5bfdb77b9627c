"""What the trials of one session share: the testbed, the CPUs, a temporary folder."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Self

from harness import account, outputs
from harness.consumer.command import Command, Recipe
from harness.drain_trial import run_drain_trial
from harness.load_trial import run_load_trial
from harness.machine.runfolder import run_folder, running_sessions
from harness.machine.streams import say
from harness.pair import Half, run_pair
from harness.probes.backlog import Backlog, Stall
from harness.probes.instructions import callgrind
from harness.probes.outside import Probing
from harness.tools import command_of
from harness.tools.words import foreign_words
from harness.trial import Identity, OnProgress, Place, Tree, choose_place
from harness.workers import Consumer, NeverReady, Start, Traffic, start_consumer
from results.check.blocks import Arm, window_order
from results.foreign import Foreign
from results.plan import Step
from results.trial import Setting, Trial
from traffic.discovery import load_kind
from traffic.own_kind import KindRaised
from traffic.testbed import Testbed

Trees = Mapping[tuple[str, Arm], Tree | None]


class Rig(ExitStack):
    """Runs trials one after the other, as a context manager.

    `traces` names the files that modes fill, by the trial's number; the others fill a temporary one. `trees` says, by
    mode and arm, where consumer processes come from, if not from here; `pythons` holds the interpreters of settings.
    """

    def __init__(
        self,
        *,
        session: str,
        seed: int,
        traces: Mapping[int, Path] = MappingProxyType({}),
        trees: Trees = MappingProxyType({}),
        probing: Probing = Probing(),  # noqa: B008 - frozen
        pythons: Mapping[str, Path] = MappingProxyType({}),
    ) -> None:
        super().__init__()
        self._probing = probing
        self._session = session
        self._seed = seed
        self._traces = traces
        self._trees = trees
        self._pythons = pythons
        self._beds: list[Testbed] = []

    def __enter__(self) -> Self:
        self._folder = self.enter_context(run_folder())
        for process in running_sessions():
            say(f"bench: process {process} is a bench session too: the numbers of both suffer")
        self._place = choose_place()
        return self

    def run(self, step: Step, *, number: int, on_progress: OnProgress) -> Trial:
        """Run one trial. Raises CannotRun or BadInput when it cannot start; what goes wrong later is in the trial.

        The trials of a block get the same traffic.
        """
        identity, place = self._identity(step, number), self._place_of(step)
        started_at = datetime.now(UTC)
        if step.setting.windows is not None:
            return account.torn(step.setting, identity, started_at=started_at)
        try:
            trial = self._run(step.setting, identity, place, on_progress)
        except NeverReady as failed:
            trial = account.unopened(step.setting, identity, started_at=started_at, failed=failed)
        except KindRaised as error:
            trial = account.unsent(step.setting, identity, started_at=started_at, error=error)
        return dataclasses.replace(trial, repeats=step.repeats)

    def run_pair(self, first: Step, second: Step, *, number: int) -> tuple[Trial, ...]:
        """Run both halves of a pair, in the order of windows that its coins give; `number` is the first one's.

        Raises as `run` does.
        """
        assert first.setting.windows is not None
        halves: dict[Arm, Half] = {}
        for own, step in enumerate((first, second), start=number):
            assert step.arm is not None
            halves[step.arm] = Half(
                setting=step.setting,
                identity=self._identity(step, own),
                place=self._place_of(step),
                output=partial(self._output, step.setting, own),
            )
        order = window_order(self._seed, first.block, first.setting.windows)
        with ExitStack() as installed:
            started_at = datetime.now(UTC)
            try:
                traffics = [] if first.setting.trial_kind == "drain" else self._traffics(first.setting, installed)
                return tuple(run_pair(halves, order, probing=self._probing, traffics=traffics))
            except KindRaised as error:
                return tuple(
                    account.unsent(half.setting, half.identity, started_at=started_at, error=error)
                    for half in halves.values()
                )

    def _traffics(self, setting: Setting, installed: ExitStack) -> list[Traffic]:
        """Set a drop kind up for each producer, until the context ends."""
        traffics = []
        for number in range(setting.producers):
            kind, bed = load_kind(setting.traffic), self._testbed(number)
            frames = installed.enter_context(kind.installed(bed))
            traffics.append(Traffic(kind=kind, bed=bed, frames=frames))
        return traffics

    def _identity(self, step: Step, number: int) -> Identity:
        block = step.block
        return Identity(session=self._session, number=number, block=block, seed=self._seed + block, arm=step.arm)

    def _place_of(self, step: Step) -> Place:
        tree = None if step.arm is None else self._trees.get((step.setting.mode, step.arm))
        version = step.setting.python
        python = None if version is None else self._pythons[version]
        return dataclasses.replace(self._place, consumer_tree=tree, consumer_python=python)

    def _run(self, setting: Setting, identity: Identity, place: Place, on_progress: OnProgress) -> Trial:
        with self._output(setting, identity.number) as output_fd, self._consumers(setting) as (start, detach):
            if setting.trial_kind == "drain":
                return run_drain_trial(
                    setting, identity=identity, place=place, output_fd=output_fd, probing=self._probing, start=start
                )
            looks = Backlog(on_progress) if setting.stall_s is None else Stall(on_progress, setting.stall_s)
            with ExitStack() as installed:
                trial = run_load_trial(
                    setting,
                    self._traffics(setting, installed),
                    identity=identity,
                    place=place,
                    output_fd=output_fd,
                    on_progress=looks.look,
                    probing=self._probing,
                    start=start,
                    detach=detach,
                )
            return dataclasses.replace(trial, metrics={**trial.metrics, **looks.metrics()})

    def _testbed(self, number: int = 0) -> Testbed:
        """Make a producer's testbed at the first trial that needs it; all have the session's one tag."""
        while len(self._beds) <= number:
            self._beds.append(self.enter_context(Testbed(self._beds[0].tag if self._beds else None)))
        return self._beds[number]

    def _output(self, setting: Setting, number: int) -> AbstractContextManager[int | None]:
        """Open what the consumer of a trial writes to."""
        if setting.foreign is not None:
            return contextlib.nullcontext()
        return outputs.opened(setting.mode, self._traces.get(number), self._folder)

    @contextlib.contextmanager
    def _consumers(self, setting: Setting) -> Iterator[tuple[Start, Callable[[], None] | None]]:
        """Yield how the consumer of a trial is started, and what ends its observing, if it does not do so itself."""
        if setting.foreign is not None:
            yield starting(self._recipe(setting, setting.foreign)), None
        elif setting.pass_ == "instructions":
            yield partial(start_consumer, under=callgrind(self._folder / "callgrind.out")), None
        else:
            yield partial(start_consumer, beds=[self._testbed(number) for number in range(setting.producers)]), None

    def _recipe(self, setting: Setting, foreign: Foreign) -> Recipe:
        """Say how the command of a setting is run."""
        return command_of(foreign_words(setting.mode), foreign)


def starting(recipe: Recipe) -> Start:
    """Return what starts a command as the consumer of a trial."""

    def start(
        _setting: Setting, _tag: bytes | None, place: Place, output_fd: int | None, _probing: Probing
    ) -> Consumer:
        return Command(recipe, cpu=place.consumer_cpu, pass_fds=() if output_fd is None else (output_fd,))

    return start
