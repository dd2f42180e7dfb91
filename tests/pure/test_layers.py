"""The layers hold, and each contract fails when it is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOORS = "doors stand side by side on states; states knows no door"
INSIDE = "inside states: records and papers on the pure core"
PURE = "the pure core touches no database, no web, no clock of others"
MACHINES = "only machine.py imports transitions"
PREFECT = "Prefect is imported by flows.watch alone"
BREAKS = [
    ("states/plan.py", "import flows.rounds", DOORS),
    ("api/app.py", "import flows.rounds", DOORS),
    ("flows/rounds.py", "import api.app", DOORS),
    ("states/ladder.py", "import states.records.tables", INSIDE),
    ("states/quota.py", "import states.records.tables", INSIDE),
    ("states/draws.py", "import sqlalchemy", PURE),
    ("flows/outage.py", "import prefect", PREFECT),
    ("states/template.py", "import states.plan", INSIDE),
    ("states/plan.py", "import sqlalchemy", PURE),
    ("states/dates/__init__.py", "import states.clock", PURE),
    ("states/ladder.py", "import transitions", MACHINES),
    ("states/records/mass.py", "from transitions import Machine", MACHINES),
    ("flows/rounds.py", "import prefect", PREFECT),
]


def contract(name: str) -> dict[str, Any]:
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return next(one for one in rules["contracts"] if one["name"] == name)


def modules(package: str) -> set[str]:
    """What stands directly in a package."""
    inside = [
        one for one in (ROOT / package).iterdir() if one.suffix == ".py" or (one / "__init__.py").exists()
    ]
    return {f"{package}.{one.stem}" for one in inside if one.stem != "__init__"}


def test_whatever_is_not_known_to_touch_the_world_is_held_to_the_rules_of_the_pure_core() -> None:
    outside = {"states.records", "states.clock", "states.settings"}
    assert set(contract(PURE)["source_modules"]) == modules("states") - outside


def test_all_but_one_module_of_the_flows_are_kept_from_prefect() -> None:
    assert set(contract(PREFECT)["source_modules"]) == modules("flows") - {"flows.watch"} | {"states", "api"}


def test_a_module_without_a_layer_is_reported(copy: Path) -> None:
    (copy / "states" / "newcomer.py").write_text("", encoding="utf-8")
    try:
        done = lint(copy)
    finally:
        (copy / "states" / "newcomer.py").unlink()
    assert done.returncode == 1
    assert "newcomer" in done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layers")
    for name in ("states", "flows", "api"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).parent / "lint-imports")
    return subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_layers_hold(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def broken(copy: Path) -> str:
    """What is said when every one of the lines stands where it must not."""
    texts = {place: (copy / place).read_text(encoding="utf-8") for place, *_rest in BREAKS}
    for place, text in texts.items():
        more = "\n".join(line for broken, line, _rule in BREAKS if broken == place)
        (copy / place).write_text(f"{text}\n{more}\n", encoding="utf-8")
    try:
        done = lint(copy)
    finally:
        for place, text in texts.items():
            (copy / place).write_text(text, encoding="utf-8")
    assert done.returncode == 1, done.stdout
    return done.stdout


@pytest.mark.parametrize(("place", "line", "rule"), BREAKS)
def test_a_crossed_layer_is_reported_by_its_rule(broken: str, place: str, line: str, rule: str) -> None:
    module = place.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    said = broken.partition("Broken contracts")[2].partition(f"{rule}\n---")[2]
    for other in {DOORS, INSIDE, PURE, MACHINES, PREFECT} - {rule}:
        said = said.partition(f"{other}\n---")[0]
    assert f"{module} -> {line.split()[1]}" in said
