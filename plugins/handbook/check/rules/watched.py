"""MON01: what is watched on each workload."""

from __future__ import annotations

from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.monitoring import (
    EACH,
    SEARCHED,
    not_deployed,
    or_attested,
    softened,
    value_of,
)
from handbook.check.rules.shared import at
from handbook.model.declared import Declared
from handbook.model.deploy import Deploy
from handbook.model.facts import Fact, Found
from handbook.model.monitoring import Monitoring, instrumented, metrics_of
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Source, Spot
from handbook.model.watched import Watched, watched_in


class Parameters(Rule):
    """What is monitored is listed for each workload.

    ## What it does
    Looks at each workload that stays up: is it in a monitoring sheet, is it scraped, does an alert
    name it, does it send numbers by itself?

    ## Why
    What nobody listed, nobody watches. On the night it fails, the first question is what there is
    to look at, and the answer must not be a search.

    ## How to fix
    Write a table into `docs/monitoring.md` with a row for each workload: what is watched on it, who
    owns it, which part of the dashboard shows it. Add a ServiceMonitor, PodMonitor or scrape job.

    ## Equivalents
    A table with a column of workloads and one of parameters, metrics or signals. ServiceMonitor,
    PodMonitor, PodMonitoring, `scrape_configs`, scrape annotations. Alerts that name the workload.
    OpenTelemetry, Datadog, New Relic, Elastic APM or Sentry set up by the container's environment.

    ## Example
    ```markdown
    | Workload | Owner | Parameters | Dashboard row |
    |----------|-------|------------|---------------|
    | API | @acme/risk | uptime, requests by status, latency (p95) | Service |
    ```
    """

    code = "MON01"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (15,)
    page = "run/monitoring/#what"

    def check(  # noqa: PLR0913, PLR0917 - one for each fact
        self,
        monitoring: Fact[Monitoring],
        deploy: Fact[Deploy],
        source: Fact[Source],
        declared: Fact[Declared],
        profile: Found[Profile],
        today: str,
    ) -> Verdict:
        """Pass when every workload is watched, warn when some are, fail when none is."""
        if reason := not_deployed(profile.value, deploy):
            return Verdict("na", reason)
        known = value_of(monitoring)
        found = watched_in(deploy.value if isinstance(deploy, Found) else None, known)
        workloads = [item for item in found if item.spot is not None and not item.ends]
        if workloads:
            verdict = _of_workloads(workloads, known, source)
        else:
            verdict = _of_service(found, known, source)
        verdict = softened(verdict, profile.value, deploy, known)
        return or_attested(verdict, self.code, declared, today)


def _of_workloads(workloads: list[Watched], known: Monitoring, source: Fact[Source]) -> Verdict:
    bare = [item for item in workloads if not item.watched]
    places = tuple(place for item in workloads for place in _places(item)[:2])
    if not bare:
        names = ", ".join(item.name for item in workloads[:8])
        return Verdict("pass", f"Watched: {names}.", places)
    lacking = ", ".join(item.name for item in bare[:8]) + ("…" if len(bare) > 8 else "")
    spots = tuple(at(item.spot) for item in bare[:10] if item.spot)
    fix = "Add a row for each to the table in `docs/monitoring.md`, and have it scraped."
    if len(bare) < len(workloads):
        return Verdict("warn", f"Nothing watches {lacking}.", spots, SEARCHED, fix)
    measured = _measured(source, known)
    if measured:
        message = f"Something is measured, but nothing says what is watched on {lacking}."
        return Verdict("warn", message, (*measured, *spots), SEARCHED, fix)
    return Verdict("fail", f"Nothing is watched on {lacking}.", spots, SEARCHED, fix)


def _of_service(found: tuple[Watched, ...], known: Monitoring, source: Fact[Source]) -> Verdict:
    """Judge a service whose workloads are not known."""
    places = tuple(at(row.spot) for item in found for row in item.rows)
    places += tuple(at(item.spot) for item in known.scrapes)
    if places:
        return Verdict("pass", "What is watched is listed.", places[:20])
    fix = "List what is watched in a table in `docs/monitoring.md`."
    if measured := _measured(source, known):
        message = "Something is measured, but nothing lists what is watched."
        return Verdict("warn", message, measured, SEARCHED, fix)
    return Verdict("fail", "Nothing is watched.", (), SEARCHED, fix)


def _measured(source: Fact[Source], known: Monitoring) -> tuple[Evidence, ...]:
    """Return where anything is measured or rings, whatever it is about."""
    spots: list[Spot] = [alert.spot for alert in known.alerts[:EACH]]
    spots += [item.spot for item in known.dashboards[:EACH]]
    spots += [item.spot for item in known.scrapes[:EACH]]
    if isinstance(source, Found):
        spots += [metric.spot for metric in list(metrics_of(source.value))[:EACH]]
        spots += [spot for _, spot in instrumented(source.value)]
    return tuple(dict.fromkeys(at(spot) for spot in spots))[:10]


def _places(item: Watched) -> list[Evidence]:
    spots = [row.spot for row in item.rows] + [scrape.spot for scrape in item.scrapes]
    spots += [alert.spot for alert in item.alerts]
    found = [at(spot) for spot in spots]
    return found or ([at(item.spot)] if item.spot else [])
