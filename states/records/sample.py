"""An invented province with cities, counties and hospitals, for the demo, simulations and benches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from sqlmodel import Session

from states.documents.unitlist import ContactRow, UnitList, UnitRow
from states.records import roster
from states.template import Role

OWNER = "SL"
PLACES = [
    "东岭",
    "西溪",
    "南屏",
    "北原",
    "青禾",
    "白石",
    "长桥",
    "永丰",
    "安澜",
    "清泉",
    "云台",
    "松林",
    "金沙",
    "月湖",
    "枫桥",
    "柳河",
    "石门",
    "龙湾",
    "凤山",
    "梅川",
]
HOSPITALS = (
    ("tcm_hospital", "中医院", "二级"),
    ("hospital", "人民医院", "二级"),
    ("mch_hospital", "妇幼保健院", "二级"),
    ("township_centre", "中心卫生院", "一级"),
    ("community_centre", "社区卫生服务中心", "一级"),
    ("clinic", "惠民诊所", ""),
)
SURNAMES = "甲乙丙丁戊己庚辛壬癸"
OFFICES = ("医政医管处", "办公室", "规财处", "妇幼处", "监督处", "基卫处")
PER_COUNTY, COUNTIES_PER_CITY = 8, 4
NO_LIAISON_EVERY = 17


def build(session: Session, units: int, now: datetime) -> None:
    """Put a province of `units` participating units into an empty database."""
    rows = list(islice(_units(), units + 1 + len(OFFICES)))
    contacts = [one for row in rows for one in _contacts(row)]
    roster.apply(session, UnitList(tuple(rows), tuple(contacts), ()), {}, now, "sample")


def _units() -> Iterator[UnitRow]:
    yield UnitRow(OWNER, "示例省卫生健康委员会", "authority", "省", None, 1)
    for number, name in enumerate(OFFICES, 1):
        yield UnitRow(f"{OWNER}-C{number:02}", name, "department", "", OWNER, 1)
    yield from _cities()


def _cities() -> Iterator[UnitRow]:
    number = 0
    while True:
        number += 1
        place = PLACES[(number - 1) % len(PLACES)] + ("" if number <= len(PLACES) else f"{number}")
        code = f"{OWNER}{number:03}"
        yield UnitRow(code, f"示例{place}市卫生健康委员会", "authority", "市", OWNER, 1)
        yield from _counties(code, place)


def _counties(city: str, place: str) -> Iterator[UnitRow]:
    for number in range(1, COUNTIES_PER_CITY + 1):
        code = f"{city}{number:02}"
        name = f"示例{place}市{PLACES[(number * 7) % len(PLACES)]}县"
        yield UnitRow(code, f"{name}卫生健康局", "authority", "县", city, 1)
        for place_no in range(1, PER_COUNTY):
            kind, title, level = HOSPITALS[(place_no - 1) % len(HOSPITALS)]
            ward = "" if place_no <= len(HOSPITALS) else f"第{place_no - len(HOSPITALS) + 1}"
            yield UnitRow(f"{code}-H{place_no:02}", f"{name}{ward}{title}", kind, level, code, 1)


def _contacts(row: UnitRow) -> Iterator[ContactRow]:
    mailbox = row.code.lower()
    number = sum(row.code.encode())
    person = SURNAMES[number % len(SURNAMES)]

    def one(role: Role, title: str) -> ContactRow:
        address = f"{role.value.replace('_', '-')}.{mailbox}@example.org"
        return ContactRow(row.code, role, f"{person}{title}（示例）", address, 1)

    if row.code == OWNER:
        yield one(Role.coordinator, "协调员")
        yield one(Role.office, "专班")
        yield one(Role.group_leader, "组长")
    if number % NO_LIAISON_EVERY:
        yield one(Role.liaison, "联络员")
    if row.kind != "clinic":
        yield one(Role.department_head, "科长")
        yield one(Role.deputy_leader, "副职")
    yield one(Role.principal, "主任")
