"""What the collector says about a service's Python: what is public, in which style, what failed."""

import pickle
from textwrap import dedent

import msgspec
import pytest

from handbook.collect.python import collect_python
from handbook.model.code import CodeModule, CodeObject, Export, PythonCode
from handbook.model.facts import Absent, Broken, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree

SERVICE = Service(name="Risk", slug="risk", repo="https://github.com/acme/risk")


def collect(
    files: dict[str, str], limits: Limits | None = None, path: str = ""
) -> Fact[PythonCode]:
    tree = MemoryTree({name: dedent(text) for name, text in files.items()})
    service = msgspec.structs.replace(SERVICE, path=path)
    return collect_python(tree, service, limits or Limits())


def found(files: dict[str, str], limits: Limits | None = None) -> Found[PythonCode]:
    fact = collect(files, limits)
    assert isinstance(fact, Found)
    return fact


def module(files: dict[str, str], name: str = "risk") -> CodeModule:
    return next(item for item in found(files).value.modules if item.name == name)


def names(files: dict[str, str], name: str = "risk") -> list[str]:
    return [item.path.removeprefix(f"{name}.") for item in module(files, name).objects]


def test_absent_without_python() -> None:
    fact = collect({"README.md": "# Risk", "main.go": "package main"})
    assert isinstance(fact, Absent)
    assert "pyproject.toml" in fact.searched


def test_absent_says_where_it_looked_in_a_monorepo() -> None:
    fact = collect({"services/risk/main.go": ""}, path="services/risk")
    assert isinstance(fact, Absent)
    assert "services/risk/pyproject.toml" in fact.searched


@pytest.mark.parametrize(
    "files",
    [
        {"train.py": "def main(): ..."},
        {"risk/__init__.py": "", "risk/empty.py": "import os\n"},
        {"risk/__init__.py": "", "risk/_private.py": "class Model: ..."},
    ],
    ids=["loose script", "nothing defined", "nothing public"],
)
def test_absent_where_there_is_nothing_to_show(files: dict[str, str]) -> None:
    assert isinstance(collect(files), Absent)


def test_objects_with_their_roles_in_order() -> None:
    code = '''
        import logging
        from os import path
        logger = logging.getLogger(__name__)
        TIMEOUT = 3
        _secret = 1
        def score(x): ...
        def _helper(): ...
        class Model:
            """A model."""
            weights: list
            def __init__(self):
                self.cache = {}
                self.version: str = "1"
            def __repr__(self): ...
            def __call__(self, x):
                """Score."""
            def _inner(self): ...
            @property
            def ready(self): ...
            class Config: ...
        '''
    assert [(o.path, o.role) for o in module({"risk/__init__.py": code}).objects] == [
        ("risk.Model", "class"),
        ("risk.Model.weights", "attribute"),
        ("risk.Model.version", "attribute"),
        ("risk.Model.ready", "property"),
        ("risk.Model.__call__", "method"),
        ("risk.Model.Config", "class"),
        ("risk.score", "function"),
        ("risk.TIMEOUT", "data"),
    ]


def test_all_decides_what_is_public_and_in_which_order() -> None:
    code = "__all__ = ['b', '_c', 'a', 'lazy']\n"
    code += "".join(f"def {name}(): ...\n" for name in ("a", "b", "_c", "d"))
    shown = module({"risk/__init__.py": code})
    assert [item.path for item in shown.objects] == ["risk.b", "risk._c", "risk.a"]
    assert shown.exports == (Export("lazy", ""),)


def test_objects_of_private_modules_are_shown_where_they_are_offered() -> None:
    files = {
        "risk/__init__.py": "from risk._model import Model, _hidden\nfrom .api import serve",
        "risk/_model.py": "class Model:\n    def fit(self): ...\n    x: int\ndef _hidden(): ...",
        "risk/api.py": "from ._model import Model\ndef serve(): ...",
    }
    shown = module(files)
    assert shown.objects == (
        CodeObject("risk.Model", "class", "risk._model.Model"),
        CodeObject("risk.Model.x", "attribute", "risk._model.Model.x"),
        CodeObject("risk.Model.fit", "method", "risk._model.Model.fit"),
    )
    assert shown.exports == (Export("serve", "risk.api.serve"),)
    assert names(files, "risk.api") == ["serve"]


def test_what_other_packages_define_is_named_only_if_offered() -> None:
    files = {
        "risk/__init__.py": "from torch import Tensor, nn\n__all__ = ['nn', 'f']\ndef f(): ..."
    }
    assert module(files).exports == (Export("nn", "torch.nn"),)


def test_star_imports_and_sums_of_all_are_followed() -> None:
    files = {
        "risk/__init__.py": "from ._a import *\nfrom . import _a\n__all__ = _a.__all__ + ['g']\n"
        "def g(): ...",
        "risk/_a.py": "__all__ = ['f']\ndef f(): ...\ndef h(): ...",
    }
    assert names(files) == ["f", "g"]


def test_members_of_bases_that_no_page_shows_are_shown_with_the_class() -> None:
    files = {
        "risk/__init__.py": """
            class _Base:
                def load(self): ...
                def score(self): ...
            class Shared:
                def common(self): ...
            class Model(_Base, Shared):
                def score(self, x): ...
            """
    }
    assert names(files) == ["Shared", "Shared.common", "Model", "Model.load", "Model.score"]


