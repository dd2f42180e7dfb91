"""The sentences of a work report, made of its figures; what nobody told duban is a blank to fill in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from states.progress import Reporting
from states.worked import BLANK, COMING, RECURRING, WORST, Figures, Worked

ONE, TWO, THREE = "一、工作开展情况", "二、存在的问题", "三、下一步打算"
ORDER = "一二三四五六七八九十"
TABLE, CHART_STATES, CHART_RATES = "table", "chart-states", "chart-rates"


@dataclass(frozen=True)
class Block:
    """A part of the report: `style` is title, subtitle, head, text, or the place of the table or of a chart."""

    style: str
    text: str = ""


def blocks(found: Worked) -> Iterator[Block]:
    """The whole report in order."""
    yield Block("title", f"{found.title}工作汇报")
    yield Block("subtitle", found.owner)
    yield Block("subtitle", f"（截至{day(found.day)}）")
    yield Block("head", ONE)
    yield from _numbered(_done(found))
    yield Block(TABLE)
    yield Block(CHART_STATES)
    yield Block(CHART_RATES)
    yield Block("head", TWO)
    yield from _listed(
        list(_problems(found)), "截至目前，系统记录中没有逾期和反复出现的问题。其他问题：" + BLANK + "。"
    )
    yield Block("head", THREE)
    yield from _listed([*_next(found), f"其他打算：{BLANK}。"], "")


def _numbered(parts: Iterator[tuple[str, str]]) -> Iterator[Block]:
    for number, (head, text) in zip(ORDER, parts, strict=False):
        yield Block("text", f"（{number}）{head}。{text}")


def _listed(sentences: list[str], nothing: str) -> Iterator[Block]:
    if not sentences:
        yield Block("text", nothing)
    for number, sentence in zip(ORDER, sentences, strict=False):
        yield Block("text", f"{number}是{sentence}")


def _done(found: Worked) -> Iterator[tuple[str, str]]:
    whole = found.whole
    yield "组织部署情况", _organised(found)
    yield "单位进度情况", _progress(found, whole)
    if whole.handed.due:
        yield "材料报送情况", _handed(whole.handed)
    if whole.items:
        yield "问题整改情况", _ledger(found, whole)
    if found.clues:
        yield "线索处置情况", _clues(found)
    yield "督办情况", _pressed(found)


def _organised(found: Worked) -> str:
    opened = [one.name for one in found.stages if one.opened]
    said = f"本次行动自{day(found.began)}开始，{whole_units(found)}参加，现处于“{found.stage}”。"
    if opened:
        said += f"已开展：{'、'.join(opened)}。"
    return said + f"召开动员部署会议{BLANK}次，参加{BLANK}人次；开展宣传{BLANK}场次。"


def whole_units(found: Worked) -> str:
    return f"共{found.whole.units}家单位"


def _progress(found: Worked, whole: Figures) -> str:
    stands = "，".join(f"{one.name}{one.number}家" for one in found.states)
    said = f"{stands}；已办结{whole.closed}家。" if stands else ""
    for one in found.targets:
        share = f"{100 * one.reached / one.total:.1f}%" if one.total else BLANK
        said += f"{one.name}：应达{one.percent}%，已达{share}（{one.reached}/{one.total}）。"
    return said


def _handed(handed: Reporting) -> str:
    late_nil = f"（其中逾期{handed.late_nil}件次）" if handed.late_nil else ""
    return (
        f"已到期的应报事项{handed.due}件次，按时报送{handed.on_time}件次，迟报{handed.late_filled}件次，"
        f"零报告{handed.nil}件次{late_nil}，未报{handed.missing}件次，报送率{percent(handed.rate)}。"
    )


def _ledger(found: Worked, whole: Figures) -> str:
    said = f"问题台账{whole.items}项，"
    said += f"其中长期坚持、只复查不销号的{whole.items_standing}项，" if whole.items_standing else ""
    said += f"应销号{whole.items_to_close}项，" if whole.items_standing else ""
    said += f"已销号{whole.items_closed}项，销号率{percent(whole.closing)}"
    said += f"，逾期未完成{whole.items_overdue}项" if whole.items_overdue else ""
    return said + (f"；“回头看”重新整改{found.reopened}项次。" if found.reopened else "。")


def _clues(found: Worked) -> str:
    total = sum(one.number for one in found.clues)
    classes = "，".join(f"{one.name}{one.number}条" for one in found.clues)
    return f"收到问题线索{total}条，均逐一编号登记，其中{classes}；已办结{found.clues_ended}条。主动缴款{BLANK}元。"


def _pressed(found: Worked) -> str:
    said = f"发出督办邮件{found.mails}封"
    if found.told:
        said += "，其中" + "，".join(f"{one.name}{one.number}人次" for one in found.told)
    if found.letters:
        said += "；发出文书" + "，".join(f"《{one.name}》{one.number}份" for one in found.letters)
    return said + f"。开展现场督导{BLANK}次。"


def _problems(found: Worked) -> Iterator[str]:
    whole = found.whole
    if found.behind:
        named = "、".join(f"{one.name}（{one.number}件）" for one in found.behind[:WORST])
        rest = "等单位" if len(found.behind) > WORST else ""
        yield f"部分单位工作滞后。{named}{rest}有事项逾期未报，全部未报{whole.handed.missing}件次。"
    slow = [one for one in found.regions if _below(one.figures.handed.rate, whole.handed.rate)]
    if slow:
        named = "、".join(f"{one.name}（{percent(one.figures.handed.rate)}）" for one in slow[:WORST])
        yield f"报送情况不平衡。{named}报送率低于平均水平（{percent(whole.handed.rate)}）。"
    again = [one for one in found.classes if one.units > 1 or one.reopened]
    if again:
        yield (
            "同类问题反复出现。"
            + "；".join(
                f"“{one.name}”在{one.units}家单位出现{one.items}项"
                + (f"，重新整改{one.reopened}项次" if one.reopened else "")
                for one in again[:RECURRING]
            )
            + "。"
        )
    if whole.items_overdue:
        yield f"整改进度不够快。台账中有{whole.items_overdue}项已过期限仍未完成整改。"
    for one in found.targets:
        if found.stage.startswith("办结") and one.total and 100 * one.reached < one.percent * one.total:
            yield f"“{one.name}”没有达到{one.percent}%的目标。"


def _below(rate: float | None, average: float | None) -> bool:
    """Where nothing was due nothing can be behind; where nothing came in at all (0 %) very much so."""
    return rate is not None and average is not None and rate < average


def _next(found: Worked) -> Iterator[str]:
    whole = found.whole
    if whole.handed.missing:
        yield f"督促补报逾期未报的{whole.handed.missing}件次，对仍不落实的按方案规定处理。"
    if whole.items_to_close > whole.items_closed:
        yield f"继续整改台账中未销号的{whole.items_to_close - whole.items_closed}项，整改到位一项、核查销号一项。"
    if found.coming:
        yield f"抓好即将到期的工作：{'；'.join(_due_next(found))}。"


def _due_next(found: Worked) -> Iterator[str]:
    """What falls due, day by day."""
    alike = groupby(found.coming[:COMING], lambda one: (one.day, one.provisional))
    for (at, provisional), some in alike:
        yield f"{day(at)}{'（暂定）' if provisional else ''}前{'、'.join(one.name for one in some)}"


def day(at: date) -> str:
    """2026年12月5日"""
    return f"{at.year}年{at.month}月{at.day}日"


def percent(rate: float | None) -> str:
    """86.5%; a blank where there is nothing to divide by."""
    return BLANK if rate is None else f"{100 * rate:.1f}%"
