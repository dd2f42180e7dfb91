"""Options and arguments that many commands take, each worded once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.commands import given

Apply = Annotated[bool, typer.Option("--apply", help="写入；不加则只显示会怎样")]
Campaign = Annotated[int, typer.Argument(metavar="ID", help="专项行动编号")]
Code = Annotated[str, typer.Argument(metavar="UNIT", help="单位代码")]
Day = Annotated[date | None, typer.Option(metavar="DATE", parser=given.a_day, help="哪一天；默认今天")]
Force = Annotated[bool, typer.Option("--force", help="已有同名文件时覆盖")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]
ListFile = Annotated[Path, typer.Argument(metavar="FILE", help="名单（xlsx 或 csv）")]
Named = Annotated[str, typer.Argument(metavar="KEY|FILE", help="自带模板的键，或模板文件")]
