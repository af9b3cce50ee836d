"""An HTTP API as its definition describes it: OpenAPI 2.0, 3.0, 3.1 and 3.2 in one form.

Texts are as written in the definition: plain or Markdown (``description``), never escaped.
Schemas refer to each other by name (``Schema.ref``), so the records are a tree however
circular the definition is.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handbook.model.facts import Origin, Problem

Place = Literal["path", "query", "header", "cookie"]
CompositionKind = Literal["allOf", "oneOf", "anyOf", "not"]
OperationKind = Literal["operation", "webhook", "callback"]


class Example(Struct, frozen=True):
    """An example value, ready to be shown.

    ``language`` is a name Pygments knows ("json", "xml", "text"). ``generated`` tells that
    the definition gives none and this one was made from the schema.
    """

    text: str
    language: str = "json"
    title: str = ""
    description: str = ""
    generated: bool = False


class Schema(Struct, frozen=True):
    """A JSON schema.

    With ``ref``, it is the schema of that name in :attr:`ApiDefinition.schemas`; other fields
    then say only what differs here (``description``, ``nullable``, ``default``…).
    ``enum``, ``default`` and ``example`` hold JSON text, "" for none. ``constraints`` are in
    words ("at least 1"). ``values`` is the schema of properties that are not named, ``closed``
    forbids these. ``note`` says what could not be shown and why.
    """

    ref: str = ""
    types: tuple[str, ...] = ()
    format: str = ""
    nullable: bool = False
    title: str = ""
    description: str = ""
    enum: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    default: str = ""
    example: str = ""
    deprecated: bool = False
    read_only: bool = False
    write_only: bool = False
    properties: tuple[Property, ...] = ()
    items: Schema | None = None
    values: Schema | None = None
    closed: bool = False
    compositions: tuple[Composition, ...] = ()
    note: str = ""


class Property(Struct, frozen=True):
    """A named property of an object."""

    name: str
    schema: Schema
    required: bool = False


class Composition(Struct, frozen=True):
    """Schemas combined; ``discriminator`` is the property that tells which one applies."""

    kind: CompositionKind
    options: tuple[Schema, ...]
    discriminator: str = ""


class NamedSchema(Struct, frozen=True):
    """A schema of the definition's components. ``anchor`` is stable: ``schema-<name>``."""

    name: str
    anchor: str
    schema: Schema
    origin: Origin


class Parameter(Struct, frozen=True):
    """A value sent in the path, query, a header or a cookie. ``example`` is plain text."""

    name: str
    place: Place
    schema: Schema
    required: bool = False
    deprecated: bool = False
    description: str = ""
    example: str = ""


class Media(Struct, frozen=True):
    """Content of one media type ("application/json")."""

    type: str
    schema: Schema | None = None
    examples: tuple[Example, ...] = ()


class Body(Struct, frozen=True):
    """What is sent with a request."""

    content: tuple[Media, ...]
    required: bool = False
    description: str = ""


class Header(Struct, frozen=True):
    """A header of a response."""

    name: str
    schema: Schema
    description: str = ""


class Response(Struct, frozen=True):
    """What comes back with a status ("200", "4XX", "default")."""

    status: str
    description: str = ""
    content: tuple[Media, ...] = ()
    headers: tuple[Header, ...] = ()


class SchemeUse(Struct, frozen=True):
    """A security scheme by name, with the scopes (or roles) it must grant."""

    scheme: str
    scopes: tuple[str, ...] = ()


class SecurityScheme(Struct, frozen=True):
    """A way to authenticate. ``detail`` says how, in words ("header X-Api-Key")."""

    name: str
    anchor: str
    kind: str
    detail: str = ""
    description: str = ""
    scopes: tuple[tuple[str, str], ...] = ()


class Server(Struct, frozen=True):
    """An address the API is served at."""

    url: str
    description: str = ""


class Operation(Struct, frozen=True):
    """One method of one path.

    ``method`` is in upper case, ``id`` the ``operationId`` ("" if none). ``anchor`` is stable:
    ``op-`` and the id, else method and path. ``security`` holds alternatives: all schemes of
    one of them are needed, ``()`` as an alternative means none is; no alternatives at all
    mean that nothing is said. ``curl`` is a command for a POSIX shell, all values quoted.
    For a webhook ``path`` is its name, for a callback the expression of its address.
    """

    method: str
    path: str
    anchor: str
    origin: Origin
    id: str = ""
    kind: OperationKind = "operation"
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    responses: tuple[Response, ...] = ()
    security: tuple[tuple[SchemeUse, ...], ...] = ()
    curl: str = ""
    docs_url: str = ""
    callbacks: tuple[Operation, ...] = ()

    @property
    def label(self) -> str:
        """Method and path: what tells this operation from all others."""
        return f"{self.method} {self.path}"

    @property
    def title(self) -> str:
        """The summary, or method and path where there is none."""
        return self.summary or self.label


class Tag(Struct, frozen=True):
    """A group of operations."""

    name: str
    description: str = ""


class SourceFile(Struct, frozen=True):
    """A file of the repo that the definition was read from. ``size`` in bytes."""

    path: str
    size: int


class ApiDefinition(Struct, frozen=True):
    """One API definition.

    ``slug`` is unique among the service's definitions. ``uri`` is its page, relative to the
    service's folder on the site: "api/" if it is the only one, else "api/<slug>/"; the anchors of
    all operations and schemas exist there. ``format`` names the dialect
    ("OpenAPI 3.0.3"). ``files``: the definition itself first, then what it refers to.
    ``bundle`` is the whole definition as one JSON file without references to other files.
    ``problems`` is all that is wrong with it, each with file and line.
    """

    slug: str
    title: str
    format: str
    origin: Origin
    version: str = ""
    description: str = ""
    servers: tuple[Server, ...] = ()
    tags: tuple[Tag, ...] = ()
    security_schemes: tuple[SecurityScheme, ...] = ()
    operations: tuple[Operation, ...] = ()
    schemas: tuple[NamedSchema, ...] = ()
    uri: str = "api/"
    files: tuple[SourceFile, ...] = ()
    bundle: bytes = b""
    license: str = ""
    contact: str = ""
    docs_url: str = ""
    problems: tuple[Problem, ...] = ()


class ApiChange(Struct, frozen=True):
    """One difference: ``words`` say it, ``subject`` is the operation or schema it is about.

    ``api`` is the definition's page (``ApiDefinition.uri``), ``anchor`` the place on it, "" for
    what is gone.
    """

    words: str
    subject: str = ""
    api: str = ""
    anchor: str = ""


class ApiChanges(Struct, frozen=True):
    """What changed between two states of a service's definitions.

    ``old`` and ``new`` name the states (a tag, or "" for the commit shown), ``old_sha`` and
    ``new_sha`` are their commits. A change is in exactly one group: what may break a client
    is in ``breaking``, be it a removal or a new requirement, except for whole operations that
    are gone, which are in ``removed``.
    """

    old: str = ""
    new: str = ""
    old_sha: str = ""
    new_sha: str = ""
    added: tuple[ApiChange, ...] = ()
    removed: tuple[ApiChange, ...] = ()
    breaking: tuple[ApiChange, ...] = ()
    changed: tuple[ApiChange, ...] = ()
    deprecated: tuple[ApiChange, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.removed or self.breaking or self.changed or self.deprecated)
