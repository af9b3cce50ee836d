"""Look for secrets in all text files: private keys, tokens of known form, passwords in addresses.

A form that a provider documents is looked for, not mere randomness; what is a placeholder, a test
or an example is none. What is found is masked here, so that nothing later can show it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

import msgspec

from handbook.collect.declared import collect_declared
from handbook.collect.paths import compile_pattern
from handbook.collect.scope import is_aside
from handbook.model.facts import Absent, Fact, Found
from handbook.model.leaks import Leak, Leaks
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.tree import RepoTree, TreeEntry

__all__ = ["collect_leaks"]

_FILES = 50_000
_BYTES = 512 * 1024 * 1024  # of all files
_OF_ONE_FILE = 20
_MOST = 500
_LINE = 4_000  # bytes of a line that are looked at
_SHOWN = 4  # characters of a secret that may be shown
_BINARY = re.compile(
    r"\.(?:png|jpe?g|gif|webp|ico|pdf|zip|gz|bz2|xz|zst|tar|whl|jar|so|dylib|dll|exe|bin|npy|npz"
    r"|parquet|pkl|joblib|onnx|pt|pth|h5|safetensors|woff2?|ttf|otf|eot|mp[34]|wav|avi|mov|lock"
    r"|min\.js|map|svg|ipynb|po|csv|tsv|snap)$",
    re.IGNORECASE,
)
_TEST_HELPER = re.compile(r"(?:^|/)(?:mocks?|stubs?)/|test[_-]?(?:utils?|helpers?|keys?)\b|\bmock_")
_TEMPLATE = re.compile(
    r"\.(?:sample|example|template|dist|tmpl|tpl)(?:\.[a-z]{1,5})?$|\benv-?(?:sample|example)$",
    re.I,
)
_ASIDE_NAME = re.compile(
    r"(?:^|[/_.-])(?:dev|fake|dummy|mocks?|local|testing)(?:[_.-][^/]{0,200})?$|(?:^|/)(?:fakes?|dumm(?:y|ies))/",
    re.IGNORECASE,
)
_ASIDE_SAID = re.compile(
    rb"(?:#|//|\*|--)[^\n]{0,200}"
    rb"\b(?:example|dummy|fake|not? (?:a |an )?(?:actual|real)|dev(?:elopment)?)\b",
    re.IGNORECASE,
)
_ABOVE = 600  # characters before a secret in which a comment may say what it is
_LOCK = re.compile(r"(?:^|/)(?:package-lock\.json|pnpm-lock\.yaml|go\.sum|yarn\.lock)$")
_SECRET_FILES = re.compile(r"(?:^|/)\.env(?:\.(?:prod(?:uction)?|live|stag(?:e|ing)|local))?$")

_FORMS: tuple[tuple[str, bytes, str], ...] = (
    ("AWS access key", b"AKIA", r"(?<![A-Z0-9])AKIA[A-Z2-7]{16}(?![A-Z0-9])"),
    ("GitHub token", b"ghp_", r"\bghp_[A-Za-z0-9]{36}\b"),
    ("GitHub token", b"gho_", r"\bgho_[A-Za-z0-9]{36}\b"),
    ("GitHub token", b"ghs_", r"\bghs_[A-Za-z0-9]{36}\b"),
    ("GitHub token", b"github_pat_", r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b"),
    ("GitLab token", b"glpat-", r"\bglpat-[A-Za-z0-9_-]{20,64}(?![\w-])"),
    ("Slack token", b"xox", r"\bxox[abprs]-\d{9,14}-[A-Za-z0-9-]{20,200}"),
    ("Slack webhook", b"hooks.slack.com/services/T",
     r"hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24}"),
    ("Stripe key", b"k_live_", r"\b[rs]k_live_[A-Za-z0-9]{24,99}\b"),
    ("Google API key", b"AIza", r"\bAIza[A-Za-z0-9_-]{35}(?![\w-])"),
    ("npm token", b"npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("PyPI token", b"pypi-AgEI", r"\bpypi-AgEI[A-Za-z0-9_-]{60,250}"),
    ("Hugging Face token", b"hf_", r"\bhf_[A-Za-z]{34}\b"),
    ("OpenAI key", b"T3BlbkFJ", r"\bsk-[A-Za-z0-9_-]{20,120}T3BlbkFJ[A-Za-z0-9_-]{20,120}"),
    ("Anthropic key", b"sk-ant-", r"\bsk-ant-[a-z0-9]{2,10}-[A-Za-z0-9_-]{80,120}"),
    ("SendGrid key", b"SG.", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![\w-])"),
)  # fmt: skip
_PATTERNS = tuple((kind, mark, re.compile(form.encode())) for kind, mark, form in _FORMS)
_KEY = re.compile(
    rb"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:\\n|[\s\"'+,\\])+[A-Za-z0-9+/=]{40}"
)
_ADDRESS = re.compile(
    rb"://(?P<user>[\w.%+-]{0,64}):(?P<secret>[^\s/:@\"'`<>{}$]{6,128})@(?P<host>[\w.-]{1,200})"
)
_SETTING = re.compile(
    rb"^[ \t]*(?:export[ \t]+)?"
    rb"(?P<name>\w{0,60}(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE_KEY)\w{0,30})"
    rb"[ \t]*=[ \t]*[\"']?(?P<secret>[^\s\"'#]{8,400})",
    re.MULTILINE | re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    rb"example|change|replace|your|placeholder|dummy|fake|sample|insert|todo|xxx|\*\*\*|\.\.\.|[<>{}$%]"
    rb"|test|demo|foobar|redacted|secret|passw|postgres|admin|default|local|guest|hunter2|\babc|0123|1234",
    re.IGNORECASE,
)
_NO_SECRET_NAME = re.compile(
    rb"EXPIR|MINUTES|SECONDS|ALGORITHM|_URL$|_URI$|_FILE$|_PATH$|_NAME$|_ID$|PUBLIC|LENGTH|LIMIT|MAX",
    re.IGNORECASE,
)
_OWN_HOST = re.compile(
    rb"localhost|127\.|0\.0\.0\.0|\.(?:test|local|invalid|example)$|(?:^|\.)example\.",
    re.IGNORECASE,
)


def collect_leaks(tree: RepoTree, service: Service, limits: Limits) -> Fact[Leaks]:
    """Look through the service's text files, settings of CI included."""
    paths = list(_paths(tree, service, limits))
    if not paths:
        return Absent((service.path or "every text file",))
    found: list[Leak] = []
    for _, made in tree.derive("leaks", paths, limits.blob, look_through):
        if made and len(found) < _MOST:
            found += msgspec.msgpack.decode(made, type=list[Leak])
    return Found(Leaks(len(paths), tuple(found[:_MOST])), tree.origin(service.path))


