"""One self-contained definition out of many files of one repo."""

from __future__ import annotations

import json
from typing import Any

from handbook.collect.openapi.bundle import Bundle, bundle
from handbook.collect.openapi.read import Document, read_document
from handbook.model.limits import Limits
from handbook.tree import MemoryTree

HEAD = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n"


def make(files: dict[str, str], path: str = "openapi.yaml", **limits: int) -> Bundle:
    tree, bounds = MemoryTree(files), Limits(**limits)
    document = read_document(tree, path, bounds)
    assert isinstance(document, Document)
    return bundle(tree, document, bounds)


def refs(value: Any) -> set[str]:
    if isinstance(value, dict):
        found = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return found.union(*(refs(item) for item in value.values()))
    return set().union(*(refs(item) for item in value)) if isinstance(value, list) else set()


SPLIT = {
    "api/openapi.yaml": HEAD
    + """\
paths:
  /pets: {$ref: paths/pets.yaml}
components:
  schemas:
    Pet: {$ref: '../schemas/pet.yaml'}
    Pets: {type: array, items: {$ref: '#/components/schemas/Pet'}}
""",
    "api/paths/pets.yaml": """\
parameters:
  - $ref: ../common.yaml#/parameters/limit
get:
  responses:
    '200':
      description: ok
      content:
        application/json: {schema: {$ref: '../openapi.yaml#/components/schemas/Pets'}}
    default: {$ref: '../common.yaml#/responses/Error'}
""",
    "api/common.yaml": """\
parameters:
  limit: {name: limit, in: query, schema: {type: integer}}
responses:
  Error:
    description: bad
    content: {application/json: {schema: {$ref: '#/schemas/Error'}}}
schemas:
  Error: {type: object, properties: {pet: {$ref: '../schemas/pet.yaml'}}}
""",
    "schemas/pet.yaml": """\
type: object
properties:
  name: {type: string}
  friend: {$ref: '#'}
""",
}


def test_references_to_files_become_components() -> None:
    made = make(SPLIT, "api/openapi.yaml")
    components = made.data["components"]
    assert made.problems == ()
    assert components["schemas"]["Pet"]["properties"]["friend"] == {
        "$ref": "#/components/schemas/Pet"
    }
    assert components["schemas"]["Error"]["properties"]["pet"] == {
        "$ref": "#/components/schemas/Pet"
    }
    assert set(components["parameters"]) == {"limit"}
    assert set(components["responses"]) == {"Error"}
    item = made.data["paths"]["/pets"]
    assert item["parameters"] == [{"$ref": "#/components/parameters/limit"}]
    assert all(ref.startswith("#/components/") for ref in refs(made.data))


def test_every_place_knows_its_file_and_line() -> None:
    made = make(SPLIT, "api/openapi.yaml")
    places = {
        ("paths", "/pets", "get"): ("api/paths/pets.yaml", 3),
        ("components", "schemas", "Pet", "properties", "name"): ("schemas/pet.yaml", 3),
        ("components", "schemas", "Pets"): ("api/openapi.yaml", 8),
        ("components", "responses", "Error", "description"): ("api/common.yaml", 5),
    }
    for pointer, (path, line) in places.items():
        origin = made.origin(pointer)
        assert (origin.path, origin.line) == (path, line), pointer


def test_same_names_of_different_files_stay_apart() -> None:
    files = {
        "openapi.yaml": HEAD
        + "paths: {}\ncomponents:\n  schemas:\n    A: {$ref: 'x/e.yaml#/Error'}\n"
        "    Error: {type: string}\n    B: {allOf: [{$ref: 'y/e.yaml#/Error'}]}\n",
        "x/e.yaml": "Error: {type: integer}\n",
        "y/e.yaml": "Error: {type: boolean}\n",
    }
    schemas = make(files).data["components"]["schemas"]
    assert schemas["A"] == {"type": "integer"}
    assert schemas["Error"] == {"type": "string"}
    assert schemas["B"] == {"allOf": [{"$ref": "#/components/schemas/Error_2"}]}
    assert schemas["Error_2"] == {"type": "boolean"}


def test_whole_sections_from_another_file() -> None:
    files = {
        "openapi.yaml": HEAD + "paths: {$ref: paths.yaml}\ncomponents: {schemas: {$ref: s.yaml}}\n",
        "paths.yaml": "/a:\n  get:\n    responses: {}\n",
        "s.yaml": "Pet: {type: object}\n",
    }
    made = make(files)
    assert made.problems == ()
    assert list(made.data["paths"]) == ["/a"]
    assert made.data["components"]["schemas"] == {"Pet": {"type": "object"}}


