"""Which services there are: ``catalog.yml``, and ``catalog-info.yaml`` in their repos."""

from handbook.catalog.expand import Expanded, expand
from handbook.catalog.info import read_identity
from handbook.catalog.load import load_catalog
from handbook.catalog.recall import expand_or_recall

__all__ = ["Expanded", "expand", "expand_or_recall", "load_catalog", "read_identity"]
