"""The tables as SQLAlchemy Core sees them, for statements over many rows."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa
from sqlmodel import SQLModel

from states.records import (
    account_tables,
    clue_tables,
    dispatch,
    feed_tables,
    filed,
    journal_tables,
    localities,
    machinery,
    meter_tables,
    papers,
    pass_tables,
    report_papers,
    reported,
    respite,
    tables,
)


def _core(model: type[SQLModel]) -> sa.Table:
    return cast(sa.Table, sa.inspect(model, raiseerr=True).local_table)


unit = _core(tables.Unit)
contact = _core(tables.Contact)
vacancy = _core(tables.Vacancy)
calendar_day = _core(tables.CalendarDay)
calendar_year = _core(tables.CalendarYear)
campaign = _core(tables.Campaign)
phase = _core(tables.PhaseRow)
local_window = _core(tables.LocalWindow)
local_date = _core(localities.LocalDate)
local_event = _core(localities.LocalEvent)
milestone = _core(tables.Milestone)
run = _core(tables.UnitRun)
obligation = _core(tables.Obligation)
timer = _core(dispatch.Timer)
notice = _core(dispatch.Notice)
proposal = _core(dispatch.Proposal)
mail = _core(dispatch.Mail)
extension = _core(respite.Extension)
extended = _core(respite.Extended)
silence = _core(respite.Silence)
letter = _core(papers.LetterRow)
letter_paper = _core(papers.LetterPaper)
letter_counter = _core(papers.LetterCounter)
letter_form = _core(papers.LetterForm)
credit = _core(papers.Credit)
put_off = _core(papers.PutOff)
level_change = _core(tables.LevelChange)
journal = _core(tables.Journal)
journal_span = _core(feed_tables.JournalSpan)
journal_head = _core(feed_tables.JournalHead)
webhook = _core(feed_tables.Webhook)
webhook_delivery = _core(feed_tables.WebhookDelivery)
journal_batch = _core(journal_tables.JournalBatch)
journal_salt = _core(journal_tables.JournalSalt)
journal_erased = _core(journal_tables.JournalErased)
journal_root = _core(journal_tables.JournalRoot)
journal_key = _core(journal_tables.JournalKey)
tally = _core(tables.TallyRow)
event = _core(tables.EventRow)
ledger_item = _core(tables.LedgerItem)
clue = _core(clue_tables.ClueRow)
stored_file = _core(filed.StoredFile)
submission = _core(filed.Submission)
handed_file = _core(filed.HandedFile)
extension_file = _core(filed.ExtensionFile)
report_paper = _core(report_papers.ReportPaper)
report_figures = _core(reported.ReportFigures)
quota_event = _core(reported.QuotaEvent)
reached = _core(reported.Reached)
draw = _core(reported.DrawRow)
tick = _core(tables.Tick)
health = _core(tables.Health)
meter = _core(meter_tables.Meter)
shape = _core(machinery.Shape)
restored = _core(machinery.Restored)
api_key = _core(tables.ApiKey)
idempotency = _core(tables.Idempotency)
account = _core(account_tables.Account)
account_grant = _core(account_tables.AccountGrant)
account_session = _core(account_tables.AccountSession)
login_attempt = _core(account_tables.LoginAttempt)
oidc_attempt = _core(account_tables.OidcAttempt)
pass_stop = _core(pass_tables.PassStop)
calendar_feed = _core(pass_tables.CalendarFeed)
