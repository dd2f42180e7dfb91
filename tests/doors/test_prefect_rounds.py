"""The deployments name the rounds there are; a worker's run claims its slot like any clock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flows import rounds

ROOT = Path(__file__).parents[2]
WORKER = """
import json, sys
from datetime import UTC, datetime
from flows import rounds, watch
from states import settings
from states.records import health, schema
from states.records.session import connect

slot = datetime.now(UTC).replace(second=0, microsecond=0)
store = connect(settings.read().database_url)
schema.upgrade(store)
first, lost, retried, given_up = (watch.by_worker("remind", slot, attempt).notes for attempt in (1, 1, 2, 6))
with store.read() as session:
    said = {beat.name: beat.ok for beat in health.beats(session)}
watch.by_worker("remind", slot, 2)
try:
    watch.by_worker("no_such_round", slot, 1)
except KeyError:
    raised = True
with store.read() as session:
    beats = {beat.name: [beat.ok, beat.detail] for beat in health.beats(session)}
print(json.dumps({
    "flows": sorted(watch.FLOWS), "lost": lost, "retried": retried, "raised": raised, "beats": beats,
    "given_up": [*given_up, said["round:remind"]],
    "retries": {each.retries for each in watch.FLOWS.values() if each.name in rounds.JOBS} == {2},
}))
"""


STEADY = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30", "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500"}


def test_every_round_is_deployed_once_by_module_one_at_a_time_and_nothing_is_fetched():
    page = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    deployments = page["deployments"]
    assert [each["entrypoint"] for each in deployments] == [f"flows.watch.{job}" for job in rounds.JOBS]
    assert page["pull"] == []
    assert not {"build", "push"} & page.keys()
    for each in deployments:
        assert each["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
        assert each["work_pool"] == {"name": "duban", "job_variables": {"env": STEADY}}
        assert [list(schedule) for schedule in each["schedules"]] == [["cron", "timezone"]]


@pytest.mark.slow
@pytest.mark.xdist_group("prefect")
def test_a_workers_first_attempt_claims_a_retry_does_not_and_failure_shows_in_health(tmp_path):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "DUBAN_"))}
    ran = subprocess.run(
        [sys.executable, "-c", WORKER],
        env={
            **clean,
            "HOME": str(tmp_path),
            "DUBAN_HOME": str(tmp_path),
            "PREFECT_HOME": str(tmp_path / "prefect"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["flows"] == sorted([*rounds.JOBS, "ready"])
    assert told["retries"]
    assert told["lost"] == ["本时段已由另一时钟运行"]
    assert told["retried"] == []
    (words, well) = told["given_up"]
    assert "不再重试" in words
    assert not well, "whoever looks after it sees it"
    assert told["raised"]
    assert told["beats"]["round:remind"][0] is True
    ok, detail = told["beats"]["round:no_such_round"]
    assert not ok
    assert "KeyError" in detail
