"""MON02, MON03: what rings."""

from __future__ import annotations

from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at, attested
from handbook.model.declared import Declared
from handbook.model.deploy import Deploy
from handbook.model.facts import Fact, Found
from handbook.model.monitoring import Alert, AlertClass, Monitoring, Objective
from handbook.model.profile import Profile
from handbook.model.readiness import Level
from handbook.model.watched import owned

EACH = 3  # places shown of each class
_MANAGED = frozenset({"CloudRun", "KnativeService"})
SEARCHED = (
    "Prometheus rules, PrometheusRule",
    "Grafana alerting and dashboards",
    "OpenSLO, Sloth, Pyrra",
    "Terraform, CloudFormation",
    "ServiceMonitor, PodMonitor, scrape_configs",
    "monitoring sheets in Markdown",
)
_BURN = ("budget", "burn", "availab")


class ServiceAlerts(Rule):
    """Alerts ring when it is down, slow, or gets less than it should.

    ## What it does
    Sorts the service's alert rules by what they watch, by name and expression, and looks for one
    on uptime, one on latency and one on throughput.

    ## Why
    A service that is down is found by its users, unless something rings first. One that is slow,
    or that gets no requests any more because somebody else broke, is found weeks later.

    ## How to fix
    Write the three as rules: is it there, is it slow (p95 over some minutes), is it getting less
    than at the same time last week?

    ## Equivalents
    Prometheus and PrometheusRule (templates of Helm and jsonnet too), Grafana alerting, Google
    Cloud, CloudWatch, Datadog and Azure alerts as Terraform, CloudWatch as CloudFormation. An
    objective with alerts (Sloth, Pyrra, OpenSLO with a policy) counts for what it is about, an
    alert on a burnt error budget as uptime, an alert on a queue's length or lag as throughput.
    """

    code = "MON02"
    version = 2
    level: ClassVar[Level] = "bronze"
    statements = (16,)
    page = "run/alerts/#service"

    def check(
        self,
        monitoring: Fact[Monitoring],
        deploy: Fact[Deploy],
        declared: Fact[Declared],
        profile: Found[Profile],
        today: str,
    ) -> Verdict:
        """Pass with all three, warn with some, fail with none."""
        if reason := not_deployed(profile.value, deploy):
            return Verdict("na", reason)
        if profile.value.kind == "job":
            return Verdict("na", "It is a job: nobody waits for its answer.")
        known = value_of(monitoring)
        spots = {
            "uptime": [*_of(known, "uptime"), *_burning(known)],
            "latency": _of(known, "latency"),
            "throughput": _of(known, "throughput", "queue"),
        }
        fix = "Add an alert rule for each, with `for`, a severity and a link to the runbook."
        verdict = softened(_by_class(spots, known, fix), profile.value, deploy, known)
        return or_attested(verdict, self.code, declared, today)


def _of(known: Monitoring, *kinds: AlertClass) -> list[Alert | Objective]:
    goals = [item for item in known.objectives if item.kind in kinds and item.alerting]
    return [*known.of(*kinds), *goals]


def _burning(known: Monitoring) -> list[Alert]:
    """Alerts on errors whose name says that too many of them mean it is not available."""
    return [
        alert for alert in known.of("errors") if any(word in alert.name.lower() for word in _BURN)
    ]


def _by_class(spots: dict[str, list[Alert | Objective]], known: Monitoring, fix: str) -> Verdict:
    lacking = [name for name, found in spots.items() if not found]
    places = tuple(at(item.spot) for found in spots.values() for item in found[:EACH])
    if not lacking:
        return Verdict("pass", f"There are alerts on {_listed(list(spots))}.", places)
    if places:
        return Verdict("warn", f"No alert on {_listed(lacking)}.", places, SEARCHED, fix)
    if known.alerts:
        others = ", ".join(dict.fromkeys(alert.kind for alert in known.alerts))
        message = f"No alert on {_listed(lacking)}; there are some on: {others}."
        seen = tuple(at(alert.spot) for alert in known.alerts[:EACH])
        return Verdict("warn", message, seen, SEARCHED, fix)
    if known.unread:
        message = "Files that look like alerts could not be read."
        return Verdict("warn", message, tuple(at(spot) for spot in known.unread), SEARCHED, fix)
    return Verdict("fail", f"No alert on {_listed(lacking)}.", (), SEARCHED, fix)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]


