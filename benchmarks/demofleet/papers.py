"""What stands beside the code: README, docs, owners, changelog, catalogue entry."""

from __future__ import annotations

import yaml

from benchmarks.demofleet.services import DemoService

ORG = "acme"
_QUICK_START = {
    "python": "python -m venv .venv\n.venv/bin/pip install -e .\n.venv/bin/python -m {package}",
    "typescript": "npm ci\nnpm test\nnpm start",
    "go": "go test ./...\ngo run ./cmd/{name}",
    "rust": "cargo test\ncargo run --release",
    "r": "R CMD INSTALL .\nRscript -e 'testthat::test_local()'",
}


def readme(service: DemoService) -> bytes:
    """Return the README, which stays the same over all releases."""
    if service.readme:
        return service.readme.encode()
    parts = [f"# {service.title}", service.summary, service.why]
    parts += ["## Features", "\n".join(f"- {feature}" for feature in service.features)]
    code = _QUICK_START[service.language].format(package=service.package, name=service.name)
    parts += ["## Set up and run", f"```bash\n{code}\n```"]
    if service.api:
        text = f"The contract is [`{service.api.file}`]({service.api.file})."
        parts += ["## API", text]
    if service.docs:
        pages = "\n".join(f"- [{_title(text)}](docs/{name})" for name, text in service.docs.items())
        parts += ["## Documentation", pages]
    parts += ["## Owners", f"`{service.team}` answers for this service."]
    return ("\n\n".join(part for part in parts if part) + "\n").encode()


def docs(service: DemoService, release: int) -> dict[str, bytes]:
    """Return the pages of a release: each release but the last brings one more."""
    shown = len(service.docs) if release >= service.releases else release
    pages = list(service.docs.items())[:shown]
    files = {f"docs/{name}": text.encode() for name, text in pages}
    if service.nav and pages:
        nav = [{_title(text): name} for name, text in pages]
        settings = {"site_name": service.title, "docs_dir": "docs", "nav": nav}
        files["mkdocs.yml"] = _yaml(settings)
    return files


def changelog(service: DemoService, releases: list[tuple[int, str]]) -> dict[str, bytes]:
    """Return the changelog: ``releases`` are numbers and dates, oldest first."""
    if not service.changelog:
        return {}
    parts = ["# Changelog"]
    for number, day in reversed(releases):
        parts += [f"## {number}.0.0 ({day})", *_entries(service, number)]
    return {"CHANGELOG.md": ("\n\n".join(parts) + "\n").encode()}


def owners(service: DemoService) -> dict[str, bytes]:
    """Return the files that say who owns the service."""
    writers = {
        "codeowners": (".github/CODEOWNERS", _codeowners),
        "gitlab": (".gitlab/CODEOWNERS", _gitlab),
        "owners": ("OWNERS", _owners),
        "maintainers": ("MAINTAINERS.md", _maintainers),
        "catalog-info": ("catalog-info.yaml", _catalog_info),
    }
    chosen = (writers[kind] for kind in service.owners)
    files = {path: write(service).encode() for path, write in chosen}
    if service.mailmap:
        now = f"{_name(service.team)} <{service.team}@example.invalid>"
        once = "Old Platform Team <platform-old@example.invalid>"
        files[".mailmap"] = f"{now} {once}\n".encode()
    return files


def _codeowners(service: DemoService) -> str:
    team = f"@{ORG}/{service.team}"
    lines = [f"*            {team}", f"/docs/       {team} @{ORG}/docs-guild"]
    if service.api:
        lines.append(f"/{service.api.file}  {team} @{ORG}/api-guild")
    return "\n".join(lines) + "\n"


def _gitlab(service: DemoService) -> str:
    return (
        f"[Service][2] @{ORG}/{service.team}\n*\n/cmd/\n\n"
        f"[Operations] @{ORG}/team-platform\n/deploy/\nDockerfile\n\n"
        f"^[Documentation] @{ORG}/docs-guild\n/docs/\n*.md\n"
    )


def _owners(service: DemoService) -> str:
    short = service.team.removeprefix("team-")
    return _yaml({"approvers": [f"{short}-lead", f"{short}-deputy"], "reviewers": [short]}).decode()


def _maintainers(service: DemoService) -> str:
    team = _name(service.team)
    return (
        "# Maintainers\n\n"
        f"- {team} (@{ORG}/{service.team})\n"
        f"- Documentation Guild (@{ORG}/docs-guild)\n"
    )


def _catalog_info(service: DemoService) -> str:
    metadata = {
        "name": service.name,
        "title": service.title,
        "description": service.summary,
        "tags": list(service.tags),
    }
    spec = {
        "type": "service",
        "lifecycle": service.lifecycle,
        "owner": f"group:{service.team}",
        "system": service.system,
    }
    head = {"apiVersion": "backstage.io/v1alpha1", "kind": "Component"}
    return _yaml({**head, "metadata": metadata, "spec": spec}).decode()


def _entries(service: DemoService, number: int) -> list[str]:
    resources = service.api.resources if service.api else ()
    added = [f"- `{r.plural}` in the API" for r in resources if r.since == number]
    removed = [f"- `{r.plural}`: {r.deprecated}" for r in resources if r.until == number - 1 > 0]
    if number == 1:
        return ["### Added", "\n".join(["- The first version", *added])]
    parts = [("### Added", added), ("### Removed", removed)]
    found = [text for title, lines in parts if lines for text in (title, "\n".join(lines))]
    return found or ["### Fixed", "- Answers stay fast when a dependency is slow"]


def _title(markdown: str) -> str:
    return markdown.partition("\n")[0].removeprefix("# ")


def _name(team: str) -> str:
    return team.removeprefix("team-").replace("-", " ").title().replace("Ml", "ML") + " Team"


def _yaml(document: object) -> bytes:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True).encode()
