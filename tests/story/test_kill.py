"""Four `duban tick` at once, killed at random points from the launch of a campaign to its close: what arrives is what
was foretold, line by line, and a mail comes twice only where a kill fell between its acceptance and our mark.

By default the campaign's four phases take a week each in place of twenty-four together, and a part of its moments is attacked; at
the others the same rounds run in this process. KILLS=all lives through the campaign as it is and attacks every moment,
which takes the better part of an hour. KILLS_SEED=number draws other moments and other kills.
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from flows import rounds
from in_china import at
from loopback import served
from states import settings
from states.records.session import connect
from tests.story.kill_campaign import ALL, MAIL, START, Campaign, Moment, check_mails, check_record
from tests.story.kill_post import Mail, Office, Ticks, environment

ATTACKED = {"sqlite": 6, "postgresql": 4}
"""How many moments are attacked."""


def repeated(arrived: list[Mail], ticks: Ticks) -> int:
    """How many deliveries were repeats. Each but the last of a mail came from a process that was killed, and was the
    last thing it handed in: it had not marked it yet, since only then does it go on to the next."""
    by_mail, last = defaultdict(list), {}
    for one in arrived:
        by_mail[one.key].append(one.who)
        last[one.who] = one.key
    killed = {one.name for one in ticks.all if one.killed}
    repeats = [(key, who) for key, handed_in in by_mail.items() for who in handed_in[:-1]]
    for key, who in repeats:
        assert who in killed, f"{key} came again, though {who} lived to mark it"
        assert last[who] == key, f"{key} came again, though {who} had gone on to the next"
    return len(repeats)


@pytest.fixture
def office() -> Iterator[tuple[Office, int]]:
    handler = Office()
    with served(handler) as port:
        yield handler, port


def chosen(moments: list[Moment], number: int, dice: Random) -> set[datetime]:
    """The moments to attack: the busiest, one without mails, the others drawn; all of them with KILLS=all."""
    busy = [one for one in moments if one.busy]
    if ALL:
        return {one.at for one in busy}
    busiest = sorted(busy, key=lambda one: -one.mails)[: number // 3]
    quiet = dice.sample([one for one in busy if not one.mails], 1)
    others = [one for one in busy if one not in busiest and one.mails]
    drawn = dice.sample(others, min(len(others), number - len(busiest) - 1))
    return {one.at for one in (*busiest, *quiet, *drawn)}


@pytest.mark.slow
@pytest.mark.xdist_group("kill")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_arrives_is_what_was_foretold_whoever_dies_on_the_way(
    kind: str,
    office: tuple[Office, int],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    handler, port = office
    seed = int(os.environ.get("KILLS_SEED", "20260907"))
    file = f"sqlite:///{tmp_path / 'duban.db'}"
    url = file if kind == "sqlite" else request.getfixturevalue("postgres_url")
    environ = {"DUBAN_HOME": str(tmp_path), "DUBAN_DATABASE_URL": url, **MAIL}
    store = connect(url)
    campaign = Campaign(store)
    dice = Random(seed)
    ticks = Ticks(environment(**environ), handler, port, dice)
    calm = settings.read({**environ, "DUBAN_SMTP_URL": f"smtp://127.0.0.1:{port}?helo=calm.example.test"})
    attacked = chosen(campaign.moments, ATTACKED[kind], dice)
    try:
        ticks.measure(at(f"{START} 08:29"))
        campaign.live(ticks, attacked, lambda now: rounds.tick(calm, now))
    finally:
        ticks.close()
        rounds.store_of.cache_clear()
    arrived = handler.mails()
    repeats = repeated(arrived, ticks)
    killed = sum(one.killed for one in ticks.all)
    busy = sum(one.busy for one in campaign.moments)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{kind}, seed {seed}: {len(campaign.found)} mails foretold, {len(arrived)} accepted, {repeats} of them "
            f"repeats after a kill between acceptance and mark; {len(attacked)} of {busy} moments attacked, "
            f"{killed} of {len(ticks.all)} processes killed\n"
        )
    check_mails(campaign.found, arrived)
    check_record(store)
    assert killed > 2 * len(attacked), "the attack was one"
    store.close()
