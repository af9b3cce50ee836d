"""The whole service on one machine, in one folder: for development, tests and the demo."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from fraud_score.local.guard import Guard
from fraud_score.local.part import Part, PartError, Recipe, run
from fraud_score.local.postgres import Postgres
from fraud_score.local.recipes import Plan, Recipes

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds before a part that died is started again; doubled while it keeps dying."""


class Stack:
    """The service's parts, running while the ``with`` block runs, and no longer.

    Args:
        plan: What to start.
        guard: Ends the parts, when it ends; one of the stack's own when None.
        say: Told of each part that died and is started again.

    Attributes:
        parts: ``postgres``, ``model-server``, ``worker-1``..., ``trainer``, ``drift`` and ``api``,
            as far as the plan has them, in the order they were started.

    Raises:
        PartError: A part does not start; the message shows the end of its log.
        PostgresError: The same, for the database.
    """

    def __init__(
        self,
        plan: Plan,
        guard: Guard | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        given = "" if plan.starts_model_server else plan.model_server
        self._recipes = Recipes(plan, plan.database_url, given)
        self._say = say
        self._guard = guard or Guard()
        self._own_guard = guard is None
        self._cleanup = contextlib.ExitStack()
        self._closing = threading.Event()
        self.parts: dict[str, Part | Postgres] = {}

    def __enter__(self) -> Self:
        """Start all parts and wait until each is ready."""
        self._recipes.plan.folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as started:
            if self._own_guard:
                started.enter_context(self._guard)
            self._start()
            if self._recipes.plan.supervise:
                watcher = threading.Thread(target=self._supervise, name="supervisor")
                watcher.start()
                started.callback(watcher.join)
                started.callback(self._closing.set)
            self._cleanup = started.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all parts, the last one started first."""
        self._cleanup.close()

    @property
    def url(self) -> str:
        """Address of the API."""
        return self.parts["api"].url

    @property
    def model_url(self) -> str:
        """REST address of the model server; gRPC answers on the port after it."""
        return self._recipes.model_url

    @property
    def database_url(self) -> str:
        """Address of the database."""
        return self._recipes.database_url

    def kill(self, name: str) -> None:
        """End a part at once, as a crash would: ``kill -9``."""
        self.parts[name].kill()

    def restart(self, name: str) -> float:
        """Start a part again, after a :meth:`kill` if it still runs.

        Returns:
            Seconds until it was ready.
        """
        self.kill(name)
        began = time.monotonic()
        self.parts[name].start()
        return time.monotonic() - began

    def run(self, name: str, *command: str) -> None:
        """Run a command of ``fraud-score`` to its end, with the settings of the parts.

        Args:
            name: What to call its log.
            command: Its arguments.

        Raises:
            PartError: It failed.
        """
        run(self._guard, name, self._recipes.service(name, *command))

    def _start(self) -> None:
        plan = self._recipes.plan
        # It needs seconds to load TensorFlow: it does while the database is set up.
        server = self._launch(self._recipes.model_server()) if plan.starts_model_server else None
        if not plan.database_url:
            self.parts["postgres"] = postgres = Postgres(plan.folder / "postgres", self._guard)
            postgres.open()
            self._recipes = dataclasses.replace(self._recipes, database_url=postgres.url)
        if not plan.prepared:
            self.run("migrate", "migrate")
            self.run("reference", "reference", str(_newest(plan.models / plan.model_name)))
        if server:
            server.wait()
            self._recipes = dataclasses.replace(self._recipes, model_url=server.url)
        others = [self._recipes.worker(f"worker-{n}") for n in range(1, plan.workers + 1)]
        others += [self._recipes.trainer()] if plan.trainer else []
        others += [self._recipes.drift()] if plan.drift_seconds else []
        others += [self._recipes.api()]
        for part in [self._launch(recipe) for recipe in others]:
            part.wait()

    def _launch(self, recipe: Recipe) -> Part:
        self.parts[recipe.name] = part = Part(recipe, self._guard)
        part.launch()
        return part

    def _supervise(self) -> None:
        """Start again what died, after a pause that grows while it keeps dying."""
        pauses = dict.fromkeys(self.parts, FIRST_PAUSE)
        due = dict.fromkeys(self.parts, 0.0)
        while not self._closing.wait(0.05):
            now = time.monotonic()
            for name, part in self.parts.items():
                if part.running:
                    continue
                if not due[name] or now - due[name] > 2 * LONGEST_PAUSE:
                    pauses[name] = FIRST_PAUSE
                if now < due[name]:
                    continue
                self._say(f"{name} died; starting it again")
                part.launch()
                due[name] = now + pauses[name]
                pauses[name] = min(2 * pauses[name], LONGEST_PAUSE)


def _newest(folder: Path) -> Path:
    versions = [entry for entry in folder.glob("*") if entry.name.isdigit()]
    if not versions:
        raise PartError(f"{folder}: no model version; train one first: fraud-score demo does")
    return max(versions, key=lambda entry: int(entry.name))