def look_through(path: str, data: bytes) -> bytes:
    """Look through one file; what it gives are :class:`Leak` in MessagePack."""
    found: list[Leak] = []
    if b"\0" not in data[:8_000]:
        for kind, start, secret in _secrets(path, data):
            found.append(
                Leak(kind, _spot(path, data, start, secret), _said_aside(path, data, start))
            )
            if len(found) >= _OF_ONE_FILE:
                break
    return msgspec.msgpack.encode(found)


def _said_aside(path: str, data: bytes, start: int) -> bool:
    """Whether the file's name, or a comment in the lines above, says that it is no real one."""
    if _ASIDE_NAME.search(path):
        return True
    block = data[max(0, start - _ABOVE) : start].rpartition(b"\n\n")[2]
    return _ASIDE_SAID.search(block) is not None


def _secrets(path: str, data: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Give kind, place and the secret itself."""
    if b"PRIVATE KEY" in data:
        for match in _KEY.finditer(data):
            yield "private key", match.start(), b""
    for kind, mark, pattern in _PATTERNS:
        if mark not in data:
            continue
        for match in pattern.finditer(data):
            body = match[0].partition(mark)[2] or match[0]
            if not _PLACEHOLDER.search(body) and len(set(body)) >= 8:
                yield kind, match.start(), match[0]
    yield from _addresses(data)
    if _SECRET_FILES.search(path):
        yield from _settings(data)


def _addresses(data: bytes) -> Iterator[tuple[str, int, bytes]]:
    if b"@" not in data:
        return
    for match in _ADDRESS.finditer(data):
        user, secret, host = match["user"], match["secret"], match["host"]
        common = secret.lower() in (user.lower(), b"password", b"secret") or secret.isalpha()
        if common or b"." not in host or _OWN_HOST.search(host) or _PLACEHOLDER.search(secret):
            continue  # the default of a container on one's own machine, or words for a reader
        yield "password in an address", match.start("secret"), secret


def _settings(data: bytes) -> Iterator[tuple[str, int, bytes]]:
    for match in _SETTING.finditer(data):
        name, secret = match["name"], match["secret"]
        plain = secret.isalpha() or secret.isdigit() or len(set(secret)) < 6
        if plain or _NO_SECRET_NAME.search(name) or _PLACEHOLDER.search(secret):
            continue
        yield (
            f"{name.decode('ascii', 'replace')} in a committed .env",
            match.start("secret"),
            secret,
        )


def _spot(path: str, data: bytes, start: int, secret: bytes) -> Spot:
    """Return the place, with the beginning of the secret and of nothing else on its line."""
    line = data.count(b"\n", 0, start) + 1
    if not secret:
        return Spot(path, line, "-----BEGIN … PRIVATE KEY-----")
    shown = secret[:_SHOWN].decode("ascii", "replace")
    return Spot(path, line, f"{shown}… ({len(secret)} characters)")


def _paths(tree: RepoTree, service: Service, limits: Limits) -> Iterator[str]:
    fact = collect_declared(tree, service, limits)
    ignored = (
        [compile_pattern(item) for item in fact.value.ignore] if isinstance(fact, Found) else []
    )
    prefix = f"{service.path}/" if service.path else ""
    left, count = _BYTES, 0
    for entry in tree.under(service.path):
        inside = entry.path[len(prefix) :]
        if not _text(entry, limits) or is_aside(inside, "test", "example", "vendored"):
            continue
        if any(pattern.matches(inside) for pattern in ignored):
            continue
        left -= entry.size
        count += 1
        if left < 0 or count > _FILES:
            return
        yield entry.path


def _text(entry: TreeEntry, limits: Limits) -> bool:
    if entry.kind not in ("file", "executable") or not 0 < entry.size <= limits.blob:
        return False
    name = posixpath.basename(entry.path)
    skipped = _BINARY.search(name) or _LOCK.search(entry.path) or _TEST_HELPER.search(entry.path)
    return skipped is None and _TEMPLATE.search(name) is None
