"""OpenAPI definitions: found in the tree, bundled, checked, and brought into one form."""

from handbook.collect.openapi.collect import collect_apis

__all__ = ["collect_apis"]
