"""Who did something, in the words in which people read it; the journal keeps the mark itself."""

from __future__ import annotations

NAMES = {"system": "系统", "simulated:liaison": "各单位", "simulated:coordinator": "协调员", "demo": "演示"}
WAYS = {"cli": "命令行 {}", "key": "接口 {}", "user": "{}", "link": "{}（邮件里的链接）"}
KEY = " key:"


def actor(name: str | None) -> str:
    """`cli:wang` → 命令行 wang; `key:bigscreen` → 接口 bigscreen; people by their names, also where a programme of theirs acts."""
    if not name or name in NAMES:
        return NAMES[name] if name else ""
    who, key, programme = name.partition(KEY)
    way, _, rest = who.partition(":")
    said = WAYS[way].format(rest) if way in WAYS else who
    return f"{said}，接口 {programme}" if key else said