def test_swagger_2_keeps_its_own_sections() -> None:
    files = {
        "swagger.yaml": "swagger: '2.0'\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get:\n"
        "      responses: {'200': {description: d, schema: {$ref: 'p.json#/Pet'}}}\n",
        "p.json": '{"Pet": {"type": "object"}}',
    }
    made = make(files, "swagger.yaml")
    assert made.data["definitions"] == {"Pet": {"type": "object"}}
    assert refs(made.data) == {"#/definitions/Pet"}


def test_data_of_the_api_is_not_a_reference() -> None:
    spec = HEAD + (
        "paths: {}\ncomponents:\n  schemas:\n    A:\n      example: {$ref: nowhere.yaml}\n"
        "      default: {$ref: 'http://example.com'}\n      properties:\n"
        "        example: {$ref: '#/components/schemas/A'}\n"
    )
    made = make({"openapi.yaml": spec})
    assert made.problems == ()
    assert made.data["components"]["schemas"]["A"]["example"] == {"$ref": "nowhere.yaml"}


def test_what_is_not_followed_is_said_with_its_place() -> None:
    lines = {
        "http://example.com/a.yaml": "outside the repo",
        "file:///etc/passwd": "outside the repo",
        "//example.com/a.yaml": "outside the repo",
        "/etc/passwd": "not relative",
        "../../../etc/passwd": "out of the repo",
        "missing.yaml": "no file missing.yaml",
        "#/components/schemas/Nope": "nothing at this place",
        "broken.yaml#/A": "broken.yaml:2 cannot be used",
        "a.yaml#name": "an anchor",
        "..\\a.yaml": "not relative",
    }
    properties = "".join(
        f"        p{n}:\n          $ref: {json.dumps(ref)}\n" for n, ref in enumerate(lines)
    )
    spec = HEAD + f"paths: {{}}\ncomponents:\n  schemas:\n    A:\n      properties:\n{properties}"
    made = make({"openapi.yaml": spec, "broken.yaml": "a: 1\n b: [\n", "a.yaml": "x: 1\n"})
    by_ref = {problem.message: problem for problem in made.problems}
    assert len(by_ref) == len(lines)
    for number, (ref, words) in enumerate(lines.items()):
        problem = next(p for m, p in by_ref.items() if f" {ref} " in m)
        assert words in problem.message
        assert problem.origin.line == 8 + 2 * number
    assert all(ref.startswith("#") for ref in refs(made.data))


def test_cycles_through_copied_places_end() -> None:
    files = {
        "openapi.yaml": HEAD + "paths:\n  /a: {$ref: a.yaml}\n",
        "a.yaml": "$ref: b.yaml\n",
        "b.yaml": "$ref: a.yaml\n",
    }
    made = make(files)
    assert [p.message for p in made.problems] == [
        "The reference a.yaml was not followed: it leads back to itself."
    ]


def test_references_and_bytes_are_bounded() -> None:
    files = {
        "openapi.yaml": HEAD
        + "paths: {}\ncomponents:\n  schemas:\n"
        + "".join(f"    S{n}: {{$ref: 'f{n}.yaml'}}\n" for n in range(10)),
        **{f"f{n}.yaml": "type: object\ndescription: some words\n" for n in range(10)},
    }
    few = make(files, openapi_refs=6)
    assert "at most 6 references" in few.problems[0].message
    small = make(files, openapi_bundle=500)
    assert any("more than 500 bytes" in problem.message for problem in small.problems)
    assert make(files).problems == ()


def test_references_beside_a_reference_are_bundled_too() -> None:
    made = make(
        {
            "openapi.yaml": HEAD
            + """\
paths:
  /a:
    $ref: https://evil.example/x
    get: {responses: {'200': {$ref: 'common.yaml#/Ok'}, '400': {$ref: 'http://192.0.2.1/x'}}}
components:
  schemas:
    A: {$ref: '#/components/schemas/B', properties: {c: {$ref: 'common.yaml#/C'}}}
    B: {type: object}
""",
            "common.yaml": "Ok: {description: ok}\nC: {type: string}\n",
        }
    )
    assert all(ref.startswith("#/") for ref in refs(made.data))
    assert made.data["components"]["responses"]["Ok"] == {"description": "ok"}
    assert made.data["components"]["schemas"]["C"] == {"type": "string"}
    assert len(made.problems) == 2
