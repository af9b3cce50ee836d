"""CODE05: what must not be in a repo."""

from __future__ import annotations

import re
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.facts import Fact, Found
from handbook.model.leaks import Leak, Leaks
from handbook.model.readiness import Level, Status

_DEVELOPMENT = re.compile(
    r"(?:^|/)(?:dev|devel|development|local|localhost|sandbox|dev-?tools|dev-?env|\.devcontainer)/",
    re.IGNORECASE,
)


class NoSecrets(Rule):
    """The repo holds no secrets.

    ## What it does
    Looks through all text files for private keys, for tokens in the forms that their providers
    document, for passwords in addresses, and for a committed `.env` with real values. Tests,
    examples, placeholders and defaults of one's own machine are left out. What is found is
    shown masked.

    ## Why
    Whoever can read the repo, or a copy of it, can use the secret: from anywhere, for years, also
    after the line was deleted.

    ## How to fix
    Revoke the secret first: it is in the history. Then read it from the environment, filled by
    your secret store (Vault, Secret Manager, SealedSecrets, SOPS), and add the file to
    `.gitignore`. What is no secret but looks like one: list its file under `ignore` in
    `.handbook.yml`.

    ## Equivalents
    Values that are encrypted in the repo (SOPS, SealedSecrets, git-crypt), references to a secret
    store, and templates such as `.env.example` are no secrets.
    """

    code = "CODE05"
    version = 2
    level: ClassVar[Level] = "bronze"
    page = "build/security/#secrets"
    never: ClassVar[tuple[Status, ...]] = ("na",)

    def check(self, leaks: Fact[Leaks]) -> Verdict:
        """Fail for anything that looks like a real secret, warn for those of one's own machine."""
        known = leaks.value if isinstance(leaks, Found) else Leaks()
        searched = (f"{known.files:,} text files",)
        if not known.found:
            return Verdict("pass", "Nothing looks like a secret.", searched=searched)
        serious = [leak for leak in known.found if not _only_meant_so(leak)]
        shown = serious or known.found
        kinds = ", ".join(dict.fromkeys(leak.kind for leak in shown))
        places = tuple(at(leak.spot) for leak in shown)
        if not serious:
            message = f"Only for development or an example, by its name or a comment: {kinds}."
            fix = (
                "Let the set-up make it, or say under `ignore` in `.handbook.yml` that it is none."
            )
            return Verdict("warn", message, places, searched, fix)
        fix = "Revoke it, take it out, and read it from the environment or a secret store."
        return Verdict("fail", f"Found: {kinds}.", places, searched, fix)


def _only_meant_so(leak: Leak) -> bool:
    """Whether a name or a comment says that it is for development, or an example."""
    return leak.aside or _DEVELOPMENT.search(leak.spot.path) is not None
