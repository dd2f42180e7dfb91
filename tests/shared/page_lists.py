"""Lists of units as people send them."""

from __future__ import annotations

from page_site import COUNTY, HOSPITAL
from states.documents.columns import TITLES
from states.documents.sheet import write_csv
from states.documents.writing import Sheet

NEW = {
    "code": "XIN-1",
    "name": "新示例医院",
    "kind": "医院",
    "parent": COUNTY,
    "liaison.name": "新示例",
    "liaison.email": "xin@example.org",
}
CHANGED = {
    "code": HOSPITAL,
    "name": "改名示例医院",
    "liaison.name": "接示例",
    "liaison.email": "jie@example.org",
}


def sheet(*rows: dict[str, str]) -> bytes:
    """A list with these rows, as csv."""
    columns = [(title, 10.0) for title in TITLES.values()]
    return write_csv(Sheet("单位名单", columns, [[row.get(key, "") for key in TITLES] for row in rows]))
