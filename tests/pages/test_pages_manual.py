"""The handbook under /help: everybody may read it, its words stand on the pages it speaks of, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import typer

from api.pages import manual
from flows.cli import app
from manual_site import Words, owed_by, seen
from page_site import COUNTY, HOSPITAL, Site
from states.dates import parse_offset
from states.errors import NotFound
from states.passes import LASTS
from states.progress import RED_AT
from states.records.accounts import UNUSED_FOR
from states.records.outbox import GIVES_UP_AFTER
from states.records.roles import PEOPLE
from states.records.settling import REDO

pytestmark = pytest.mark.xdist_group("pages")

ROOT = Path(__file__).parents[2]
CHAPTERS = (manual.FRONT, *manual.DAYS)
NAMED = re.compile(r"「([^」]+)」")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)]+)\)")
IN = "/campaigns/1"
# part of a chapter → the pages it speaks of: who looks, and an address or what a form led to; HERE and BACK see `known`
SPOKEN: dict[str, dict[str, tuple[str, ...]]] = {
    "README": {
        "三条通用的": ("liaison /",),
        "换一个角色": ("liaison /role",),
    },
    "liaison": {
        "早上先看什么": ("liaison /", "liaison HERE"),
        "报送": ("liaison /",),
        "零报告": ("liaison /",),
        "来不及，申请延期": ("liaison /",),
        "报告被退回了": ("liaison /", "liaison BACK"),
        "不登录，从邮件里报送": ("liaison HERE",),
        "台账里的问题：整改到销号": ("liaison /", f"liaison {IN}", f"liaison {IN}/ledger/4"),
        "把期限放进手机日历": ("liaison /dates",),
    },
    "coordinator": {
        "早上先看什么": ("coordinator /",),
        "五分钟启动一次专项行动": ("coordinator /start", "coordinator /start/plan?template=standard-four-phase",
                           "start too late", "start units", "start check", "start mails"),
        "看进展": ("coordinator /campaigns", f"coordinator {IN}"),
        "审核报送": (f"coordinator {IN}/decisions",),
        "决定延期": (f"coordinator {IN}/decisions/extensions",),
        "确认约谈": (f"coordinator {IN}/decisions/proposals",),
        "很多单位一起推进一步": (f"coordinator {IN}/decisions/moves", "moves tried"),
        "台账和销号": (f"coordinator {IN}/ledger", f"coordinator {IN}/ledger/queue", f"coordinator {IN}/ledger/2"),
        "联系人换了": ("coordinator /admin/units", f"coordinator /admin/units/{HOSPITAL}"),
    },
    "leader": {
        "早上先看什么": ("leader /",),
        "确认约谈、通报": ("leader /", f"leader {IN}/decisions/proposals"),
        "看进展": ("leader /campaigns", f"leader {IN}"),
    },
    "administrator": {
        "早上先看什么": ("administrator /admin",),
        "导入单位": ("administrator /admin", "administrator /admin/units", "administrator /admin/import", "units looked at"),
        "联系人空缺，邮件退回": ("administrator /admin", "administrator /admin/contacts"),
        "新一年的工作日历": ("administrator /admin", "administrator /admin/calendar"),
        "没有发出的邮件": ("administrator /admin", "administrator /admin/outbox", "administrator /admin/outbox/1"),
        "系统自己做的事": ("administrator /admin", "administrator /admin/rounds"),
        "账号": ("administrator /admin", "administrator /admin/accounts", "administrator /admin/accounts/2"),
        "给其他系统的密钥": ("administrator /admin", "administrator /admin/keys"),
        "方案模板": ("administrator /admin", "administrator /admin/templates"),
    },
}  # fmt: skip


def text_of(chapter: str) -> str:
    return (manual.folder() / f"{chapter}.md").read_text(encoding="utf-8")


def parted(text: str) -> dict[str, str]:
    """The parts of a chapter by their headings; what stands before the first by ""."""
    first, *rest = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return {"": first, **dict(zip(rest[::2], rest[1::2], strict=True))}


def pages_of(site: Site) -> dict[str, Words]:
    """Everything that any part speaks of, opened once."""
    known = {
        "HERE": f"{IN}/obligations/{owed_by(site, HOSPITAL, '周报（2026年第12周）')}",
        "BACK": f"{IN}/obligations/{owed_by(site, COUNTY, '周报（2026年第12周）')}",
    }
    found = {name: Words(html) for name, html in seen(site).items()}
    asked = {one for parts in SPOKEN.values() for pages in parts.values() for one in pages} - found.keys()
    for role in sorted({one.split(" ")[0] for one in asked}):
        with site.browsing(role) as client:
            for one in sorted(one for one in asked if one.startswith(f"{role} ")):
                path = one.split(" ")[1]
                answer = client.get(known.get(path, path))
                assert answer.status_code == 200, one
                found[one] = Words(answer.text)
    return found


def test_every_word_of_a_page_that_the_handbook_names_stands_there(morning: Site) -> None:
    pages = pages_of(morning)
    astray = [
        f"{chapter}，{part or '开头'}：「{words}」不在所说的页面上"
        for chapter in CHAPTERS
        for part, text in parted(text_of(chapter)).items()
        for words in NAMED.findall(text)
        if words and not any(pages[one].has(words) for one in SPOKEN[chapter].get(part, ()))
    ]
    assert astray == []
    spoken = [(chapter, part) for chapter, parts in SPOKEN.items() for part in parts]
    assert [one for one in spoken if not NAMED.search(parted(text_of(one[0]))[one[1]])] == [], (
        "nothing named there"
    )


def test_every_link_of_the_handbook_leads_somewhere() -> None:
    for chapter in CHAPTERS:
        for target in LINK.findall(text_of(chapter)):
            name, _, part = target.partition("#")
            file = manual.folder() / (name or f"{chapter}.md")
            assert file.is_file(), f"{chapter}: {target}"
            heads = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert not part or part in map(manual.anchor, heads), f"{chapter}: {target}"


def test_every_command_that_the_handbook_shows_is_one() -> None:
    shown = "".join("".join(text_of(one).split("```")[1::2]) for one in CHAPTERS)
    commands = [line for line in shown.splitlines() if line]
    assert commands
    for line in commands:
        assert line.startswith("duban ")
        group: Any = typer.main.get_command(app)
        for word in line.split()[1:]:
            if not hasattr(group, "commands"):
                break
            assert word in group.commands, line
            group = group.commands[word]
        options = {one for each in group.params for one in each.opts + each.secondary_opts}
        assert set(re.findall(r"--[\w-]+", line)) <= options, line


def test_the_numbers_that_the_handbook_tells_are_in_force() -> None:
    told = {
        ("coordinator", "占到十分之一以上"): RED_AT == 10,
        ("liaison", "它 30 天有效"): LASTS.days == 30,
        ("liaison", "退回后至少还有三个工作日"): parse_offset("+3wd") == REDO,
        ("administrator", "七天内登录"): UNUSED_FOR.days == 7,
        ("administrator", "试了一周都没有成功"): GIVES_UP_AFTER.days == 7,
    }
    for (chapter, words), true in told.items():
        assert words in text_of(chapter), words
        assert true, f"{chapter}: {words}"


def test_everybody_finds_his_day_and_every_address_of_a_chapter_answers(site: Site) -> None:
    asked = {f"/help/{name}" for name in manual.DAYS}
    for role in PEOPLE:
        with site.browsing(role) as client:
            html = client.get("/help").text
            mine = "leader" if role == "auditor" else role
            assert f'的身份办理：<a href="/help/{mine}">' in html
            assert '<a href="/help" aria-current="page">帮助</a>' in client.get("/help").text
            assert all(client.get(one).status_code == 200 for one in asked)
    with site.browsing("auditor") as client:
        for one in sorted(asked | {"/help"}):
            html = client.get(one).text
            main = html[html.index("<main") :]
            for address in set(re.findall(r'(?:href|src)="(/[^"#]*)', main)):
                assert client.get(address).status_code == 200, f"{one}: {address}"
            for anchor in re.findall(r'href="#([^"]+)"', main):
                assert f'id="{anchor}"' in main, f"{one}: #{anchor}"
        assert client.get("/help/nothing").status_code == 404
    with site.browsing() as nobody:
        assert nobody.get("/help").headers["location"] == "/login?to=/help"


def test_a_chapter_holds_nothing_but_what_is_allowed() -> None:
    """What is no Markdown of ours stays text; a link leads to chapters alone."""
    made = manual.written(
        "# 题\n\n## 一\n\n<script>alert(1)</script> <b>粗</b>\n\n[x](javascript:alert(1)) [y](https://example.org/z) "
        "[z](../deploy.md)\n\n![w](https://example.org/w.png) **重** `码`\n\n- [二](liaison.md#报送)\n"
    )
    assert made.title == "题"
    assert made.parts == (("一", "一"),)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &lt;b&gt;" in made.html
    assert [unquote(one) for one in re.findall(r'(?:href|src)="([^"]+)"', made.html)] == [
        "/help/liaison#报送"
    ]
    assert "<code>z</code>" in made.html
    assert "<strong>重</strong> <code>码</code>" in made.html
    with pytest.raises(NotFound):
        manual.chapter("../deploy")


def test_the_folder_holds_the_chapters_and_their_anchors_are_their_own() -> None:
    assert sorted(one.stem for one in manual.folder().glob("*.md")) == sorted(CHAPTERS)
    for chapter in CHAPTERS:
        heads = re.findall(r"^#+ (.+)$", text_of(chapter), re.MULTILINE)
        assert len(set(map(manual.anchor, heads))) == len(heads), chapter
        assert text_of(chapter).startswith("# ")
