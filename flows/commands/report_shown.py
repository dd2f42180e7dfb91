"""What the commands of reports, quotas, coverage and draws print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flows.commands import shown

if TYPE_CHECKING:
    from states.records.told import ReportingTold
    from states.records.told.reports import FiguresTold, FormImport, FormSums, RatesTold
from states.records.told.shares import CoverageNow, DrawsTold, DrawTold, EventsDone, QuotasTold, UnitsReached

BLANK = "（空白）"
RATE_HEADERS = ("应报", "按时", "逾期", "零报告", "未报", "报送率")


def figures(told: FiguresTold, as_json: bool) -> None:
    if as_json:
        shown.as_json(told)
        return
    shown.say(f"{told['unit']['name']}：{told['name']}，{told['status']['name']}")
    fields = told["form"]["fields"] if told["form"] else []
    rows = []
    for one in fields:
        figure = told["figures"][one["key"]]
        value = BLANK if figure is None else f"{figure['value']}{one['unit']}"
        as_of = figure["as_of"] if figure else None
        rows.append((one["key"], one["name"], value, as_of or ""))
    shown.table(("代号", "项目", "内容", "截至"), rows)
    if not fields:
        shown.say("方案没有规定报表，可直接报送文字或材料")
    shown.say(*told["missing"])


def imported(told: FormImport, as_json: bool) -> None:
    if as_json:
        shown.as_json(told)
        return
    shown.hint(*(f"{one['place']}：{one['says']}" for one in told["faults"]))
    said = f"改动 {told['changed']} 个单位，不变 {told['unchanged']} 个，空行 {told['empty']} 个"
    if told["applied"]:
        shown.say(f"已写入：{said}，报送 {told['handed_in']} 个")
    elif told["faults"]:
        shown.say(f"有 {len(told['faults'])} 处要改，什么都没有写入")
    else:
        shown.say(f"试算：{said}；加 --apply 写入")


def sums(told: FormSums, as_json: bool) -> None:
    if as_json:
        shown.as_json(told)
        return
    for one in told["items"]:
        about = (
            f"{one['name']}：应报 {one['units']}，已报 {one['handed_in']}，"
            f"零报告 {one['nil']}，未报 {one['absent']}"
        )
        rows = [
            (each["name"], _total(each), each["given"], each["blank"], _days(each)) for each in one["fields"]
        ]
        shown.table(("项目", "合计", "填了的单位", "留空的单位", "截至"), rows, about)
    if not told["items"]:
        shown.say("还没有下达有报表的事项")


def _total(one: Mapping[str, Any]) -> str:
    if one["choices"]:
        return "、".join(f"{each['choice']} {each['units']}" for each in one["choices"])
    return "" if one["total"] is None else f"{one['total']}{one['unit']}"


def _days(one: Mapping[str, Any]) -> str:
    first, last = one["earliest"], one["latest"]
    return (first or "") if first == last else f"{first} 至 {last}"


def rates(told: RatesTold, as_json: bool) -> None:
    if as_json:
        shown.as_json(told)
        return
    rows = [(one["name"], *_rate(one["reporting"])) for one in told["periods"]]
    shown.table(("事项", *RATE_HEADERS), [*rows, ("合计", *_rate(told["whole"]))])
    regions = [(one["name"], *_rate(one["reporting"])) for one in told["regions"]]
    shown.table(("地区", *RATE_HEADERS), regions)


def _rate(one: ReportingTold) -> tuple[object, ...]:
    nil = f"{one['nil']}{shown.late_nil(one['late_nil'])}"
    return one["due"], one["on_time"], one["late"], nil, one["missing"], shown.percent(one["rate"])


def quotas(told: QuotasTold, as_json: bool) -> None:
    if as_json:
        shown.as_json(told)
        return
    rows = [
        (
            one["name"],
            f"{one['first'] or ''} 至 {one['last'] or ''}",
            f"{one['least']}{one['measure']}",
            *(one["units"], one["met"], one["unmet"], one["pending"], one["events"]),
        )
        for one in told["items"]
    ]
    shown.table(("事项", "期间", "不少于", "单位", "达到", "未达到", "期未满", "共登记"), rows)
    if not rows:
        shown.say("还没有下达规定次数的事项")


def events(told: EventsDone, as_json: bool) -> None:
    if as_json:
        shown.as_json(told)
        return
    least = f"，不少于 {told['least']}{told['measure']}" if told["least"] else ""
    said = f"已登记 {told['count']}{told['measure'] or '次'}{least}"
    shown.say(f"{told['unit']['name']}：{told['name']}，{told['status']['name']}；{said}")
    rows = [
        (one["number"], one["day"], one["place"], one["says"], f"已撤回：{one['why']}" if one["why"] else "")
        for one in told["items"]
    ]
    shown.table(("编号", "日期", "地点", "内容", ""), rows)


def coverage(told: CoverageNow, as_json: bool) -> None:
    if as_json:
        shown.as_json(told)
        return
    rows = [
        (
            f"{one['name']}{'（' + one['period'] + '）' if one['period'] else ''}",
            f"{one['reached']}/{one['units']}",
            "—" if one["percent"] is None else f"{one['percent']:.1f}%",
            f"{one['target']}%",
            "达到" if one["met"] else "未达到",
            "登记" if one["by"] == "reached" else "办结",
        )
        for one in told["items"]
    ]
    shown.table(("覆盖面", "单位", "已覆盖", "目标", "", "按什么算"), rows)
    shown.say("百分数舍去到 0.1，不进位" if rows else "方案没有覆盖面要求")


def units_reached(told: UnitsReached, as_json: bool) -> None:
    if as_json:
        shown.as_json(told)
        return
    rows = [(one["unit"]["code"], one["unit"]["name"], one["day"] or "还没有") for one in told["items"]]
    shown.table(("代码", "单位", "最近一次"), rows)


def draw(told: DrawTold, as_json: bool) -> None:
    shown.hint(*told["warnings"])
    if as_json:
        shown.as_json(told)
        return
    share = f"（{told['percent']}%，不足一个的进为一个）" if told["percent"] else ""
    shown.say(
        f"{told['sampling']}：从 {told['population']} 个{told['of']}中抽 {told['number']} 个{share}",
        f"清单 SHA-256 {told['digest']}",
        f"方法 {told['method']}，种子 {told['seed'] or '抽取时随机产生'}",
    )
    shown.say(*told["drawn"])
    shown.say(f"已抽取，编号 {told['id']}" if told["id"] else "试算，没有抽取；加 --apply 抽取")


def draws(told: DrawsTold, samplings: Sequence[tuple[str, str, str]], as_json: bool) -> None:
    if as_json:
        shown.as_json(told)
        return
    rows = [(at, *one) for at, one in enumerate(samplings, 1)]
    shown.table(("", "方案的抽查", "对象", "抽多少"), rows)
    shown.table(("编号", "抽查", "第几次", "时间", "抽中", "种子", "清单", "可复现"), _made(told["items"]))


def _made(items: Iterable[DrawTold]) -> list[tuple[object, ...]]:
    return [
        (
            one["id"],
            one["sampling"],
            one["no"],
            shown.minute(one["at"], ""),
            f"{one['number']}/{one['population']}",
            one["seed"],
            one["digest"][:12],
            "是" if one["repeats"] else "否",
        )
        for one in items
    ]
