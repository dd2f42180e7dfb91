"""`duban`: the command line. Every module of the product is imported by the command that needs it, not here."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands import (
    accounts,
    backups,
    calendars,
    campaigns,
    clues,
    contacts,
    coverage,
    deploying,
    drawing,
    extending,
    files,
    foresight,
    hooks,
    journal,
    keys,
    ledgers,
    letters,
    moving,
    noting,
    obligations,
    papers,
    people,
    proposals,
    quotas,
    reports,
    running,
    silencing,
    submitting,
    templates,
    units,
)
from flows.commands.talking import Talking

app = typer.Typer(
    cls=Talking,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def duban(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=running.version, help="显示版本")
    ] = False,
) -> None:
    """督办：让专项整治一件一件有着落。"""


app.command()(running.up)
app.command()(running.demo)
app.command()(running.upgrade)
app.command()(noting.backup_made)
app.command()(backups.backup)
app.command()(backups.restore)
app.command()(backups.resume)
app.command()(deploying.deploy)
app.add_typer(templates.app, name="template")
app.add_typer(units.app, name="units")
app.add_typer(contacts.app, name="contact")
app.add_typer(campaigns.app, name="campaign")
app.add_typer(extending.app, name="extension")
app.add_typer(silencing.app, name="silence")
app.command()(foresight.preview)
app.command()(foresight.simulate)
app.command()(foresight.tick)
app.command()(moving.move)
app.command()(submitting.submit)
app.add_typer(obligations.app, name="obligations")
app.add_typer(files.app, name="files")
app.add_typer(ledgers.app, name="ledger")
app.add_typer(clues.app, name="clue")
reports.app.command("work")(papers.work)
reports.app.command("ranking")(papers.ranking)
reports.app.command("weekly")(papers.weekly)
app.add_typer(reports.app, name="report")
app.add_typer(quotas.app, name="quota")
app.add_typer(coverage.app, name="coverage")
app.command()(drawing.draw)
app.add_typer(proposals.app, name="proposals")
app.add_typer(letters.app, name="letter")
app.add_typer(keys.app, name="key")
app.add_typer(hooks.app, name="webhook")
app.command()(hooks.events)
app.add_typer(accounts.app, name="account")
app.add_typer(journal.app, name="journal")
app.add_typer(people.app, name="person")
app.add_typer(calendars.app, name="calendar")
