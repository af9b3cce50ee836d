"""A pipeline as a Mermaid diagram: steps, and the data between them."""

from __future__ import annotations

import posixpath
import re

from markupsafe import Markup

from handbook.model.data import Pipeline, Stage
from handbook.render.highlight import mermaid

_STAGES = 40
_NEEDS = 8  # pieces of data of one step, on each side
_LABEL = 48  # characters
_CODE = re.compile(
    r"\.(?:py|pyi|r|jl|sql|sh|ipynb|ya?ml|toml|cfg|ini|json|scala|java|rs|go|c|cpp|lock|txt)$", re.I
)
_ESCAPES = str.maketrans({char: f"#{ord(char)};" for char in '#&<>"`;\\'})


def diagram(pipeline: Pipeline, folder: str) -> Markup:
    """Return the diagram; "" if nothing leads from one step to another.

    ``folder`` is the service's: paths are shown from there. Code that a step depends on is left
    out, data is not.
    """
    stages = pipeline.stages[:_STAGES]
    made = {path for stage in stages for path in _out(stage)}
    drawing = _Drawing(folder)
    for number, stage in enumerate(stages):
        drawing.stage(f"s{number}", stage.name)
        for path in [path for path in stage.needs if path in made or not _CODE.search(path)][
            :_NEEDS
        ]:
            drawing.arrow(drawing.data(path), f"s{number}")
        for path in _out(stage)[:_NEEDS]:
            result = path in stage.metrics or path in stage.plots
            drawing.arrow(f"s{number}", drawing.data(path, result=result))
    if not drawing.arrows:
        return Markup("")
    left = len(pipeline.stages) - len(stages)
    if left:
        drawing.stage("more", f"{left} more steps")
    return Markup(mermaid(drawing.text()))  # noqa: S704 - mermaid() escapes


def _out(stage: Stage) -> tuple[str, ...]:
    return (*stage.makes, *stage.metrics, *stage.plots)


class _Drawing:
    """Collects nodes and arrows; names are numbers, so that no path can be Mermaid's syntax."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._lines: list[str] = []
        self._data: dict[str, str] = {}
        self.arrows: list[str] = []

    def stage(self, node: str, name: str) -> None:
        self._lines.append(f'  {node}["{label(name)}"]:::step')

    def data(self, path: str, *, result: bool = False) -> str:
        """Return the node of a file, drawn when it is first asked for."""
        if path not in self._data:
            node = f"d{len(self._data)}"
            self._data[path] = node
            shown = path
            if self._folder and path.startswith(f"{self._folder}/"):
                shown = posixpath.relpath(path, self._folder)
            left, right = ("[/", "/]") if result else ("[(", ")]")
            self._lines.append(f'  {node}{left}"{label(shown)}"{right}')
        return self._data[path]

    def arrow(self, start: str, end: str) -> None:
        self.arrows.append(f"  {start} --> {end}")

    def text(self) -> str:
        return "\n".join(["flowchart TD", *self._lines, *dict.fromkeys(self.arrows)])


def label(text: str) -> str:
    """Shorten a text in its middle, and write what Mermaid or HTML could act upon as numbers."""
    shown = " ".join(text.split())
    if len(shown) > _LABEL:
        half = _LABEL // 2
        shown = f"{shown[:half]}…{shown[-half:]}"
    return "".join(c for c in shown if c.isprintable()).translate(_ESCAPES)
