"""Fetch the repos of the catalogue into bare mirrors. The only stage that uses the network."""

from handbook.sync.doctor import check_git
from handbook.sync.lock import read_lock, write_lock
from handbook.sync.repos import SyncEvent, load_repos, sync_repos

__all__ = ["SyncEvent", "check_git", "load_repos", "read_lock", "sync_repos", "write_lock"]
