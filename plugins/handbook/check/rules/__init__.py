"""The handbook's rules, a module for each family, in the order of the reports."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from handbook.check.rule import Rule, registry
from handbook.check.rules import (
    choices,
    code,
    database,
    dataflow,
    docs,
    evidence,
    examples,
    forms,
    guides,
    interfaces,
    leaks,
    learning,
    modelfiles,
    models,
    monitoring,
    plan,
    ready,
    reference,
    running,
    serving,
    shipping,
    startup,
    styles,
    support,
    team,
    tools,
    watched,
    wayback,
)
from handbook.errors import RuleError
from handbook.extensions import COLLECTORS, Extension, extensions
from handbook.extensions import RULES as OWN_RULES
from handbook.model.collected import FACTS

RULES: list[type[Rule]] = [
    plan.PressRelease,
    plan.ImpactAndFeatures,
    plan.FunctionalSpec,
    plan.BugDetails,
    shipping.Trunk,
    shipping.AnybodyDeploys,
    shipping.DeployWhenDone,
    interfaces.ApiByDefinition,
    reference.EngineeringDocs,
    docs.MaintainersListed,
    docs.SetUp,
    forms.FilledIn,
    database.ChangesListed,
    database.IndexesExplained,
    database.WritesExplained,
    watched.Parameters,
    monitoring.ServiceAlerts,
    monitoring.MachineAlerts,
    evidence.DatedDashboards,
    evidence.Objectives,
    guides.DeployGuide,
    wayback.WayBack,
    running.Probes,
    running.Requests,
    modelfiles.MountedModels,
    startup.NoBigDownload,
    tools.Hooks,
    code.HappyPath,
    code.TypeHints,
    code.NoEndedPython,
    leaks.NoSecrets,
    interfaces.ApiThenTests,
    examples.TestsAsApiDocs,
    ready.ReadyWhenReady,
    serving.ModelServer,
    serving.HotPath,
    styles.OneStyle,
    styles.QueuesEverywhere,
    dataflow.CodeToData,
    dataflow.InMemory,
    dataflow.LiveData,
    choices.MaintainedApis,
    team.BelowTheServer,
    team.BackendEarly,
    choices.Ecosystems,
    choices.AsStandardAsPossible,
    learning.Datasets,
    learning.Experiments,
    learning.Tracking,
    models.VersioningScheme,
    models.Drift,
    models.Skew,
    tools.WellMaintained,
    support.LongSupport,
    tools.FewDependencies,
]


@functools.cache
def rules() -> Mapping[str, type[Rule]]:
    """Return every rule by its code: the handbook's, then those of installed packages.

    Raises:
        RuleError: a rule is not what a rule must be.
        ExtensionError: the same, of a rule that a package brings.
    """
    known = frozenset({*FACTS, "profile", "today", *(e.name for e in extensions(COLLECTORS))})
    found = dict(registry(RULES, known))
    for extension in extensions(OWN_RULES):
        found |= _own(extension, found, known)
    return found


def _own(
    extension: Extension, found: Mapping[str, type[Rule]], known: frozenset[str]
) -> Mapping[str, type[Rule]]:
    """Return the rules of one entry point: a class, or a list of classes."""
    value = extension.value
    classes = list(value) if isinstance(value, list | tuple) else [value]
    for item in classes:
        if not (isinstance(item, type) and issubclass(item, Rule)):
            raise extension.wrong(
                f"gives {item!r}, which is no subclass of handbook.check.Rule, nor a list of them"
            )
        if getattr(item, "code", "") in found:
            raise extension.wrong(f"has a rule {item.code}, a code that is taken already")
    try:
        every = registry([*found.values(), *classes], known)
    except RuleError as exc:
        raise extension.wrong(f"has a rule that is none: {exc}") from exc
    return {item.code: every[item.code] for item in classes}
