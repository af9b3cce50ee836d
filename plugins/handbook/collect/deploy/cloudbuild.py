"""Google Cloud Build: a file is one job. What starts it is set up outside the repo."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.deploy.commands import deploys, undoes
from handbook.collect.deploy.files import Files
from handbook.collect.deploy.items import Item
from handbook.model.delivery import Job, Step, Trigger, Workflow
from handbook.model.source import Spot

_NAME = re.compile(
    r"(?:^|/)(?:cloudbuild[\w.-]*|[\w.-]*cloudbuild)\.ya?ml$|(?:^|/)\.github/cloudbuild/"
)
_MOST = 50
_TEXT = 20_000


def read_cloudbuild(files: Files) -> Iterator[Workflow]:
    """Give the builds of the service's folder, and of ``.github/cloudbuild``."""
    named = [path for path in files.paths if _NAME.search(path)]
    named += [entry.path for entry in files.tree.under(".github/cloudbuild")]
    for path in [path for path in named if path.endswith((".yaml", ".yml"))][:_MOST]:
        for item in files.objects(path)[:1]:
            if item.get("steps").items:
                yield _workflow(item, path)


def _workflow(item: Item, path: str) -> Workflow:
    name = path.rpartition("/")[2]
    spot = Spot(path, 1, name)
    steps = tuple(_step(one) for one in item.get("steps").items[: _MOST * 4])
    job = Job(name, spot, steps=steps, deploy=deploys(name, "", steps, spot), undoes=undoes(steps))
    return Workflow("Cloud Build", name, spot, (Trigger("elsewhere", spot),), (job,))


def _step(item: Item) -> Step:
    image = item.get("name").text.partition(":")[0].rpartition("/")[2]
    script = item.get("script")
    given = [*item.get("entrypoint").texts, *item.get("args").texts]
    # The image is the command, unless another one is named.
    words = given if item.get("entrypoint") else [image, *given]
    text = script.text or " ".join(words)
    place = script if script else item.get("args") if item.get("args") else item
    return Step(text[:_TEXT], place.spot(" ".join(text.split())[:160]))
