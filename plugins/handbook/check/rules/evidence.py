"""MON04 and MON05: what normal looks like, and how good is good enough."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.monitoring import not_deployed, or_attested, softened, value_of
from handbook.check.rules.shared import at
from handbook.model.declared import Declared
from handbook.model.deploy import Deploy
from handbook.model.facts import Fact, Found
from handbook.model.monitoring import STALE_DAYS, Monitoring
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level

_PICTURES = ("dashboards as JSON or Terraform", "monitoring/screenshots/*-YYYY-MM-DD.png")
_OBJECTIVES = ("OpenSLO, Sloth, Pyrra", "objectives as Terraform", "a section on SLOs in Markdown")


class DatedDashboards(Rule):
    """Dashboards are kept as code, or pictured with a date.

    ## What it does
    Looks for dashboards as code, and for pictures of dashboards whose name, folder or note bears a
    day. A picture is too old after 30 days.

    ## Why
    On the night of an incident nobody remembers what normal looked like. A picture with a date
    shows it, and shows that somebody looked that day.

    ## How to fix
    Export the dashboard as JSON into `monitoring/dashboards/`. Or name it in `.handbook.yml` below
    `dashboards`, and run `handbook screenshot`: it stores today's picture with its date.

    ## Equivalents
    Grafana, Datadog, Google Cloud and CloudWatch dashboards as JSON, in a ConfigMap or as
    Terraform. Any picture below a folder such as `monitoring/`, `dashboards/` or `evidence/` with
    a day in its name, in its folder, or in a file of the same name beside it (`date: 2026-01-31`).
    StackDriver, which a source names, is called Google Cloud Monitoring today.
    """

    code = "MON04"
    version = 2
    level: ClassVar[Level] = "gold"
    statements = (18,)
    page = "run/evidence/#pictures"

    def check(
        self,
        monitoring: Fact[Monitoring],
        deploy: Fact[Deploy],
        declared: Fact[Declared],
        profile: Found[Profile],
        today: str,
    ) -> Verdict:
        """Pass with a dashboard as code or a fresh picture, warn with an old one, else fail."""
        if reason := not_deployed(profile.value, deploy):
            return Verdict("na", reason)
        known = value_of(monitoring)
        ends = [_stale_from(picture.day) for picture in known.screenshots]
        # Pages mark each picture as old from its day on: the next such day renews them.
        until = min((day for day in ends if day > today), default="")
        fresh = [item for item in known.screenshots if _stale_from(item.day) > today]
        pictures = tuple(Evidence(item.path, 0, item.day) for item in fresh[:10])
        boards = tuple(at(item.spot) for item in known.dashboards[:10])
        if boards or pictures:
            what = "Dashboards are kept as code." if boards else "The pictures are recent."
            return Verdict("pass", what, (*boards, *pictures), until=until)
        fix = "Export the dashboard as JSON, or run `handbook screenshot`."
        if known.screenshots:
            newest = max(known.screenshots, key=lambda item: item.day)
            message = f"The newest picture of a dashboard is of {newest.day}."
            place = (Evidence(newest.path, 0, newest.day),)
            verdict = Verdict("warn", message, place, fix=fix, until=until)
        elif isinstance(declared, Found) and declared.value.dashboards:
            links = declared.value.dashboards
            places = tuple(Evidence(x.origin.path, x.origin.line, x.title) for x in links)
            message = "Dashboards are named, but there is no picture of them."
            verdict = Verdict("warn", message, places, _PICTURES, fix)
        else:
            verdict = Verdict("fail", "No dashboard as code, no dated picture.", (), _PICTURES, fix)
            verdict = softened(verdict, profile.value, deploy, Monitoring())
        return or_attested(verdict, self.code, declared, today)


def _stale_from(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=STALE_DAYS + 1)).isoformat()


class Objectives(Rule):
    """It is written down how good is good enough.

    ## What it does
    Looks for service level objectives: as code, or as a section of a document with shares to
    reach, together with alerts.

    ## Why
    Without an objective, every error is urgent or none is. With one, a team knows when to stop
    polishing and when to stop shipping, and an alert can ring for what users notice.

    ## How to fix
    Write two or three: which share of requests must succeed, and be faster than what, over which
    time. Put them into the specification below a heading with "service level objectives", or into
    Sloth, Pyrra or OpenSLO, which make the alerts from them.

    ## Equivalents
    OpenSLO, Nobl9, Sloth, Pyrra; `google_monitoring_slo` and `datadog_service_level_objective` as
    Terraform; a section on SLOs in Markdown where there are alerts as well.
    """

    code = "MON05"
    version = 2
    level: ClassVar[Level] = "gold"
    page = "run/alerts/#objectives"

    def check(
        self,
        monitoring: Fact[Monitoring],
        deploy: Fact[Deploy],
        declared: Fact[Declared],
        profile: Found[Profile],
        today: str,
    ) -> Verdict:
        """Pass with objectives as code or watched by alerts, warn when only written, else fail."""
        if reason := not_deployed(profile.value, deploy):
            return Verdict("na", reason)
        if profile.value.kind == "job":
            return Verdict("na", "It is a job: nobody waits for its answer.")
        known = value_of(monitoring)
        coded = [item for item in known.objectives if not item.written]
        places = tuple(at(item.spot) for item in (coded or known.objectives)[:10])
        if coded:
            names = ", ".join(f"{item.name} {item.target}".strip() for item in coded[:5])
            return Verdict("pass", f"Objectives as code: {names}.", places)
        if places and known.alerts:
            return Verdict("pass", "Objectives are written down, and alerts watch.", places)
        fix = "Write down which share of requests must succeed, and how fast, and alert on it."
        if places:
            message = "Objectives are written down, but no alert watches them."
            verdict = Verdict("warn", message, places, fix=fix)
        else:
            verdict = Verdict("fail", "No objective says how good is enough.", (), _OBJECTIVES, fix)
            verdict = softened(verdict, profile.value, deploy, Monitoring())
        return or_attested(verdict, self.code, declared, today)
