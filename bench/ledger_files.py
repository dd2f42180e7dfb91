"""A ledger of very many rows: in from a workbook, out to one, and a copy held against the record."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from datetime import timedelta

from bench import world
from bench.alternation import alone, seconds
from bench.databases import KINDS, Bench
from bench.report import Row, Target
from bench.world import NOW
from states.documents import ledgerfile, sheet
from states.documents.ledgerfile import LedgerFile
from states.records import ledger_export, ledger_import
from states.records.campaigns import running
from states.records.ledger_import import Terms
from states.records.ledger_items import Which
from states.records.session import Store

UNITS = 200
PART = 10  # every so many rows differ in the copy that comes back
LATER = NOW + timedelta(hours=1)


def rows(bench: Bench) -> Iterator[Row]:
    """Reading a file knows of no database; the rest on both."""
    number = bench.scale.ledger_rows
    content = _printed(number)
    before = _peak()
    files: list[LedgerFile] = []
    took = seconds(lambda: files.append(ledgerfile.read(content, "台账.xlsx")))
    name = f"a ledger of {number:,} rows"
    yield alone(f"{name}: read the workbook", "", "s", [took], note=f"{len(content) / 2**20:.1f} MB")
    for kind in KINDS:
        with bench.store(kind) as store:
            yield from _measured(store, kind, name, files[0])
    note = f"{before:.0f} MB once the first workbook was made"
    yield alone(f"{name}: memory", "", "MB", [_peak()], Target(600, of="value", at_least=False), note)


def _measured(store: Store, kind: str, name: str, file: LedgerFile) -> Iterator[Row]:
    world.populate(store, UNITS)
    campaign = world.launched(store, world.text(milestones=1))

    def write(read: LedgerFile, terms: Terms) -> None:
        with store.write() as session:
            ledger_import.apply(session, running(session, campaign), read, terms, LATER, "bench")

    yield alone(f"{name}: import", kind, "s", [seconds(lambda: write(file, Terms(unit=world.code(2))))])
    made: list[bytes] = []

    def export() -> None:
        with store.read() as session:
            made.append(ledger_export.export(session, running(session, campaign), Which(), LATER))

    took = seconds(export)
    yield alone(f"{name}: export", kind, "s", [took], note=f"{len(made[0]) / 2**20:.1f} MB")
    copies: list[LedgerFile] = []
    took = seconds(lambda: copies.append(_edited(ledgerfile.read(made[0], "台账.xlsx"))))
    yield alone(f"{name}: read the copy", kind, "s", [took])
    found: list[int] = []

    def look() -> None:
        with store.read() as session:
            looked = ledger_import.look(session, running(session, campaign), copies[0], Terms(), LATER)
            found.append(looked.cells)

    took = seconds(look)
    yield alone(f"{name}: diff of the copy", kind, "s", [took], note=f"{found[0]:,} cells differ")


def _printed(number: int) -> bytes:
    """Somebody else's table, as it would come in."""
    columns = (("序号", 6.0), ("项目", 12.0), ("问题", 30.0), ("整改措施", 30.0), ("完成时限", 12.0))
    lines = [
        (no, f"示例项目{no % 12}", f"第{no}个问题：收费公示不全", "1.立即改正；\n2.举一反三。", "12月底前")
        for no in range(1, number + 1)
    ]
    return sheet.write([sheet.Sheet("台账", columns, lines)])


def _edited(file: LedgerFile) -> LedgerFile:
    """The copy with one cell changed in every tenth row."""
    edited = tuple(
        type(line)(**{**vars(line), "cells": {**line.cells, "project": "另一项目"}})
        if place % PART == 0
        else line
        for place, line in enumerate(file.lines)
    )
    return LedgerFile(file.name, edited, file.ours, file.fields)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
