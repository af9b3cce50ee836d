"""Languages, manifests and base images, from good files and from bad ones."""

from __future__ import annotations

import time

import pytest

from handbook.collect.dockerfile import last_base
from handbook.collect.package import collect_package
from handbook.model.facts import Absent, Found
from handbook.model.limits import Limits
from handbook.model.package import Package, PackageInfo
from handbook.model.service import Service
from handbook.tree import MemoryTree


def collected(tree: MemoryTree, path: str = "") -> Found[PackageInfo]:
    service = Service("Risk", "risk", tree.repo, path=path)
    fact = collect_package(tree, service, Limits())
    assert isinstance(fact, Found)
    return fact


def shown(package: Package) -> tuple[str, ...]:
    return (
        package.ecosystem,
        package.name,
        package.version,
        package.license,
        package.requires,
        str(package.dependencies),
        package.description,
    )


MANIFESTS = {
    "pyproject.toml": (
        """
        [project]
        name = "risk"
        version = "1.2"
        description = "Scores   risk"
        license = "MIT"
        requires-python = ">=3.11"
        dependencies = ["a", "b>=1"]
        """,
        ("Python", "risk", "1.2", "MIT", "Python >=3.11", "2", "Scores risk"),
    ),
    "Cargo.toml": (
        """
        [workspace.package]
        version = "3.0"
        license = "MIT"
        [package]
        name = "risk"
        version = { workspace = true }
        rust-version = "1.80"
        [dependencies]
        serde = "1"
        """,
        ("Rust", "risk", "3.0", "MIT", "Rust 1.80", "1", ""),
    ),
    "package.json": (
        '{"name": "risk", "version": "2.0", "license": {"type": "ISC"},'
        ' "engines": {"node": ">=20"}, "dependencies": {"a": "1"}, "description": "Web"}',
        ("npm", "risk", "2.0", "ISC", "Node.js >=20", "1", "Web"),
    ),
    "go.mod": (
        """
        module example.org/risk

        go 1.23

        require example.org/one v1.0.0
        require (
            example.org/two v1.0.0
            example.org/three v1.0.0 // indirect
        )
        exclude example.org/four v1.0.0
        """,
        ("Go", "example.org/risk", "", "", "Go 1.23", "2", ""),
    ),
    "pom.xml": (
        """<?xml version="1.0" encoding="UTF-8"?>
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <parent><groupId>org.example</groupId><version>4.1</version></parent>
          <artifactId>risk</artifactId>
          <description>Java risk</description>
          <licenses><license><name>Apache-2.0</name></license></licenses>
          <properties><maven.compiler.release>21</maven.compiler.release></properties>
          <dependencies>
            <dependency><artifactId>a</artifactId><version>9</version></dependency>
          </dependencies>
        </project>""",
        ("Maven", "org.example:risk", "4.1", "Apache-2.0", "Java 21", "1", "Java risk"),
    ),
    "setup.cfg": (
        "[metadata]\nname = risk\nversion = 1\n[options]\npython_requires = >=3.9\n"
        "install_requires =\n    a\n    # no\n    b\n",
        ("Python", "risk", "1", "", "Python >=3.9", "2", ""),
    ),
    "requirements.txt": (
        "# pinned\na==1\n-r other.txt\n\nb\n",
        ("Python", "", "", "", "", "2", ""),
    ),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests_are_read(name: str, memory_tree: type[MemoryTree]) -> None:
    text, expected = MANIFESTS[name]
    text = text if name == "setup.cfg" else "\n".join(line.strip() for line in text.split("\n"))
    fact = collected(memory_tree({name: text}))
    assert [shown(package) for package in fact.value.packages] == [expected]
    assert fact.value.packages[0].origin.path == name
    assert fact.problems == ()


def test_poetry_is_read(memory_tree: type[MemoryTree]) -> None:
    text = (
        '[tool.poetry]\nname = "risk"\nversion = "1"\nlicense = "MIT"\n'
        '[tool.poetry.dependencies]\npython = "^3.11"\nhttpx = "*"\n'
    )
    fact = collected(memory_tree({"pyproject.toml": text}))
    assert shown(fact.value.packages[0])[:6] == ("Python", "risk", "1", "MIT", "Python ^3.11", "1")


def test_names_can_be_shown_and_written(memory_tree: type[MemoryTree]) -> None:
    files = {
        "package.json": '{"name": "\\ud800ri\\u202esk", "version": "1\\n2"}',
        "pyproject.toml": '[project]\nname = "a"\nlicense = {text = "M\\u202eIT"}\n',
        "Dockerfile": "FROM py\u202ethon\n",
    }
    fact = collected(memory_tree(files))
    assert [shown(package)[1:4] for package in fact.value.packages] == [
        ("a", "", "MIT"),
        ("risk", "1 2", ""),
    ]
    assert [image.image for image in fact.value.images] == ["python"]


def test_a_tool_table_alone_is_no_package(memory_tree: type[MemoryTree]) -> None:
    files = {"pyproject.toml": "[tool.ruff]\n", "requirements.txt": "a\n", "a.py": "1"}
    assert [p.origin.path for p in collected(memory_tree(files)).value.packages] == [
        "requirements.txt"
    ]


DEEP = 100_000
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><project>&b;</project>'
)
HOSTILE = {
    "toml-broken": ("pyproject.toml", "[project\nname=", 1),
    "toml-dots": ("pyproject.toml", "[project]\n" + "a." * 50_000 + "b = 1", 2),
    "toml-deep": ("pyproject.toml", "a = " + "[" * DEEP, 0),
    "json-broken": ("package.json", '{\n"name": }', 2),
    "json-depth-100k": ("package.json", "[" * DEEP, 0),
    "json-list": ("package.json", "[]", 0),
    "json-long-number": ("package.json", '{"a": ' + "9" * 5_000 + "}", 0),
    "xml-laughs": ("pom.xml", LAUGHS, 0),
    "xml-file": ("pom.xml", '<!DOCTYPE p SYSTEM "file:///etc/passwd"><project/>', 0),
    "xml-deep": ("pom.xml", "<a>" * 20_000, 0),
    "xml-broken": ("pom.xml", "<project>\n<a></b></project>", 2),
    "ini-broken": ("setup.cfg", "name = x\n", 0),
    "oversized": ("go.mod", "module x\n" + "//\n" * 200_000, 0),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_manifest_that_cannot_be_read_is_a_problem(
    name: str, memory_tree: type[MemoryTree]
) -> None:
    path, text, line = HOSTILE[name]
    began = time.process_time()
    fact = collected(memory_tree({path: text}))
    assert time.process_time() - began < 5
    assert fact.value.packages == ()
    assert [problem.origin.path for problem in fact.problems] == [path]
    assert "is not read" in fact.problems[0].message
    if line:
        assert fact.problems[0].origin.line == line


def test_fields_of_the_wrong_kind_are_left_out_and_said(memory_tree: type[MemoryTree]) -> None:
    text = (
        '[project]\nname = 5\ndependencies = "a"\nauthors = [3, {name = 4}]\nlicense = {text = 1}\n'
    )
    fact = collected(memory_tree({"pyproject.toml": text}))
    assert shown(fact.value.packages[0])[:6] == ("Python", "", "", "", "", "0")
    assert [problem.message for problem in fact.problems] == [
        "pyproject.toml: name should be text.",
        "pyproject.toml: dependencies should be a list.",
    ]


def test_packages_in_folders_come_after_the_services_own(memory_tree: type[MemoryTree]) -> None:
    files = {
        "app/web/package.json": '{"name": "web"}',
        "app/pyproject.toml": '[project]\nname = "app"',
        "app/setup.cfg": "[metadata]\nname = shadowed",
        "app/node_modules/x/package.json": '{"name": "vendored"}',
        "app/a/b/c/package.json": '{"name": "deep"}',
        "other/go.mod": "module other",
    }
    info = collected(memory_tree(files), "app").value
    assert [package.name for package in info.packages] == ["app", "web"]
    own = info.own("app")
    assert own is not None
    assert own.name == "app"
    assert info.own("") is None


def test_too_many_manifests_are_cut_with_a_notice(memory_tree: type[MemoryTree]) -> None:
    files = {f"p{at:02d}/package.json": f'{{"name": "p{at}"}}' for at in range(25)}
    fact = collected(memory_tree(files))
    assert len(fact.value.packages) == 20
    assert fact.problems[0].message == "Only 20 of 25 package manifests are shown."


def test_languages_are_counted_by_size_without_foreign_files(
    memory_tree: type[MemoryTree],
) -> None:
    files = {
        "app/a.py": "x" * 300,
        "app/b.go": "x" * 100,
        "app/notebook.ipynb": "x" * 9_000,
        "app/web/index.html": "x" * 9_000,
        "app/vendor/big.js": "x" * 9_000,
        "app/api_pb2.py": "x" * 9_000,
        "app/site.min.js": "x" * 9_000,
        "app/docs/conf.py": "x" * 9_000,
        "app/generated/all.rs": "x" * 9_000,
        "other/c.rs": "x" * 9_000,
        ".gitattributes": "app/generated/** linguist-generated=true\n*.txt text\n",
    }
    info = collected(memory_tree(files), "app").value
    assert [(share.name, share.bytes, share.share) for share in info.languages] == [
        ("Python", 300, 0.75),
        ("Go", 100, 0.25),
    ]
    assert info.language == "Python"


def test_notebooks_name_the_language_only_where_there_is_nothing_else(
    memory_tree: type[MemoryTree],
) -> None:
    assert collected(memory_tree({"a.ipynb": "{}"})).value.language == "Jupyter Notebook"
    files = {"a.ipynb": "{" * 99, "b.py": "1"}
    assert collected(memory_tree(files)).value.language == "Python"


def test_an_empty_folder_is_absent(memory_tree: type[MemoryTree]) -> None:
    tree = memory_tree({"README.md": "# Risk"})
    fact = collect_package(tree, Service("Risk", "risk", tree.repo), Limits())
    assert isinstance(fact, Absent)
    assert "pyproject.toml" in fact.searched


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("FROM python:3.12-slim\n", ("python:3.12-slim", 1)),
        ("# x\nFROM --platform=linux/amd64 golang AS build\nFROM scratch\n", ("scratch", 3)),
        ("FROM a AS base\nFROM base AS app\nFROM app\n", ("a", 1)),
        ("ARG V=3.12\nARG NAME=python\nFROM ${NAME}:${V:-3}\n", ("python:3.12", 3)),
        ("FROM ${UNSET:-debian}\n", ("debian", 1)),
        ("FROM $UNSET\n", ("$UNSET", 1)),
        ("RUN echo FROM x\n", None),
    ],
)
def test_the_base_of_the_last_stage(text: str, base: tuple[str, int] | None) -> None:
    assert last_base(text) == base


def test_base_images_name_their_line(memory_tree: type[MemoryTree]) -> None:
    files = {"Dockerfile": "FROM a\n", "x/worker.Dockerfile": "#\nFROM b\n", "Dockerfile.md": "no"}
    images = collected(memory_tree(files)).value.images
    assert [(item.image, item.origin.path, item.origin.line) for item in images] == [
        ("a", "Dockerfile", 1),
        ("b", "x/worker.Dockerfile", 2),
    ]