def test_a_class_that_is_its_own_base_ends() -> None:
    code = "class _A:\n    class B(_A): ...\nclass C(_A): ...\nclass D(D): ...\n"
    assert names({"risk/__init__.py": code}) == ["C", "C.B", "D"]


@pytest.mark.parametrize(
    ("style", "docstring"),
    [
        ("google", "Score.\n\n    Args:\n        x: Input.\n"),
        ("numpy", "Score.\n\n    Parameters\n    ----------\n    x : int\n        Input.\n"),
        ("sphinx", "Score.\n\n    :param x: Input.\n    :returns: A score.\n"),
        ("plain", "Score.\n\n    Nothing more to say: really.\n"),
    ],
)
def test_docstring_style(style: str, docstring: str) -> None:
    code = f'"""Args: of the program."""\ndef score(x):\n    """{docstring}"""\n'
    assert found({"risk/__init__.py": code}).value.style == style


def test_docstring_style_is_that_of_the_majority() -> None:
    numpy = "def f{}(x):\n    '''F.\n\n    Returns\n    -------\n    int\n    '''\n"
    google = "def g(x):\n    '''G.\n\n    Returns:\n        It.\n    '''\n"
    code = google + "".join(numpy.format(n) for n in range(3))
    assert found({"risk/__init__.py": code}).value.style == "numpy"


def test_imports_from_elsewhere_with_their_packages() -> None:
    files = {
        "risk/__init__.py": "import os, numpy as np\nfrom acme.core.client import Client\n"
        "from risk import x\nfrom . import y\ndef f(): ...",
    }
    assert found(files).value.imports == (
        "acme",
        "acme.core",
        "acme.core.client",
        "numpy",
    )


def test_the_summary_is_the_first_paragraph() -> None:
    code = '"""Score\n    transactions.\n\n    More."""\n'
    assert module({"risk/__init__.py": code}).summary == "Score transactions."


def test_the_fact_survives_pickling_and_msgspec() -> None:
    fact = found({"risk/__init__.py": "class A:\n    x: int\n"})
    assert pickle.loads(pickle.dumps(fact)) == fact  # noqa: S301
    data = msgspec.msgpack.encode(fact.value)
    assert msgspec.msgpack.decode(data, type=PythonCode) == fact.value


BAD = {
    "python-2": "print 'hello'\n",
    "py-deep-expression": "x = " + "-" * 200_000 + "1\n",
    "deep-sum": "x = " + "1+" * 200_000 + "1\n",
    "deep-call": "x = f" + "()" * 5_000 + "\n",
    "deep-brackets": "x = " + "[" * 5_000 + "]" * 5_000 + "\n",
    "deep-lambda": "x = " + "lambda: " * 10_000 + "1\n",
    "long-elif": "if a: pass\n" + "elif a: pass\n" * 20_000,
    "bad-indent": "def f():\nreturn 1\n",
    "binary": "\x01\x02\x7f\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
    "huge-number": "x = " + "9" * 10_000 + "\n",
    "bad-coding": "# -*- coding: klingon -*-\nx = 1 +\n",
}


@pytest.mark.parametrize("name", BAD)
def test_a_module_that_cannot_be_read_costs_one_problem(name: str) -> None:
    fact = found({"risk/__init__.py": "def f(): ...", "risk/bad.py": BAD[name]})
    assert [item.name for item in fact.value.modules] == ["risk"]
    (problem,) = fact.problems
    assert "risk.bad cannot be read as Python" in problem.message
    assert problem.origin.path == "risk/bad.py"
    assert problem.hint


def test_a_deep_but_readable_expression() -> None:
    code = "x = " + "-" * 700 + "1\ndef f(a=" + "a." * 400 + "b): ...\n"
    assert names({"risk/__init__.py": code}) == ["f", "x"]


def test_a_package_whose_init_cannot_be_read_keeps_its_modules() -> None:
    fact = found({"risk/__init__.py": "print 'x'", "risk/model.py": "def f(): ..."})
    assert [item.name for item in fact.value.modules] == ["risk.model"]
    assert len(fact.problems) == 1


def test_broken_if_nothing_can_be_read() -> None:
    fact = collect({"risk/__init__.py": "print 'x'"})
    assert isinstance(fact, Broken)
    assert fact.problem.level == "error"
    assert fact.problem.origin.path == "risk/__init__.py"


def test_files_over_the_limit_are_left_out_and_said() -> None:
    files = {"risk/__init__.py": "def f(): ...", "risk/big.py": "x = 1\n" * 1000}
    fact = found(files, Limits(blob=1000))
    assert [file.name for file in fact.value.files] == ["risk"]
    assert fact.problems[0].level == "notice"
    assert fact.problems[0].origin.path == "risk/big.py"


def test_objects_over_the_limit_are_left_out_and_said() -> None:
    files = {"risk/__init__.py": "".join(f"def f{n}(): ...\n" for n in range(20))}
    fact = found(files, Limits(api_page_objects=5))
    (only,) = fact.value.modules
    assert (len(only.objects), only.left_out) == (5, 15)
    assert "first 5 of 20" in fact.problems[0].message


def test_tangled_imports_end() -> None:
    files = {
        f"risk/_m{n}.py": f"from ._m{n + 1} import *\nfrom ._m{n + 1} import f" for n in range(300)
    }
    files["risk/__init__.py"] = (
        "from ._m0 import f\nfrom . import *\nfrom risk import risk\ndef g(): ..."
    )
    files["risk/_m300.py"] = "from ._m0 import *\ndef f(): ..."
    assert "g" in names(files)
