"""The Content-Security-Policy of every page.

It is in each page's head (``theme/main.html``), so that it holds wherever the site is hosted.
Scripts come from the site's own files only, and nothing is asked of another origin. Styles may
be inline: Material, Mermaid and Swagger UI set them, and a style alone runs nothing.
"""

from __future__ import annotations

POLICY: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("default-src", ("'self'",)),
    # WebAssembly is the search's engine.
    ("script-src", ("'self'", "'wasm-unsafe-eval'")),
    ("style-src", ("'self'", "'unsafe-inline'")),
    ("img-src", ("'self'", "data:")),
    ("font-src", ("'self'",)),
    ("connect-src", ("'self'",)),
    ("worker-src", ("'self'",)),
    ("frame-src", ("'none'",)),
    ("object-src", ("'none'",)),
    ("base-uri", ("'none'",)),
    ("form-action", ("'none'",)),
)


def meta_content() -> str:
    """Return the policy as the ``content`` of the ``<meta>`` element."""
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in POLICY)


def header() -> str:
    """Return the policy as an HTTP header: with what a ``<meta>`` element cannot say."""
    return f"{meta_content()}; frame-ancestors 'none'"
