"""From git's messages to words that say what to do."""

from __future__ import annotations

import re

from handbook.sync.process import GitFailed, last_message

_TRANSIENT = (
    r"Could not resolve host|Temporary failure in name resolution|Connection (?:refused|reset"
    r"|timed out)|Operation timed out|No route to host|Network is unreachable|early EOF"
    r"|unexpected disconnect|hung up unexpectedly|RPC failed|HTTP (?:429|5\d\d)"
    r"|error: (?:429|5\d\d)"
    r"|GnuTLS|SSL_ERROR_SYSCALL|transfer closed|Empty reply|kex_exchange_identification"
    r"|invalid index-pack output|unexpected EOF|Connection closed"
)

# What a fetch that leaves out blobs may come to, and one that takes all does not.
_PARTIAL = r"promisor remote|filter-spec|filtering not|filter '|unresolved delta"

# Pattern in git's messages, what to tell. First match wins.
_KNOWN = (
    (
        r"could not read (?:Username|Password)|Authentication failed|terminal prompts disabled"
        r"|error: 40[13]|HTTP 40[13]|Access denied|access denied",
        "The server asks for a login, or refuses ours. Give git one through a credential helper"
        " (git help credentials) or GIT_ASKPASS, or use the repo's ssh url.",
    ),
    (
        r"Host key verification failed",
        "The server's ssh key is not known here. Add it to ~/.ssh/known_hosts (ssh-keyscan).",
    ),
    (
        r"Permission denied",
        "The server refuses access. See that the key of this machine may read the repo.",
    ),
    (
        r"[Rr]epository .*not found|Project not found|error: 404|HTTP 404"
        r"|does not appear to be a git|not a git repository|does not exist|no such repo",
        "There is no repo at this address, or it is hidden from this login. See whether it was"
        " renamed or deleted, and mend `repo` in the catalogue.",
    ),
    (
        r"transport '.*' not allowed",
        "git's configuration leads this url to a protocol that is not allowed here.",
    ),
    (
        r"No space left on device|Disk quota exceeded|File too large|unable to write file",
        "The disk is full. Make room in the state folder.",
    ),
    (
        r"SSL certificate problem|certificate verify failed|server certificate verification",
        "The server's certificate is not trusted here. Give git its authority (http.sslCAInfo).",
    ),
    (
        r"Could not resolve host(?:name)?|name resolution|Name or service not known",
        "The server's name is not known to the network. See the url and the connection.",
    ),
    (
        r"fsck error|index-pack (?:failed|died)|invalid index-pack output|[Bb]ad object"
        r"|did not send all necessary objects",
        "The server sent damaged objects, which were not taken.",
    ),
)


def failure(errors: str, action: str) -> GitFailed:
    """Return the error for a git command that failed with these (redacted) messages."""
    said = last_message(errors) or "git gave no reason"
    words = next((text for pattern, text in _KNOWN if re.search(pattern, errors)), "")
    return GitFailed(
        f"{words or f'{action} failed.'} (git: {said})",
        transient=re.search(_TRANSIENT, errors) is not None,
        partial=re.search(_PARTIAL, errors) is not None,
    )
