"""Source code of the demo services: small, typed where the language is, documented."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.demofleet.services import DemoService, Kind, Operation, Resource

Argument = tuple[str, str, str]  # name, type, description

_PYTHON: dict[Kind, str] = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "date": "date",
    "datetime": "datetime",
    "array": "list[str]",
    "object": "dict[str, str]",
}
_TYPESCRIPT: dict[Kind, str] = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "date": "string",
    "datetime": "string",
    "array": "string[]",
    "object": "Record<string, unknown>",
}
_RESERVED = frozenset({"from", "for", "at"})


def source_files(service: DemoService, release: int) -> dict[str, bytes]:
    """Return manifest and source of a release, in the service's language."""
    writers: dict[str, Callable[[DemoService, int], dict[str, str]]] = {
        "python": _python,
        "typescript": _typescript,
        "go": _go,
        "rust": _rust,
        "r": _r,
    }
    files = writers[service.language](service, release)
    return {path: text.encode() for path, text in {**files, **service.files}.items()}


def docstring(
    style: str, summary: str, arguments: Sequence[Argument], returns: str = "", indent: int = 4
) -> str:
    """Return a docstring in a style: "google", "numpy" or "sphinx"."""
    lines = [f'"""{summary}']
    if arguments or returns:
        lines += ["", *_SECTIONS[style](arguments, returns)]
    lines.append('"""')
    text = "".join(f"{' ' * indent if line else ''}{line}\n" for line in lines)
    return text if len(lines) > 2 else f'{" " * indent}"""{summary}"""\n'


def _google(arguments: Sequence[Argument], returns: str) -> list[str]:
    lines = ["Args:", *(f"    {n}: {about}" for n, _, about in arguments)] if arguments else []
    lines += [""] if lines and returns else []
    return [*lines, "Returns:", f"    {returns}"] if returns else lines


def _numpy(arguments: Sequence[Argument], returns: str) -> list[str]:
    lines = ["Parameters", "----------"] if arguments else []
    lines += [line for n, kind, about in arguments for line in (f"{n} : {kind}", f"    {about}")]
    lines += [""] if lines and returns else []
    return [*lines, "Returns", "-------", returns] if returns else lines


def _sphinx(arguments: Sequence[Argument], returns: str) -> list[str]:
    lines = [f":param {n}: {about}" for n, _, about in arguments]
    return [*lines, f":returns: {returns}"] if returns else lines


_SECTIONS = {"google": _google, "numpy": _numpy, "sphinx": _sphinx}


def _python(service: DemoService, release: int) -> dict[str, str]:
    package, resources = service.package, service.resources(release)
    names = [r.title for r in resources]
    dependencies = ", ".join(f'"{name}"' for name in ("httpx>=0.27", *service.uses))
    manifest = (
        "[build-system]\n"
        'requires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n\n'
        f'[project]\nname = "{service.name}"\nversion = "{release}.0.0"\n'
        f'description = "{service.summary}"\nrequires-python = ">=3.11"\n'
        f'license = "Apache-2.0"\ndependencies = [{dependencies}]\n'
        f'maintainers = [{{ name = "{service.team}" }}]\n'
    )
    exports = "".join(f"from {package}.models import {name}\n" for name in sorted(names))
    public = ", ".join(f'"{name}"' for name in sorted(["Client", *names]))
    init = (
        f'"""{service.summary}"""\n\nfrom {package}.client import Client\n{exports}\n'
        f'__all__ = [{public}]\n__version__ = "{release}.0.0"\n'
    )
    root = f"src/{package}"
    files = {
        "pyproject.toml": manifest,
        f"{root}/__init__.py": init,
        f"{root}/errors.py": _ERRORS,
        f"{root}/models.py": _models(service, resources),
        f"{root}/client.py": _client(service, resources),
    }
    if service.uses:
        files[f"{root}/sources.py"] = _sources(service)
    return files


