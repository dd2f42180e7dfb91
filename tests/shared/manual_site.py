"""The seeded house on a working morning with something of everything that the handbook speaks of, and where that is seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from page_forms import encoded, fields, hidden
from page_site import COUNTY, HOSPITAL, Site, copied, problems, unit_of
from states.records import health, sittings
from states.records.account_tables import Account
from states.records.core import contact, ledger_item, mail, milestone, obligation, submission

MORNING = datetime(2026, 3, 18, 1, 40, tzinfo=UTC)  # 09:40 where the house is
IMPORT = "/admin/import"
LIST = """代码,名称,类别,级别,上级代码,联络员,联络员邮箱
SL00101-H08,示例东岭市永丰县康复医院,医院,二级,SL00101,辰联络员（示例）,liaison.sl00101-h08@example.org
SL00101-H02,示例东岭市永丰县第一人民医院,医院,二级,SL00101,巳联络员（示例）,liaison2.sl00101-h02@example.org
"""
PLAN = "实施方案已印发，成立领导小组，分四个阶段推进；排查收费、药品、诊疗三个方面，每周五前报送进展。"
REFUSED = "550 5.1.1 没有这个用户"
FAULT = "451 4.3.0 邮件服务器磁盘已满，请稍后再试"


def lived(site: Site, home: Path) -> Site:
    """A copy, on that morning: something is overdue, returned, bounced, failed, found."""
    made = copied(site, home)
    made.hands.at = MORNING
    with made.store.write() as session:
        people = {one.login: one for one in session.execute(sa.select(Account)).scalars()}
        made.tokens = {
            login: sittings.open_(session, one, MORNING, "test", "") for login, one in people.items()
        }
        session.execute(sa.update(Account).values(name="王示例"))
        claimed = {"since": MORNING - timedelta(hours=17)}
        session.execute(sa.update(ledger_item).where(ledger_item.c.state == "claimed").values(claimed))
        late = owed_by(made, HOSPITAL, "周报（2026年第11周）")
        again = {"status": "open", "settled_at": None, "submitted_at": None}
        session.execute(sa.update(obligation).where(obligation.c.id == late).values(again))
        gone = {"bounced_at": MORNING, "bounce": REFUSED}
        reader = contact.c.unit_id == unit_of(made, HOSPITAL).id, contact.c.role == "liaison"
        session.execute(sa.update(contact).where(*reader).values(gone))
        failed = {"state": "failed", "sent_at": None, "error": FAULT, "tries": 11}
        session.execute(sa.update(mail).where(mail.c.id == 1).values(failed))
    health.beat(made.store, "round:deliver", False, "邮件服务器连不上", MORNING)
    returned(made)
    described(made)
    problems(
        made,
        COUNTY,
        [{"problem": "自费药品没有签知情同意书", "measures": ("培训医师", "每月抽查病历"), "due": "4月底前"}],
    )
    return made


def returned(site: Site) -> None:
    """The county's report of the week was handed in and came back."""
    page = f"/campaigns/1/obligations/{owed_by(site, COUNTY, '周报（2026年第12周）')}"
    with site.browsing("liaison") as client:
        form = hidden(client.get(page).text, "submit") | {
            "text": "本周检查医疗机构七家，发现问题两个，已督促整改。"
        }
        sent = client.post(
            f"{page}/submissions", files=[(name, (None, value)) for name, value in form.items()]
        )
        assert sent.status_code == 303, sent.text
    with site.store.write() as session:  # what is looked at before it is done with
        number = int(page.rpartition("/")[2])
        waiting = {"status": "submitted", "settled_at": None}
        session.execute(sa.update(obligation).where(obligation.c.id == number).values(waiting))
    with site.browsing("coordinator") as client:
        form = hidden(client.get(page).text, "return") | {
            "reason": "两个问题没有写整改时限和责任人，请补上。"
        }
        assert client.post(f"{page}/return", data=form).status_code == 303


def described(site: Site) -> None:
    """What waits first for a check says something."""
    waiting = sa.select(obligation.c.id, obligation.c.submitted_at).where(obligation.c.status == "submitted")
    with site.store.write() as session:
        key, at = session.execute(waiting.order_by(obligation.c.submitted_at, obligation.c.id).limit(1)).one()
        told = {"obligation_id": key, "version": 1, "act": "submit", "text": PLAN, "by": "王示例", "at": at}
        session.execute(sa.insert(submission).values(copies=[], late=False, **told))


def owed_by(site: Site, code: str, name: str) -> int:
    """The number of what a unit owes, by its name."""
    asked = sa.select(obligation.c.id).join(milestone, milestone.c.id == obligation.c.milestone_id)
    mine = asked.where(obligation.c.unit_id == unit_of(site, code).id, milestone.c.name == name)
    with site.store.read() as session:
        return session.execute(mine).scalar_one()


class Words(HTMLParser):
    """The pieces of text on a page, as somebody sees them: words of buttons, headings, fields, menus, options."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._mute = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._mute = tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._mute and data.strip():
            self.found.add(" ".join(data.split()))

    def has(self, words: str) -> bool:
        """As a piece of its own; a number or a remark in brackets may follow."""
        return any(one == words or one.startswith((f"{words} ", f"{words}（")) for one in self.found)


def seen(site: Site) -> dict[str, str]:
    """By name, the pages that have no address: what a form leads to."""
    return {**_started(site), **_imported(site), **_tried(site)}


def _started(site: Site) -> dict[str, str]:
    """A start, page by page; it is not started. And one whose dates have passed."""
    told: dict[str, str] = {}
    with site.browsing("coordinator") as client:
        html = plan = client.get("/start/plan?template=standard-four-phase").text
        changed = {"start": "2026-04-01", "title": "春季示例行动"}
        for name in ("units", "check", "mails"):
            sent = fields(html, "f" if name != "mails" else "on") + [("_days", "14")] * (name == "mails")
            told[f"start {name}"] = html = _posted(client, f"/start/{name}", sent, changed)
            changed = {}
        told["start too late"] = _posted(client, "/start/plan", fields(plan, "f"), {"start": "2026-01-05"})
    return told


def _posted(client: Any, path: str, sent: list[tuple[str, str]], changed: Mapping[str, str]) -> str:
    pairs = [one for one in sent if one[0] not in changed]
    answer = client.post(path, **encoded([*pairs, *changed.items()]))
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def _imported(site: Site) -> dict[str, str]:
    with site.browsing("administrator") as client:
        form = hidden(client.get(IMPORT).text, "send")
        answer = client.post(IMPORT, data=form, files={"file": ("示例名单.csv", LIST.encode())})
        assert answer.status_code == 200, answer.text
    return {"units looked at": answer.text}


def _tried(site: Site) -> dict[str, str]:
    moves = "/campaigns/1/decisions/moves"
    with site.browsing("coordinator") as client:
        wanted = {"move": "override", "all": "true", "reason": "示例理由"}
        return {
            "moves tried": _posted(client, f"{moves}/try", fields(client.get(moves).text, "many"), wanted)
        }
