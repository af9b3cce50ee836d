"""DOC02: docs that are generated from code."""

from __future__ import annotations

from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.declared import Declared
from handbook.model.facts import Fact, Found
from handbook.model.interfaces import Interfaces
from handbook.model.package import PackageInfo
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Source

_SELF_DOCUMENTED = {
    "Go": "pkg.go.dev shows public modules only",
    "Rust": "docs.rs shows published crates only",
}
_WELL_READ = frozenset({"JavaScript", "TypeScript"})
_SCRIPTS = frozenset({"HTML", "CSS", "SQL", "Shell", "Terraform", "PowerShell", "Jupyter Notebook"})
_MAKERS = frozenset({"pdoc", "pydoctor", "rustdoc", "godoc", "Doxygen", "TypeDoc", "Sphinx apidoc"})


class EngineeringDocs(Rule):
    """Engineering docs are generated from the code.

    ## What it does
    Looks for a tool that makes a reference from source, and for CI that builds it. Where this
    handbook makes it, counts the public functions that have a docstring.

    ## Why
    What is generated says what the code does, today. What is copied by hand says what it did
    when somebody last had time.

    ## How to fix
    Write docstrings, add mkdocstrings, Sphinx autodoc or pdoc, and build the docs in CI with
    warnings as errors. A service of this handbook gets its Python reference with each build:
    say so with a `.handbook.yml`.

    ## Equivalents
    mkdocstrings, Sphinx autodoc and autoapi, pdoc, pydoctor, TypeDoc, JSDoc, rustdoc, godoc,
    Doxygen, Javadoc, Dokka; CI of any forge, Read the Docs, Netlify; this handbook's own reference
    of the service. That of pkg.go.dev and docs.rs holds for what is public only: a warning.
    """

    code = "DOC02"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (9,)
    page = "build/documentation/#engineering-docs"

    def check(
        self,
        interfaces: Fact[Interfaces],
        package: Fact[PackageInfo],
        declared: Fact[Declared],
        source: Fact[Source],
        profile: Fact[Profile],
    ) -> Verdict:
        """Pass when CI or this handbook builds them, warn when only set up, fail without."""
        language = package.value.language if isinstance(package, Found) else ""
        if not language or language in _SCRIPTS or _is_site(profile):
            return Verdict("na", "It has no source that others call.")
        found = interfaces.value if isinstance(interfaces, Found) else Interfaces()
        python = isinstance(source, Found) and bool(source.value.functions)
        searched = ("mkdocs.yml", "docs/conf.py", "typedoc.json", "Makefile", "CI", ".handbook.yml")
        if found.references and found.builds:
            both = (at(found.references[0].spot), at(found.builds[0].spot))
            return Verdict("pass", f"{found.references[0].name}, built by CI.", both)
        if direct := [item for item in found.builds if item.name in _MAKERS]:
            return Verdict("pass", f"CI runs {direct[0].name}.", (at(direct[0].spot),))
        if isinstance(source, Found) and python and isinstance(declared, Found):
            return _by_this_handbook(source.value, Evidence(declared.origin.path))
        if found.references:
            places = tuple(at(item.spot) for item in found.references[:3])
            message = f"{found.references[0].name} is set up, but nothing in CI builds it."
            return Verdict("warn", message, places, searched, "Build the docs in CI.")
        fix = "Add mkdocstrings, autodoc or pdoc (TypeDoc, rustdoc …) and build it in CI."
        if python:
            message = "The repo makes no docs from its code itself."
            fix += " Or list it in a handbook, with a `.handbook.yml`."
            return Verdict("warn", message, (), searched, fix)
        if language in _SELF_DOCUMENTED:
            message = f"The repo makes no docs from its code: {_SELF_DOCUMENTED[language]}."
            return Verdict("warn", message, (), searched, fix)
        runs = isinstance(profile, Found) and profile.value.runs
        message = "Nothing makes docs from its code."
        if language not in _WELL_READ:  # its builds and frameworks may make what is not seen
            message = f"Nothing that is known makes docs from its {language}."
            return Verdict("warn", message, (), searched, fix)
        return Verdict("fail" if runs else "warn", message, (), searched, fix)


def _by_this_handbook(source: Source, place: Evidence) -> Verdict:
    """Its reference is made with each build; of functions without docstrings it shows names."""
    public = [item for item in source.functions if "._" not in f".{item.name}"]
    bare = [item for item in public if not item.documented]
    said = f"{len(public) - len(bare)} of {len(public)} public functions have docstrings"
    if len(bare) * 2 <= len(public):
        message = f"This handbook makes the reference with each build: {said}."
        return Verdict("pass", message, (place,))
    fix = f"Write docstrings, beginning with `{bare[0].name}`."
    places = tuple(at(item.spot) for item in bare[:20])
    return Verdict("warn", f"This handbook makes the reference, but only {said}.", places, fix=fix)


def _is_site(profile: Fact[Profile]) -> bool:
    return isinstance(profile, Found) and profile.value.kind == "site"
