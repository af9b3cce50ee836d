"""One site over hostile repos and a harmless one, and the same site without the hostile ones."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import ryaml

SECRET = "fake-secret-canary-3f9c1d"
ON_HOST = "canary-on-the-host-77ab20"
HARMLESS = "alpha"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64

# Small limits keep the cases about size small; what happens at them is the same.
LIMITS = "{blob: 65536, image: 65536, markdown_page: 65536, service_seconds: 40, page_seconds: 3}"

ALPHA: Mapping[str, str | bytes] = {
    "README.md": "# Alpha\n\nScores. See [the guide](docs/guide.md) and `x < y`.\n",
    "docs/guide.md": "# Guide\n\n## Set up\n\n![flow](img/flow.png)\n\n```python\nx = 1\n```\n",
    "docs/img/flow.png": PNG,
    "src/alpha/__init__.py": '"""Alpha scores."""\n\n\ndef score(x: int) -> int:\n    """Score."""\n',
    "pyproject.toml": '[project]\nname = "alpha"\nversion = "1.0"\n',
    "openapi.yaml": (
        "openapi: 3.0.3\ninfo: {title: Alpha API, version: '1'}\npaths:\n  /score:\n    get:\n"
        "      operationId: getScore\n      responses: {'200': {description: fine}}\n"
    ),
    "CODEOWNERS": "* @acme/risk\n",
}


class Hostile:
    """The built sites, what building said, and the seconds it took."""

    def __init__(self, project: Any, alone: Any, said: str, seconds: float) -> None:
        self.project = project
        self.alone = alone
        self.said = said
        self.seconds = seconds

    @property
    def site(self) -> Path:
        """The folder of the site with everything in it."""
        return Path(self.project.site)

    def pages(self) -> Iterator[tuple[str, str]]:
        """Every page by its path from the site's root, with its HTML."""
        for path in sorted(self.site.rglob("*.html")):
            yield path.relative_to(self.site).as_posix(), path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def hostile(
    tmp_path_factory: pytest.TempPathFactory,
    repo_type: Callable[..., Any],
    project_type: Callable[..., Any],
) -> Iterator[Hostile]:
    """Build both sites, once for all tests."""
    root = tmp_path_factory.mktemp("hostile")
    canary = root / "host" / "canary.txt"
    canary.parent.mkdir()
    canary.write_text(f"{ON_HOST}\n")
    repos = Repos(root / "repos", repo_type, str(canary))
    urls = [make(repos) for make in MAKERS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANDBOOK_TEST_SECRET", SECRET)
        patch.setenv("GITHUB_TOKEN", SECRET)
        project = _project(project_type, root / "project", [harmless_url(repos), *urls])
        started = time.monotonic()
        said = _build(project)
        seconds = time.monotonic() - started
        alone = _project(project_type, root / "alone", [harmless_url(repos)])
        _build(alone)
    yield Hostile(project, alone, said, seconds)


def _project(project_type: Callable[..., Any], folder: Path, urls: list[str]) -> Any:
    folder.mkdir()
    project = project_type(folder, search="true", limits=LIMITS)
    project.write("docs/index.md", "# Home\n")
    project.catalog(*urls)
    return project


def _build(project: Any) -> str:
    said = ""
    for command in (("handbook", "sync"), ("mkdocs", "build", "--verbose")):
        done = project.run(*command)
        said += done.stdout + done.stderr
    return said


class Repos:
    """Makes repos below a folder; ``@CANARY@`` in texts becomes the path of a file outside."""

    def __init__(self, folder: Path, repo_type: Callable[..., Any], canary: str) -> None:
        folder.mkdir()
        self.canary = canary
        self._folder = folder
        self._repo_type = repo_type

    def new(self, name: str, **options: Any) -> Any:
        """Make an empty repo."""
        return self._repo_type(self._folder / name, **options)

    def of(self, name: str, files: Mapping[str, str | bytes], **options: Any) -> str:
        """Make a repo with one commit of these files; return its address."""
        repo = self.new(name)
        repo.commit({path: self.text(value) for path, value in files.items()}, **options)
        return str(repo.url)

    def text(self, value: str | bytes) -> str | bytes:
        """Put the canary's path into a text."""
        return value.replace("@CANARY@", self.canary) if isinstance(value, str) else value


def harmless_url(repos: Repos) -> str:
    path = repos._folder / HARMLESS
    return str(path) if path.exists() else repos.of(HARMLESS, ALPHA)


def _data(name: str) -> Any:
    text = (Path(__file__).parent / f"{name}.yml").read_text(encoding="utf-8")
    return ryaml.loads(text)  # type: ignore[attr-defined]


def _pages(flavour: str) -> Callable[[Repos], str]:
    def make(repos: Repos) -> str:
        files = {f"docs/{name}.md": text for name, text in _data("pages").items()}
        if flavour == "mkdocs":
            files["mkdocs.yml"] = "site_name: x\n"
        files["README.md"] = "# Pages\n\n[up](../../../../../etc/passwd)\n"
        links = {"canary-link.png": repos.canary}
        return repos.of(f"pages-{flavour}", files, links=links)

    return make


def _service(name: str) -> Callable[[Repos], str]:
    def make(repos: Repos) -> str:
        links = {"canary-link.yaml": repos.canary} if name == "api" else {}
        return repos.of(name, _data("services")[name], links=links)

    return make


def _links(repos: Repos) -> str:
    """link-abs, link-up, link-loop, link-dangling, link-chain, and links that are folders."""
    away = os.path.relpath(repos.canary, "/")
    chain = {f"docs/chain-{n}.md": f"chain-{n + 1}.md" for n in range(9)}
    links = {
        "README.md": repos.canary,
        "docs/abs.md": repos.canary,
        "docs/up.md": f"{'../' * 40}{away}",
        "docs/loop.md": "loop.md",
        "docs/loop-a.md": "loop-b.md",
        "docs/loop-b.md": "loop-a.md",
        "docs/dangling.md": "nothing.md",
        "docs/folder": "/etc",
        "docs/self": "..",
        "docs/image.png": repos.canary,
        "CODEOWNERS": repos.canary,
        "CHANGELOG.md": repos.canary,
        "openapi.yaml": repos.canary,
        "pyproject.toml": repos.canary,
        "mkdocs.yml": repos.canary,
        "catalog-info.yaml": repos.canary,
        ".mailmap": repos.canary,
        "src/linked/__init__.py": repos.canary,
        **chain,
    }
    files = {
        "docs/index.md": f"# Links\n\n![x](image.png) ![y]({repos.canary}) [z](folder/passwd)\n",
        "docs/chain-9.md": "# End of the chain\n",
        "src/linked/other.py": "x = 1\n",
    }
    return repos.of("links", files, links=links)


def _names(repos: Repos) -> str:
    """name-*, tree-duplicate-entry, tree-20k-deep (100 deep), gitlink-option-url."""
    repo = repos.new("names")
    blob = repo.blob("# Page of an odd name\n\n![x](img.png)\n")
    inside = repo.tree([("100644", b"x.md", blob)])
    deep = inside
    for _ in range(100):
        deep = repo.tree([("40000", b"d", deep)])
    names = [
        *(b"..", b".git", b"GIT~1", b"a/b.md", b"new\nline.md", b"esc\x1b[2J.md", b"latin\xe9.md"),
        *(b"%2e%2e", b"%2e%2e%2fx.md", b"-leading.md", "\U0001f680.md".encode(), b"aux.md", b"con"),
        *(
            "bidi\u202edm.md".encode(),
            b"Case.md",
            b"case.md",
            b"twin.md",
            b"twin.md",
            b"quo'te\".md",
        ),
        *(b"<script>pwned(1)<", b"<img src=x onerror=pwned(2)>.md", b"a&amp;b.md", b"index.md"),
        *(
            b"README.md",
            b"javascript:pwned(3).md",
            b"{{ config }}.md",
            b"$(touch pwned).md",
            b" .md",
        ),
        *(
            b"x" * 250 + b".md",
            b"y" * 400 + b".md",
            "\u00e9".encode() * 120 + b".md",
            b"back\\slash.md",
        ),
        *(
            b"?h=1#x.md",
            b"__proto__.md",
            b"constructor.md",
            b"~.md",
            b"...md",
            b".md",
            b"\xe2\x80\x8b.md",
        ),
    ]
    pages = [("100644", name, blob) for name in names]
    pages += [("40000", b"Folder", inside), ("40000", b"folder", inside), ("40000", b"..", inside)]
    pages += [("160000", b"submodule", "1" * 40), ("40000", b"self", repo.tree(pages[:20]))]
    modules = repo.blob('[submodule "x"]\n\tpath = x\n\turl = -oProxyCommand=touch pwned\n')
    root = [
        ("100644", b".gitmodules", modules),
        ("100644", b"README.md", repo.blob("# Names\n\n[odd](<docs/quo'te\".md>)\n")),
        ("40000", b"deep", deep),
        ("40000", b"docs", repo.tree(pages)),
        ("100644", b"empty", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
        ("160000", b"x", "2" * 40),
    ]
    repo.blob(b"")
    repo.commit_tree(repo.tree(root))
    return str(repo.url)


def _sizes(repos: Repos) -> str:
    """What is about size, depth and odd bytes."""
    png = PNG + zlib.compress(os.urandom(200_000))
    doubling = "".join(
        f"    S{n}: {{type: object, properties: {{a: {{$ref: '#/components/schemas/S{n + 1}'}}, b:"
        f" {{$ref: '#/components/schemas/S{n + 1}'}}}}}}\n"
        for n in range(40)
    )
    files: dict[str, str | bytes] = {
        "README.md": "# Large\n\n" + "word " * 400_000,
        "docs/readme-utf16-bom.md": "# Grüße \u202e<script>pwned(1)</script>\n".encode("utf-16"),
        "docs/readme-crlf-nul.md": "---\r\ntitle: N\0UL\r\n---\r\n# A\0B <scr\0ipt>pwned(2)</scr\0ipt>\r\n",
        "docs/latin.md": b"# caf\xe9 <script>pwned(3)</script>\n",
        "docs/invalid.md": b"# \xff\xfe\xfd \xc0\xbcscript\xc0\xbepwned(4)\n",
        "docs/fm-nest.md": f"---\ntitle: {'[' * 7_000}\n---\n# Nested\n",
        "docs/fm-large.md": f"---\nx: {'[' * 60_000}\n---\n# Nested\n",
        "docs/brackets-20k.md": "[" * 20_000 + "\n\n" + "![[" * 7_000 + "\n\n" + "<a " * 10_000,
        "docs/nested-list-400.md": "\n".join("  " * n + "- x" for n in range(400)),
        "docs/nested-quote.md": "> " * 5_000 + "x",
        "docs/nested-html.md": "<div>" * 8_000,
        "docs/nested-bold.md": "<b><i>" * 5_000 + "\n\n" + "**a *b " * 5_000,
        "docs/table-500-columns.md": "|"
        + "a|" * 500
        + "\n|"
        + "-|" * 500
        + "\n"
        + ("|" + "b|" * 500 + "\n") * 60,
        "docs/emphasis.md": "*a_" * 20_000
        + "\n\n"
        + "`" * 20_000
        + "\n\n"
        + "~" * 20_000
        + "\n\n$" * 9_000,
        "docs/references.md": "".join(f"[{n}]: x\n" for n in range(6_000)) + "[a][b]" * 900,
        "docs/one-line.md": "x" * 60_000,
        "docs/attributes.md": "# x {" + " a=b" * 10_000 + "}\n",
        "docs/huge.png": png,
        "docs/lfs.png": f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 9\n",
        "docs/images.md": "# Images\n\n![huge](huge.png) ![lfs](lfs.png)\n",
        "docs/anchor.md": "# x\n\n" + "".join(f"## {'a' * 300}\n" for _ in range(150)),
        "api/deep.openapi.json": '{"openapi": "3.0.0", "x": ' + "[" * 30_000 + "]" * 30_000 + "}",
        "api/deep.openapi.yaml": "openapi: 3.0.0\nx: " + "[" * 30_000 + "]" * 30_000 + "\n",
        "api/doubling.openapi.yaml": (
            "openapi: 3.0.0\ninfo: {title: Doubling, version: '1'}\npaths:\n  /x: {get: {responses: {'200':"
            " {description: x, content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}}}}\n"
            f"components:\n  schemas:\n{doubling}    S40: {{type: string}}\n"
        ),
        "src/large/__init__.py": '"""Large."""\nx = ' + "(" * 150 + ")" * 150 + "\n",
        "src/large/deep.py": "x = " + "-" * 20_000 + "1\n",
        "src/large/sums.py": "x = " + "1+" * 12_000 + "1\n",
        "src/large/nested.py": "\n".join(" " * n + f"class C{n}:" for n in range(95))
        + "\n"
        + " " * 95
        + "x = 1\n",
        "src/large/digits.py": "x = " + "9" * 50_000 + "\n",
        "catalog-info.yaml": "kind: Component\nmetadata: {name: "
        + "x" * 5_000
        + "}\nspec: "
        + "[" * 30_000,
        "CODEOWNERS": "* " + "@a/b " * 10_000 + "\n" + "/**" * 5_000 + " @x\n",
        "pyproject.toml": "x = " + "[" * 20_000 + "]" * 20_000,
        "package.json": "[" * 60_000,
        "go.mod": "module " + "x/" * 20_000,
        "CHANGELOG.md": "## 1.0"
        + ".1" * 9_000
        + "\n\n"
        + "[" * 9_000
        + "\n\n"
        + "## 1.0\n" * 3_000,
    }
    return repos.of("sizes", files)


def _history(repos: Repos) -> str:
    """Commits, people, tags and branches with hostile names."""
    repo = repos.new("history")
    name = "\"><script>pwned('author')</script> \x1b[31m\u202e"
    for number, subject in enumerate(
        (
            "<script>pwned('subject')</script>",
            "`</code><script>pwned(1)</script>` and `unclosed",
            '[x](javascript:pwned(2)) :"><img src=x onerror=pwned(3)>:',
            "\x1b[2J\x1b]0;evil\x07 \u202e reversed \x00 nul",
            "x" * 60_000,
            "[`" * 9_000,
            f"token={SECRET[:4]} {'`' * 5_000}",
        )
    ):
        repo.commit(
            {"README.md": f"# History\n\n{number}\n"},
            subject.replace("\0", ""),
            author=(name.replace("<", "(").replace(">", ")"), 'x"onclick=pwned(4)@example.org'),
            date=f"2026-01-0{number + 1}T03:04:05+00:00",
        )
    for tag in (
        *('v1.0"onclick="pwned(5)', "v1.0<script>pwned(6)<", "v2.0'x", "v3.0&lt;script&gt;"),
        *("{{config}}", "v4.0\u202e", "v5.0-\U0001f680", "x/" * 60 + "v1", "v6.0$(touch,pwned)"),
    ):
        repo.tag(tag)
    repo.git("update-ref", 'refs/heads/"><script>pwned(7)<', repo.head())
    repo.git("symbolic-ref", "HEAD", 'refs/heads/"><script>pwned(7)<')
    return str(repo.url)


def _missing(repos: Repos) -> str:
    """missing-blob: the tree names an object that the repo does not have."""
    repo = repos.new("missing")
    entries = [("100644", b"README.md", "3" * 40), ("100644", b"x.md", repo.blob("x"))]
    repo.commit_tree(repo.tree(entries))
    return str(repo.url)


def _sha256(repos: Repos) -> str:
    repo = repos.new("sha256", object_format="sha256")
    repo.commit({"README.md": "# SHA-256\n\n<script>pwned(1)</script>\n"})
    return str(repo.url)


def _empty(repos: Repos) -> str:
    return str(repos.new("empty").url)


MAKERS: tuple[Callable[[Repos], str], ...] = (
    _pages("mkdocs"),
    _pages("github"),
    *(_service(name) for name in ("files", "config", "people", "rst", "code", "api")),
    *(_links, _names, _sizes, _history, _missing, _sha256, _empty),
)
