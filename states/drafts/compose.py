"""All the finders over one text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from states.drafts import ledgers, sanctions, shares
from states.drafts.duties import campaign_window, dated
from states.drafts.manuscript import Manuscript
from states.drafts.masthead import is_report, masthead, plans_in
from states.drafts.proposals import Findings, Proposal, Stage, Stream, Sure
from states.drafts.sentences import Sentence, sentences
from states.drafts.stages import stages
from states.drafts.streams import streams
from states.drafts.timewords import spans
from states.drafts.undated import undated

REPORT = "这份文稿像是工作汇报，不是方案：没有找阶段和要求，只列了其中写明的报送间隔"
SEVERAL = "文稿里像有 {} 份方案，请分成几个文件，各自整理"


def find(manuscript: Manuscript) -> Findings:
    """What the text says, as far as the rules see it."""
    said = sentences(manuscript.paragraphs)
    title = masthead(said)
    report = is_report(title)
    prose = [] if report else ledgers.from_prose(said)
    columns, tabled = ledgers.from_tables(manuscript.tables)
    rows = tabled or prose
    phases: tuple[Stage, ...] = () if report else stages(said)
    subjects: tuple[Stream, ...] = () if report or prose else streams(said)
    owed = [*dated(said, phases, subjects)]
    window = None if report else campaign_window(said, phases)
    owed = [
        one for one in owed if not (window and window[0] is one.said and window[2] == one.fields.get("due"))
    ]
    if not report:
        owed += undated(said, phases, subjects, {one.fields["name"] for one in owed})
    return Findings(
        _with_window(title, window),
        phases,
        subjects,
        (*owed, *([] if report else _checklist(said))),
        tuple(shares.coverage(said)) if not report else (),
        tuple(shares.sampling(said)),
        tuple(sanctions.letters(said)) if not report else (),
        tuple(sanctions.links(said)) if not report else (),
        tuple(rows),
        columns or (("存在问题", "整改措施", "责任领导", "责任单位", "完成时限") if prose else ()),
        tuple(ledgers.conflicts(rows)),
        sanctions.extensions(said) if not report else None,
        sanctions.steps(said) if not report else (),
        tuple(_inside_rows(tabled)),
        tuple(_remarks(said, report)),
    )


def _with_window(title: Proposal, window: tuple[Sentence, str | None, str | None, Sure] | None) -> Proposal:
    """The masthead with the beginning and the end of the campaign, and their sentence."""
    if window is None:
        return title
    said, begins, ends, sure = window
    times = {key: words for key, words in (("begins", begins), ("ends", ends)) if words}
    return Proposal({**title.fields, **times}, said, sure, "起止时间")


def _checklist(said: Sequence[Sentence]) -> Iterator[Proposal]:
    """All thresholds as one checklist."""
    items = list(shares.checklist(said))
    if not items:
        return
    listed: list[dict[str, Any]] = [
        {"key": f"c{number}", **item, "source": one} for number, (one, item) in enumerate(items, 1)
    ]
    first = items[0][0]
    yield Proposal(
        {"name": "检查清单", "kind": "checklist", "checklist": listed},
        first,
        Sure.LOW,
        "由写有标准的句子汇成，没有期限",
    )


def _inside_rows(rows: Sequence[Proposal]) -> Iterator[str]:
    """Times within the measures of a table: the ledger has one date a row, so they are told beside it."""
    for row in rows:
        for measure in row.fields["measures"]:
            told = [one.words for one in spans(measure)]
            for hit in told or _WORKDAYS.findall(measure):
                yield f"台账第{row.fields['no']}项的措施里另有时限“{hit}”：{measure}"


_WORKDAYS = re.compile(r"(?:超过)?\d{1,2}个工作日(?:[^，,。；;]{0,3}内|未处理)?")


def _remarks(said: Sequence[Sentence], report: bool) -> Iterator[str]:
    if report:
        yield REPORT
    several = plans_in(said)
    if several > 1:
        yield SEVERAL.format(several)
