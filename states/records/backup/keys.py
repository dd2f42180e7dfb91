"""The two keys that are in no database, without which a record is half a record."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Mapping

from states.errors import Refused
from states.records.chain.signing import NAME as JOURNAL
from states.records.sealing import NAME as CLUE
from states.settings import Settings

SETTING = {CLUE: "DUBAN_CLUE_KEY", JOURNAL: "DUBAN_JOURNAL_KEY"}
FOR = {CLUE: "谁反映的线索", JOURNAL: "给流水签名"}


def at_hand(settings: Settings) -> dict[str, str]:
    """Those that this machine has, by name; none is made."""
    given = {CLUE: settings.clue_key, JOURNAL: settings.journal_key}
    for name, value in given.items():
        path = settings.home / name
        if not value and path.is_file():
            given[name] = path.read_text(encoding="ascii", errors="replace").strip()
    return {name: value for name, value in given.items() if value}


def told_by(keys: Mapping[str, str]) -> dict[str, list[str]]:
    """What keys are told by without giving them away: of each the beginning of its hash."""
    return {name: [_mark(one) for one in value.split(",") if one.strip()] for name, value in keys.items()}


def _mark(key: str) -> str:
    try:
        secret = base64.urlsafe_b64decode(key.strip())
    except (binascii.Error, ValueError):
        secret = key.encode()
    return hashlib.sha256(b"key:" + secret).hexdigest()[:16]


def to_place(
    wanted: Mapping[str, list[str]], inside: Mapping[str, str], settings: Settings, *, without: bool
) -> dict[str, str]:
    """Which keys of the backup have to be put into the data folder. Raises Refused where one is missing, or another one
    is there; `without`: go on all the same.
    """
    mine = at_hand(settings)
    refusals = []
    for name, marks in wanted.items():
        if name in mine and not set(marks[:1]) & set(told_by(mine)[name]):
            refusals.append(
                f"这台机器上的 {name}（{SETTING[name]}）不是备份所用的那一把；请换成原来的，或移走这里的"
            )
        elif name not in mine and name not in inside:
            refusals.append(
                f"备份里没有 {name}（{FOR[name]}），这台机器上也没有；请先把原来的放到 {settings.home}，"
                "确已丢失的，加 --without-keys"
            )
        elif name not in mine and "," in inside[name]:
            refusals.append(
                f"备份里的 {name} 有几把密钥，不能放进文件；请用 tar -xOf 备份 keys/{name} 取出，写入 {SETTING[name]}"
            )
    if refusals and not without:
        raise Refused(*refusals)
    return {name: value for name, value in inside.items() if name not in mine and "," not in value}


def place(settings: Settings, keys: Mapping[str, str]) -> None:
    """Files that their owner alone can read; none is written over."""
    settings.home.mkdir(parents=True, exist_ok=True)
    for name, value in keys.items():
        with open(os.open(settings.home / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(value + "\n")
            file.flush()
            os.fsync(file.fileno())
