"""No module of ours waits for itself: whichever a process imports first, it comes in whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("states", "flows", "api")


def modules() -> dict[str, Path]:
    found = (path for top in OURS for path in sorted((ROOT / top).rglob("*.py")))
    return {
        ".".join(one.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): one for one in found
    }


def at_once(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run with the module: none inside a function, none for the type checker alone."""
    for one in body:
        if isinstance(one, ast.Import | ast.ImportFrom):
            yield one
        elif isinstance(one, ast.If | ast.Try):
            checked = isinstance(one, ast.If) and "TYPE_CHECKING" in ast.unparse(one.test)
            yield from at_once([*([] if checked else one.body), *one.orelse])
        elif isinstance(one, ast.ClassDef | ast.With):
            yield from at_once(one.body)


def needed(path: Path, known: dict[str, Path]) -> set[str]:
    wanted: set[str] = set()
    for one in at_once(ast.parse(path.read_text(encoding="utf-8")).body):
        if isinstance(one, ast.Import):
            wanted |= {name.name for name in one.names}
        elif one.module and not one.level:
            parts = {f"{one.module}.{name.name}" for name in one.names}
            inner = parts & known.keys()
            wanted |= inner | ({one.module} if len(inner) < len(parts) else set())
    return wanted & known.keys()


def ring(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_itself_over_others() -> None:
    known = modules()
    graph = {name: needed(path, known) - {name} for name, path in known.items()}
    assert sum(map(len, graph.values())) > 1000, "the imports are seen at all"
    assert ring(graph) == []


def test_a_ring_is_seen(tmp_path: Path) -> None:
    known = {name: tmp_path / f"{name}.py" for name in ("a", "b", "c")}
    known["a"].write_text("from b import x\n")
    known["b"].write_text("if TYPE_CHECKING:\n    import a\nelse:\n    import c\n")
    known["c"].write_text("def f():\n    import a\n")
    assert ring({name: needed(path, known) for name, path in known.items()}) == []
    known["c"].write_text("try:\n    import a\nexcept ImportError:\n    pass\n")
    assert set(ring({name: needed(path, known) for name, path in known.items()})) == {"a", "b", "c"}
