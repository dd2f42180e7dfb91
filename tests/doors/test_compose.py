"""docs/deploy/compose.yaml: its commands are commands, its settings settings, what it waits for and mounts is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import typer
import yaml
from typer.core import TyperGroup

from flows.cli import app
from states import settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
KEY = "A" * 43 + "="
FILLED = {
    "DATABASE_PASSWORD": "one",
    "PREFECT_PASSWORD": "two",
    "PUBLIC_ADDRESS": "duban.example.org",
    "DUBAN_CLUE_KEY": KEY,
    "DUBAN_JOURNAL_KEY": KEY,
}


def example() -> dict[str, str]:
    lines = (FOLDER / "env.example").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert {name for name, value in given.items() if not value} < set(FILLED)
    return {**given, **FILLED}


def taken(words: list[str]) -> None:
    """A command that `duban` takes."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    command, *rest = words
    root.commands[command].make_context(command, list(rest))


def substituted(value: str, given: dict[str, str]) -> str:
    """As compose does it; a setting that nobody gives is a fault."""
    return re.sub(r"\$\{(\w+):\?\}", lambda one: given[one[1]], value)


def test_the_settings_that_compose_gives_are_settings(tmp_path: Path) -> None:
    given = example()
    for name, service in COMPOSE["services"].items():
        environ = {key: substituted(value, given) for key, value in service.get("environment", {}).items()}
        if service.get("image") != "duban":
            continue
        found = settings.read(environ, tmp_path)
        assert found.sends_out, name
        assert found.mail_link, name
        assert found.prefect_api_url == "http://prefect:4200/api", name
        assert found.database_url == "postgresql+psycopg://duban:one@db/duban", name
    used = set(re.findall(r"\$\{(\w+)", (FOLDER / "compose.yaml").read_text(encoding="utf-8")))
    assert used == set(given), "each is in the example, and nothing else"


def test_the_commands_of_compose_are_commands() -> None:
    run = {name: one for name, one in COMPOSE["services"].items() if one.get("image") == "duban"}
    assert set(run) == {"upgrade", "prefect", "deploy", "worker", "pages"}
    for name, service in run.items():
        if service.get("entrypoint") == ["prefect"]:
            asked = [sys.executable, "-m", "prefect", *service["command"][:2], "--help"]
            said = subprocess.run(asked, capture_output=True, text=True, timeout=120).stdout
            for option in re.findall(r"--\w+", " ".join(service["command"])):
                assert option in said, (name, option)
        else:
            taken(service["command"])


def test_what_compose_waits_for_and_keeps_is_there() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        for other, about in service.get("depends_on", {}).items():
            healthy = about["condition"] == "service_healthy"
            assert ("healthcheck" in services[other]) or not healthy, (name, other)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (FOLDER / source).is_file(), (name, source)
    assert (ROOT / services["pages"]["build"]["context"].replace("../..", ".")).is_dir()
    assert (ROOT / services["pages"]["build"]["dockerfile"]).is_file()