_ERRORS = '''"""What can go wrong."""


class ServiceError(Exception):
    """The service answered with a problem."""


class NotFoundError(ServiceError):
    """There is nothing with this identifier."""


class TooManyRequestsError(ServiceError):
    """Wait, then try again.

    Attributes:
        seconds: How long to wait.
    """

    seconds: float = 1.0
'''


def _models(service: DemoService, resources: Sequence[Resource]) -> str:
    head = f'"""Records of {service.title}."""\n\nfrom dataclasses import dataclass\n'
    head += "from datetime import date, datetime\n"
    return head + "".join(_model(service, resource) for resource in resources)


def _model(service: DemoService, resource: Resource) -> str:
    fields = [(_safe(n), _PYTHON[kind], about) for n, (kind, about) in resource.fields.items()]
    if service.docstrings == "google":
        about = ["", "Attributes:", *(f"    {n}: {text}" for n, _, text in fields)]
    elif service.docstrings == "numpy":
        pairs = ((f"{n} : {kind}", f"    {text}") for n, kind, text in fields)
        about = ["", "Attributes", "----------", *(line for pair in pairs for line in pair)]
    else:
        about = ["", *(f":ivar {n}: {text}" for n, _, text in fields)]
    doc = "".join(f"{'    ' if line else ''}{line}\n" for line in about)
    body = "".join(f"    {n}: {kind}\n" for n, kind, _ in fields)
    return (
        f"\n\n@dataclass(frozen=True)\nclass {resource.title}:\n"
        f'    """{resource.about}\n{doc}    """\n\n{body}'
    )


def _client(service: DemoService, resources: Sequence[Resource]) -> str:
    names = ", ".join(sorted(r.title for r in resources))
    imports = f"from {service.package}.models import {names}\n" if names else ""
    address: Argument = ("address", "str", "Address of the service.")
    init = docstring(service.docstrings, "Prepare a client; nothing is sent yet.", [address], "", 8)
    methods = "".join(_method(service, r, op) for r in resources for op in r.ops)
    return (
        f'"""Talk to {service.title} over HTTP."""\n\n{imports}\n\nclass Client:\n'
        f'    """A connection to {service.title}."""\n\n'
        f"    def __init__(self, address: str) -> None:\n{init}        self.address = address\n"
        f"{methods}"
    )


def _method(service: DemoService, resource: Resource, op: Operation) -> str:
    given = [(_safe(n), _PYTHON[kind], about) for n, (kind, about) in resource.fields.items()]
    given = [(n, kind.replace("datetime", "str").replace("date", "str"), a) for n, kind, a in given]
    key: Argument = (f"{resource.name}_id", "str", f"Identifier of the {resource.name}.")
    title = resource.title
    forms: dict[Operation, tuple[str, list[Argument], str, str]] = {
        "create": (f"Create a {resource.name}.", given, title, f"The new {resource.name}."),
        "replace": (f"Replace a {resource.name}.", [key, *given], title, "What is there now."),
        "get": (f"Return one {resource.name}.", [key], title, f"The {resource.name}."),
        "delete": (f"Delete a {resource.name}.", [key], "None", ""),
        "list": (f"Return all {resource.plural}.", [], f"list[{title}]", "All, oldest first."),
    }
    summary, arguments, result, returns = forms[op]
    subject = resource.plural if op == "list" else resource.name
    signature = ", ".join(["self", *(f"{n}: {kind}" for n, kind, _ in arguments)])
    doc = docstring(service.docstrings, summary, arguments, returns, 8)
    body = f"        raise NotImplementedError(self.address, {subject!r})\n"
    return f"\n    def {op}_{subject}({signature}) -> {result}:\n{doc}{body}"


def _sources(service: DemoService) -> str:
    used = service.uses[0].replace("-", "_")
    arguments: list[Argument] = [
        ("client", f"{used}.Client", "Where the values come from."),
        ("entity_id", "str", "Whose values."),
    ]
    doc = docstring(service.docstrings, "Read what a model needs.", arguments, "Values by name.")
    return (
        f'"""Values that come from {service.uses[0]}."""\n\nimport {used}\n\n\n'
        f"def read(client: {used}.Client, entity_id: str) -> dict[str, float]:\n{doc}"
        "    raise NotImplementedError(client, entity_id)\n"
    )


