"""The alert rules and the dashboard ask for nothing that is not there, and each alert has its page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from flows import rounds
from states import clock, settings
from states.records import health, schema
from states.records.session import connect

ROOT = Path(__file__).parents[2]
OPS = ROOT / "ops"
PAGE = ROOT / "docs" / "observe.md"
GIVEN = {"job", "instance", "le"}  # by Prometheus itself, and of every histogram
NOT_OURS = {"up"}
LATER = {"status"}  # values that only come with what goes wrong
Series = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Series:
    """What is scraped where all rounds have run and a backup was noted: names, and the labels of each."""
    folder = tmp_path_factory.mktemp("ops")
    found = settings.read({"DUBAN_HOME": str(folder)})
    store = connect(found.database_url, home=folder)
    schema.upgrade(store)
    for job in rounds.JOBS:
        rounds.run(job, found)
    health.beat(store, "backup", True, "", clock.now())
    store.close()
    with TestClient(create_app(found)) as client:
        client.get("/healthz")
        text = client.get("/metrics").text
    made: Series = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            made.setdefault(one.name, []).append(one.labels)
    return made


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((OPS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


def panels() -> list[dict[str, Any]]:
    return list(json.loads((OPS / "dashboard.json").read_text(encoding="utf-8"))["panels"])


def expressions() -> Iterator[tuple[str, str]]:
    yield from ((rule["alert"], rule["expr"]) for rule in alerts())
    yield from ((panel["title"], one["expr"]) for panel in panels() for one in panel["targets"])


def inside(node: Any) -> Iterator[Any]:
    """All parts of an expression."""
    found: list[Any] = []

    def keep(one: Any) -> bool:
        found.append(one)
        return True

    promql.walk(node, pre_visit=keep)
    yield from found


@pytest.mark.parametrize(("title", "expression"), list(expressions()))
def test_an_expression_uses_what_is_scraped(series: Series, title: str, expression: str) -> None:
    asked = [one for one in inside(promql.parse(expression)) if isinstance(one, promql.VectorSelector)]
    assert asked
    for one in asked:
        if one.name in NOT_OURS:
            continue
        assert one.name in series, f"{title}: there is no {one.name}"
        wanted = {m.name: m for m in one.matchers.matchers if m.name not in GIVEN | LATER}
        assert any(all(_meets(m, labels) for m in wanted.values()) for labels in series[one.name]), (
            f"{title}: nothing of {one.name} has {one.matchers}"
        )
        known = GIVEN | LATER | {label for labels in series[one.name] for label in labels}
        assert {m.name for m in one.matchers.matchers} <= known


def _meets(matcher: Any, labels: dict[str, str]) -> bool:
    value, operator = labels.get(matcher.name), str(matcher.op)
    if value is None:
        return False
    if "Re" in operator:
        return re.fullmatch(matcher.value, value) is not None
    return value == matcher.value


@pytest.mark.parametrize(("title", "expression"), list(expressions()))
def test_what_is_grouped_by_is_a_label(series: Series, title: str, expression: str) -> None:
    grouped = {
        label
        for found in re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression)
        for label in re.findall(r"\w+", found)
    }
    names = [one.name for one in inside(promql.parse(expression)) if isinstance(one, promql.VectorSelector)]
    known = {label for name in names for labels in series.get(name, []) for label in labels} | GIVEN | LATER
    assert grouped <= known | {"method", "route", "kind"}


def test_figures_of_the_record_are_never_added_up_over_processes(series: Series) -> None:
    """Each process tells the same of it: a sum would grow with the number of processes."""
    own = ("duban_http", "duban_problems", "duban_logins", "duban_database_connections", "process_", "up")
    for title, expression in expressions():
        for found in re.findall(r"\bsum(?:\s+by\s*\([^)]*\))?\s*\(\s*((?:\w+\()*)(\w+)", expression):
            inner, name = found
            assert name.startswith(own) or "max" in inner or name == "max", f"{title}: {expression}"


def test_each_alert_has_its_part_of_the_page() -> None:
    headings = {
        one.lower() for one in re.findall(r"^#+ (\w+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for rule in alerts():
        place, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (ROOT / place) == PAGE
        assert anchor in headings, rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket", "info")
        assert rule["annotations"]["summary"]


def test_the_page_names_every_metric_and_none_that_is_not(series: Series) -> None:
    named = set(re.findall(r"`(duban_\w+)`", PAGE.read_text(encoding="utf-8")))
    families = {
        re.sub(r"_(bucket|count|sum)$", "", name)
        for name in series
        if name.startswith("duban_") and not name.endswith("_created")
    }
    assert named - families == set()
    assert families - named == set()
