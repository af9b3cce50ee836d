"""Read the files of a repo at one commit, without checking anything out.

Collectors see only :class:`RepoTree`, so that the same collector runs on a bare mirror
(:class:`GitTree`), on a work tree (:class:`WorkingTree`) and on a dictionary in a test
(:class:`MemoryTree`). All paths are relative
to the root of the repo and use "/".
"""

from handbook.tree.base import as_text, is_lfs_pointer
from handbook.tree.git import GitTree
from handbook.tree.memory import MemoryTree
from handbook.tree.names import path_problem, single_line, visible
from handbook.tree.records import Commit, Memo, RepoTree, Tag, TreeEntry, Work, WorkOnAll
from handbook.tree.working import WorkingTree, top_of, work_tree

__all__ = [
    "Commit",
    "GitTree",
    "Memo",
    "MemoryTree",
    "RepoTree",
    "Tag",
    "TreeEntry",
    "Work",
    "WorkOnAll",
    "WorkingTree",
    "as_text",
    "is_lfs_pointer",
    "path_problem",
    "single_line",
    "top_of",
    "visible",
    "work_tree",
]
