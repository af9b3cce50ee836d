"""Note which state of the sample the template's own variants of its files were held against.

A file of the overlay that the sample has as well is a variant: the same, told about deliveries.
When the sample's file changes, somebody has to look whether the variant should change too. Having
looked, ``python -m tests.scaffold.variants`` notes it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tests.scaffold.sides import overlay, sample

NOTED = Path(__file__).with_name("variants.json")
CODE = ("src/", "deploy/", "monitoring/", ".github/", "openapi.yaml", "Dockerfile", "compose.yaml")
"""What is held: code and what runs it. Pages and tests speak for themselves."""


def variants() -> dict[str, str]:
    """Return each variant with the digest of the sample's file."""
    return {
        path: hashlib.sha256(sample()[path].encode()).hexdigest()[:16]
        for path, text in sorted(overlay().items())
        if path.startswith(CODE) and path in sample() and text != sample()[path]
    }


def noted() -> dict[str, str]:
    """Return what was noted last."""
    known: dict[str, str] = json.loads(NOTED.read_text("utf-8"))
    return known


if __name__ == "__main__":
    NOTED.write_text(json.dumps(variants(), indent=2) + "\n", encoding="utf-8")
    print(f"noted {len(variants())} variants in {NOTED.name}")
