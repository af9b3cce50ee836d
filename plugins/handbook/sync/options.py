"""The configuration git gets for one command, on its command line: nothing is left in mirrors."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from handbook.model.limits import Limits
from handbook.model.repo import is_local

REMOTE = "handbook"  # not "origin", for which the user may have settings

_ALWAYS = (
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "core.bigFileThreshold=32m",  # larger blobs are streamed: a packed zip bomb takes no memory
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.unpackLimit=1",  # always a pack: whole or not there
    "fetch.writeCommitGraph=false",
    "transfer.bundleURI=false",
    "submodule.recurse=false",
    "filter.lfs.process=",
    "filter.lfs.smudge=",
    "filter.lfs.required=false",
    "fetch.fsckObjects=true",
)

# What git finds odd and we bear. Objects are checked on the way in, so that nothing that is no
# git object gets into a mirror. But one odd commit of ten years ago must not keep a service out
# for good, and the names in trees are judged by our own reader, which leaves out the entry
# (handbook.tree.names) instead of the repo: nothing is ever checked out, no .gitmodules or
# .gitattributes is ever obeyed.
BEARABLE = (
    "badDate",
    "badDateOverflow",
    "badEmail",
    "badFilemode",
    "badName",
    "badTagName",
    "badTimezone",
    "duplicateEntries",
    "emptyName",
    "fullPathname",
    "gitattributesBlob",
    "gitattributesLarge",
    "gitattributesLineLength",
    "gitattributesMissing",
    "gitattributesSymlink",
    "gitignoreSymlink",
    "gitmodulesBlob",
    "gitmodulesLarge",
    "gitmodulesMissing",
    "gitmodulesName",
    "gitmodulesParse",
    "gitmodulesPath",
    "gitmodulesSymlink",
    "gitmodulesUpdate",
    "gitmodulesUrl",
    "hasDot",
    "hasDotdot",
    "hasDotgit",
    "mailmapSymlink",
    "missingEmail",
    "missingNameBeforeEmail",
    "missingSpaceBeforeDate",
    "missingSpaceBeforeEmail",
    "missingTaggerEntry",
    "multipleAuthors",
    "nulInCommit",
    "nullSha1",
    "treeNotSorted",
    "zeroPaddedDate",
    "zeroPaddedFilemode",
)


# A partial clone as a source: git would give up at the first blob that it does not have.
_PACK_WHAT_IS_HERE = 'f() { exec "$@" --missing=allow-any; }; f'


def git_options(repo: str, limits: Limits, *, partial: bool) -> list[str]:
    """Return the ``-c`` options under which ``repo`` is the remote named :data:`REMOTE`.

    ``partial``: leave out blobs larger than any file we would show.
    """
    settings = [*_ALWAYS, *(f"fetch.fsck.{name}=ignore" for name in BEARABLE)]
    settings += [f"fsck.{name}=ignore" for name in BEARABLE]
    settings.append(f"remote.{REMOTE}.url={repo}")
    if partial:
        largest = max(limits.blob, limits.image, limits.openapi_file)
        settings.append(f"remote.{REMOTE}.promisor=true")
        # git leaves out blobs of this size and more
        settings.append(f"remote.{REMOTE}.partialclonefilter=blob:limit={largest + 1}")
    if is_local(repo):
        settings.append(f"remote.{REMOTE}.uploadpack={_upload_pack(repo)}")
    return [part for setting in settings for part in ("-c", setting)]


def _upload_pack(repo: str) -> str:
    # The catalogue names this path, so whoever owns the folder is trusted to be read from.
    owned = [repo, str(Path(repo, ".git"))]
    settings = [f"safe.directory={folder}" for folder in owned]
    settings += ["uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true"]
    if _is_partial(repo):
        settings.append(f"uploadpack.packObjectsHook={_PACK_WHAT_IS_HERE}")
    words = ["git", *(part for setting in settings for part in ("-c", setting)), "upload-pack"]
    return shlex.join(words)


def _is_partial(repo: str) -> bool:
    return any(Path(repo).glob("objects/pack/*.promisor")) or any(
        Path(repo, ".git").glob("objects/pack/*.promisor")
    )
