"""Who answers for a service, from every file that can say so."""

from handbook.collect.owners.collector import collect_owners

__all__ = ["collect_owners"]
