"""Helm charts: templates read as text, with what the values files say."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec.structs import replace

from handbook.collect.deploy.files import Files
from handbook.collect.deploy.items import TEMPLATED, Item, first_item, read_items
from handbook.collect.deploy.kubernetes import WORKLOADS, workloads_of
from handbook.collect.deploy.patching import Budget, merged
from handbook.collect.deploy.places import environment_in, is_production
from handbook.collect.deploy.templates import Values, filled, soften
from handbook.errors import YamlError
from handbook.model.deploy import Container, Environment, Port, Probe, ProbeKind, Workload
from handbook.model.source import Spot

_TEMPLATES = 200
_ENVIRONMENTS = 8
_VALUES = re.compile(r"(?:^|[._-])values(?:[._-]|$)|^values", re.IGNORECASE)
_KIND = re.compile(r"^kind:\s*[\"']?(?P<kind>\w{1,40})", re.MULTILINE)
_PROBE = re.compile(r"^\s*(?P<kind>liveness|readiness|startup)Probe:", re.MULTILINE)
_SEEN: dict[str, ProbeKind] = {
    "liveness": "liveness",
    "readiness": "readiness",
    "startup": "startup",
}


def read_charts(files: Files) -> Iterator[Workload | Environment]:
    """Give what the charts deploy, in each environment that has values of its own."""
    for folder in files.charts:
        yield from _chart(files, folder, alone=len(files.charts) == 1)


def _chart(files: Files, folder: str, *, alone: bool) -> Iterator[Workload | Environment]:
    about = first_item(files.text(f"{folder}/Chart.yaml"), f"{folder}/Chart.yaml", files.limits)
    templates = [
        entry.path
        for entry in files.tree.under(f"{folder}/templates")
        if entry.path.endswith((".yaml", ".yml")) and "/tests/" not in entry.path
    ]
    path = f"{folder}/values.yaml"
    base = _values(files, path)
    chart = about.get("name").text if about else ""
    version = about.get("appVersion").text if about else ""
    named = _environments(files, folder, alone=alone)
    for name, place in named.items() or {"": ""}.items():
        values = merged(base, _values(files, place), Budget()) if place else base
        if name:
            yield Environment(name, "helm", Spot(place, 1, posixpath.basename(place)))
        known = Values(chart or posixpath.basename(folder), version, values)
        yield from _rendered(files, templates[:_TEMPLATES], known, name, chart)
        if about and about.get("dependencies").items and not templates:
            # All of it is in a chart from elsewhere, which only the values tell anything of.
            needs = about.get("dependencies").spot(f"chart {chart}")
            yield Workload("Chart", chart, needs, "helm", name, templated=True)


def _values(files: Files, path: str) -> Item:
    found = first_item(files.text(path), path, files.limits) if files.tree.exists(path) else None
    return found or Item({}, path, 0)


def _environments(files: Files, folder: str, *, alone: bool) -> dict[str, str]:
    """Map environments to the values file of each: beside the chart, or anywhere if it is alone."""
    found: dict[str, str] = {}
    for path in files.yaml:
        name = posixpath.basename(path)
        near = posixpath.dirname(path) == folder or (
            path.startswith(f"{folder}/") and "/templates/" not in path and "/charts/" not in path
        )
        if name == "values.yaml" and posixpath.dirname(path) == folder:
            continue
        place = environment_in(path.removeprefix(f"{folder}/") if near else path)
        if (near or alone) and place and _VALUES.search(name):
            found.setdefault(place, path)
    return dict(sorted(found.items(), key=lambda pair: not is_production(pair[0]))[:_ENVIRONMENTS])


def _rendered(
    files: Files, templates: list[str], values: Values, environment: str, chart: str
) -> Iterator[Workload]:
    objects: list[Item] = []
    for path in templates:
        text = files.text(path)
        try:
            softened = soften(text, values)
            found = list(read_items(softened, path, files.limits))
        except YamlError as exc:
            if (kind := _KIND.search(text)) and kind["kind"] in WORKLOADS:
                files.note(Spot(path, exc.line, "a template that could not be read as YAML"))
                yield _seen(text, path, kind, environment, chart)
            continue
        objects += [filled(item, values) for item in found]
    for workload in workloads_of(objects, "helm", environment):
        name = workload.name.replace(TEMPLATED, "").strip("-_. ") or chart
        yield replace(workload, name=name)


def _seen(text: str, path: str, kind: re.Match[str], environment: str, chart: str) -> Workload:
    """Return what words in a template show that is not YAML in any way."""

    def spot(at: int) -> Spot:
        number = text.count("\n", 0, at) + 1
        return Spot(path, number, text.split("\n")[number - 1].strip()[:160])

    probes = tuple(
        Probe(_SEEN[hit["kind"]], "templated", "", spot(hit.start()))
        for hit in _PROBE.finditer(text)
    )
    container = Container(
        name=TEMPLATED,
        image="",
        spot=spot(kind.start()),
        ports=(Port("", "templated"),) if "containerPort" in text else (),
        probes=probes,
        requests=(("templated", ""),) if "resources:" in text else (),
        templated=True,
    )
    return Workload(
        kind=kind["kind"],
        name=chart,
        spot=spot(kind.start()),
        source="helm",
        environment=environment,
        containers=(container,),
        templated=True,
    )
