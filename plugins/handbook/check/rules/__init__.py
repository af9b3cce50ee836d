"""The handbook's rules, a module for each family, in the order of the reports."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from handbook.check.rule import Rule, registry
from handbook.check.rules import (
    choices,
    code,
    docs,
    examples,
    guides,
    interfaces,
    leaks,
    plan,
    support,
    team,
    tools,
)
from handbook.model.collected import FACTS

RULES: list[type[Rule]] = [
    plan.PressRelease,
    plan.ImpactAndFeatures,
    plan.FunctionalSpec,
    plan.BugDetails,
    interfaces.ApiByDefinition,
    interfaces.EngineeringDocs,
    docs.MaintainersListed,
    docs.SetUp,
    guides.DeployGuide,
    tools.Hooks,
    code.HappyPath,
    code.TypeHints,
    code.NoEndedPython,
    leaks.NoSecrets,
    interfaces.ApiThenTests,
    examples.TestsAsApiDocs,
    choices.MaintainedApis,
    team.BelowTheServer,
    team.BackendEarly,
    choices.Ecosystems,
    choices.AsStandardAsPossible,
    tools.WellMaintained,
    support.LongSupport,
    tools.FewDependencies,
]


@functools.cache
def rules() -> Mapping[str, type[Rule]]:
    """Return every rule by its code.

    Raises:
        RuleError: a rule is not what a rule must be.
    """
    return registry(RULES, frozenset({*FACTS, "profile", "today"}))
