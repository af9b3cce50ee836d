"""OpenAPI definitions: found in the tree, bundled, checked, and brought into one form."""

from handbook.collect.openapi.changes import collect_api_changes
from handbook.collect.openapi.collect import collect_apis
from handbook.collect.openapi.diff import diff_apis

__all__ = ["collect_api_changes", "collect_apis", "diff_apis"]