def _typescript(service: DemoService, release: int) -> dict[str, str]:
    manifest = (
        f'{{\n  "name": "@acme/{service.name}",\n  "version": "{release}.0.0",\n'
        f'  "description": "{service.summary}",\n  "license": "Apache-2.0",\n'
        f'  "author": "{service.team}",\n  "main": "dist/index.js",\n'
        '  "scripts": { "build": "tsc", "start": "node dist/index.js", "test": "node --test" },\n'
        '  "dependencies": { "fastify": "^5.0.0" },\n'
        '  "devDependencies": { "typescript": "^5.6.0" }\n}\n'
    )
    shapes = "".join(_interface(r) for r in service.resources(release))
    index = f"/** {service.summary} */\n\n{shapes}export const version = '{release}.0.0';\n"
    settings = '{ "compilerOptions": { "strict": true, "outDir": "dist", "target": "es2022" } }\n'
    return {"package.json": manifest, "src/index.ts": index, "tsconfig.json": settings}


def _interface(resource: Resource) -> str:
    fields = "".join(
        f"  /** {about} */\n  {name}: {_TYPESCRIPT[kind]};\n"
        for name, (kind, about) in resource.fields.items()
    )
    return f"/** {resource.about} */\nexport interface {resource.title} {{\n{fields}}}\n\n"


def _go(service: DemoService, release: int) -> dict[str, str]:
    module = f"module git.internal.example/acme/{service.name}\n\ngo 1.23\n"
    main = (
        f"// Command {service.name}: {service.summary}\npackage main\n\n"
        f'import "log"\n\nconst version = "{release}.0.0"\n\n'
        f'func main() {{\n\tlog.Printf("{service.name} %s", version)\n}}\n'
    )
    return {"go.mod": module, f"cmd/{service.name}/main.go": main, "Dockerfile": _DOCKERFILE}


_DOCKERFILE = (
    "FROM golang:1.23 AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /out/ ./cmd/...\n\n"
    "FROM gcr.io/distroless/static\nCOPY --from=build /out/ /\nUSER nonroot\n"
)


def _rust(service: DemoService, release: int) -> dict[str, str]:
    manifest = (
        f'[package]\nname = "{service.name}"\nversion = "{release}.0.0"\nedition = "2021"\n'
        f'description = "{service.summary}"\nlicense = "Apache-2.0"\nauthors = ["{service.team}"]\n'
        '\n[dependencies]\ntokio = { version = "1", features = ["full"] }\n'
    )
    library = (
        f"//! {service.summary}\n\n/// The release this was built from.\n"
        f'pub const VERSION: &str = "{release}.0.0";\n'
    )
    return {"Cargo.toml": manifest, "src/lib.rs": library}


def _r(service: DemoService, release: int) -> dict[str, str]:
    name = service.name.replace("-", ".")
    description = (
        f"Package: {name}\nTitle: {service.title}\nVersion: {release}.0.0\n"
        f"Description: {service.summary}\nLicense: Apache License (>= 2)\n"
        f'Authors@R: person("{service.team}", role = c("aut", "cre"))\n'
        "Imports: DBI, dplyr\nEncoding: UTF-8\n"
    )
    code = (
        f"#' {service.title}\n#'\n#' {service.summary}\n#'\n"
        "#' @param connection A DBI connection.\n#' @return A data frame.\n#' @export\n"
        "run <- function(connection) {\n"
        '  DBI::dbGetQuery(connection, "select 1")\n}\n'
    )
    return {"DESCRIPTION": description, "NAMESPACE": "export(run)\n", "R/run.R": code}


def _safe(name: str) -> str:
    return f"{name}_" if name in _RESERVED else name
