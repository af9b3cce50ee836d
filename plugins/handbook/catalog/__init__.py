"""Which services there are: ``catalog.yml``, and ``catalog-info.yaml`` in their repos."""

from handbook.catalog.expand import Expanded, expand
from handbook.catalog.info import read_identity
from handbook.catalog.load import load_catalog

__all__ = ["Expanded", "expand", "load_catalog", "read_identity"]
