"""What the templates of operations ask for: code, examples, links."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from handbook.model.api import ApiDefinition, Example, Media, Operation, Response
from handbook.model.facts import Origin
from handbook.render.api.jsoncode import json_block
from handbook.render.api.schemas import SchemaWriter
from handbook.render.context import RenderContext
from handbook.render.examples import Panels, operation_key
from handbook.render.highlight import code_block

_LINES = 60  # of an example
_CHARACTERS = 5_000


class ApiWriter(SchemaWriter):
    """Writes one definition."""

    def __init__(
        self, api: ApiDefinition, places: Mapping[str, str], ctx: RenderContext, panels: Panels
    ) -> None:
        super().__init__(api, places, ctx.limits)
        self._slug, self._panels = api.slug, panels
        self._ctx = ctx
        self._schemes = {scheme.name: scheme.anchor for scheme in api.security_schemes}

    def start(self, page: str, nodes: int) -> None:
        """Begin a page of at most so many parts of schemas."""
        self.begin(page, nodes)
        self._panels.begin()

    def tests(self, op: Operation) -> Markup:
        """Write the tests that call an operation."""
        return self._panels.of(operation_key(self._slug, op.anchor))

    def code(self, text: str, language: str) -> Markup:
        """Write a block of code, coloured."""
        return Markup(code_block(text, language))  # noqa: S704 - escaped by the highlighter

    def example(self, example: Example) -> Markup:
        """Write an example, a long one cut with a notice."""
        lines = example.text.split("\n")
        shown = "\n".join(lines[:_LINES])[:_CHARACTERS]
        is_json = example.language == "json"
        html = json_block(shown) if is_json else code_block(shown, example.language)
        block = Markup(html)  # noqa: S704 - escaped by both
        if len(shown) == len(example.text):
            return block
        notice = Markup('<p class="hb-muted">Cut here: the whole example is in the definition.</p>')
        return block + notice

    def tells(self, media: Media) -> bool:
        """Whether there is more to show of a response than its type."""
        schema = media.schema
        return bool(media.examples or (schema and (self.inner(schema) or self.named(schema))))

    def opens(self, op: Operation, response: Response) -> bool:
        """Whether a response is what a reader looks for first."""
        good = [item for item in op.responses if item.status.startswith("2")]
        return bool(good) and good[0] is response

    def size(self, number: int) -> str:
        """Write a number of bytes for people."""
        if number < 100_000:
            return f"{max(1, round(number / 1000))} KB"
        return f"{number / 1_000_000:.1f} MB"

    def definition_url(self) -> str:
        """Return the address of the bundled definition from the page being written."""
        return self.relative("openapi.json")

    def auth_url(self, scheme: str) -> str:
        """Return the address of a security scheme, "" if the definition lacks it."""
        return self.url(self._schemes[scheme]) if scheme in self._schemes else ""

    def source(self, origin: Origin) -> Markup:
        """Name a place in the repo, linked where the repo has a web page."""
        place = f"{origin.path}:{origin.line}" if origin.line else origin.path
        url = self._ctx.forge.file(origin)
        form = '<a href="{}"><code>{}</code></a>' if url else "<code>{1}</code>"
        return Markup(form).format(url, place)  # noqa: S704 - constants