class MachineAlerts(Rule):
    """Alerts ring before disk, CPU or memory run out.

    ## What it does
    Looks for alert rules on disk, CPU and memory, and whether each has a threshold and says how it
    is triggered: for how long, over which window, how severe, to whom.

    ## Why
    A full disk takes the database with it, and it fills for days before. An alert without a
    threshold is a wish, one without a trigger rings for every spike until everybody mutes it.

    ## How to fix
    Write one rule for each, such as less than 15 % of the disk left for 15 minutes, with a
    severity and a receiver.

    ## Equivalents
    As for MON02. Inodes and volumes count as disk, throttling and load as CPU, out-of-memory kills
    as memory. Where only managed platforms run it (Cloud Run, Knative), it does not apply. Alerts
    that a platform team keeps elsewhere can be attested in `.handbook.yml`.
    """

    code = "MON03"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (17,)
    page = "run/alerts/#machines"

    def check(
        self,
        monitoring: Fact[Monitoring],
        deploy: Fact[Deploy],
        declared: Fact[Declared],
        profile: Found[Profile],
        today: str,
    ) -> Verdict:
        """Pass with all three, each with threshold and trigger; warn with some; else fail."""
        if reason := not_deployed(profile.value, deploy):
            return Verdict("na", reason)
        workloads = owned(deploy.value) if isinstance(deploy, Found) else ()
        if workloads and all(item.kind in _MANAGED for item in workloads):
            return Verdict("na", "A managed platform looks after disk, CPU and memory.")
        known = value_of(monitoring)
        kinds: tuple[AlertClass, ...] = ("disk", "CPU", "memory")
        spots: dict[str, list[Alert | Objective]] = {kind: [*known.of(kind)] for kind in kinds}
        fix = "Add an alert rule for each, with a threshold, `for`, and a severity or receiver."
        verdict = _by_class(spots, known, fix)
        if verdict.status == "pass":
            verdict = _complete(known, kinds) or verdict
        verdict = softened(verdict, profile.value, deploy, known)
        return or_attested(verdict, self.code, declared, today)


def _complete(known: Monitoring, kinds: tuple[AlertClass, ...]) -> Verdict | None:
    """Warn where all alerts of a class lack a threshold or a trigger."""
    vague = {
        kind: known.of(kind)
        for kind in kinds
        if not any(alert.comparator and alert.triggered for alert in known.of(kind))
    }
    if not vague:
        return None
    places = tuple(at(alert.spot) for alerts in vague.values() for alert in alerts[:EACH])
    message = f"The alerts on {_listed(list(vague))} lack a threshold, or how they are triggered."
    fix = "Give them a comparison, `for`, and a severity or receiver."
    return Verdict("warn", message, places, fix=fix)


def not_deployed(profile: Profile, deploy: Fact[Deploy]) -> str:
    """Say why nothing needs to be watched; "" where something does."""
    if not profile.runs:
        return f"It does not run: {profile.because}."
    found = deploy.value if isinstance(deploy, Found) else Deploy()
    if not found.deployed and not profile.declared:
        return "Nothing in it says how it is deployed."
    local = bool(found.workloads) and all(item.source == "compose" for item in found.workloads)
    if local and not (owned(found) or profile.declared or found.gitops or found.deploy_jobs):
        return "Its compose file only starts what others made, and nothing else deploys it."
    return ""


def value_of(monitoring: Fact[Monitoring]) -> Monitoring:
    """Return what was found, nothing where it is absent."""
    return monitoring.value if isinstance(monitoring, Found) else Monitoring()


def softened(
    verdict: Verdict, profile: Profile, deploy: Fact[Deploy], known: Monitoring
) -> Verdict:
    """Return a failure as a warning where what is missing may well be elsewhere."""
    if verdict.status != "fail":
        return verdict
    if known.elsewhere:
        places = tuple(at(spot) for spot in known.elsewhere)
        message = f"{verdict.message} What these bring along is not in the repo."
        return Verdict("warn", message, places, verdict.searched, verdict.fix)
    found = deploy.value if isinstance(deploy, Found) else Deploy()
    local = all(item.source == "compose" for item in found.workloads)
    if local and not (profile.declared or found.gitops or found.deploy_jobs):
        message = f"{verdict.message} Only a compose file says how it runs."
        places = (*verdict.evidence, *(at(item.spot) for item in found.workloads[:EACH]))
        return Verdict("warn", message, tuple(dict.fromkeys(places)), verdict.searched, verdict.fix)
    return verdict


def or_attested(verdict: Verdict, code: str, declared: Fact[Declared], today: str) -> Verdict:
    """Return what the repo attests where its files show too little."""
    if verdict.status in ("pass", "na"):
        return verdict
    return attested(code, declared, today) or verdict
