"""How a command ends: 0 done, 1 refused with its reasons on stderr, 2 asked wrongly. Never a traceback for those."""

from __future__ import annotations

import errno
import logging
import re
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from states.errors import DubanError, Faulty, Refused

REFUSED, MISUSED = 1, 2
WORDS = {
    r"No such command '(.*)'\.?.*": r"没有命令 \1",
    r"Missing command\.": "缺少命令",
    r"Input should be a valid integer.*": "应为整数",
    r"Input should be a valid number.*": "应为数字",
    r"Input should be (?:a valid )?(?:greater than or equal to) (\S+?)\.?$": r"不能小于 \1",
    r"Input should be (?:less than or equal to) (\S+?)\.?$": r"不能大于 \1",
    r"Got unexpected extra argument\(?s?\)? \((.*)\)": r"多写了 \1",
    r"Option '(.*)' requires an argument\.": r"\1 后面没有写值",
}
TROUBLES = {
    errno.ENOENT: "没有这个文件，或所在的文件夹不存在",
    errno.ENOTDIR: "所在的路径不是文件夹",
    errno.EISDIR: "这是一个文件夹，请写明文件",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "所在的磁盘只读",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超出了磁盘配额",
}
LOCKED = "database is locked"
DATABASE_MODULES = ("sqlalchemy", "sqlite3", "psycopg")


class Talking(TyperGroup):
    """The root command: every error that a person can mend becomes sentences and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        sys.exit(self._code(args, prog_name, complete_var, extra))

    def _code(
        self,
        args: Sequence[str] | None,
        prog_name: str | None,
        complete_var: str | None,
        extra: dict[str, Any],
    ) -> int:
        logging.basicConfig(level=logging.WARNING, handlers=[OneLine()])
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except TyperException as error:
            return _misused(error)
        except typer.Abort:
            return REFUSED
        except Exception as error:
            told = sentences(error)
            if not told:
                raise
            _say(told)
            return REFUSED
        return code if isinstance(code, int) else 0


class OneLine(logging.Handler):
    """Warnings of a command that runs on: one line each on stderr. The service logs in full instead."""

    def emit(self, record: logging.LogRecord) -> None:
        why = f"：{_first_line(record.exc_info[1])}" if record.exc_info and record.exc_info[1] else ""
        typer.echo(record.getMessage() + why, err=True)


def sentences(error: BaseException) -> list[str]:
    """What a person can be told of `error`, each sentence once; nothing when there is a bug in it."""
    if isinstance(error, BaseExceptionGroup):
        told = [sentences(one) for one in error.exceptions]
        return list(dict.fromkeys(line for lines in told for line in lines)) if all(told) else []
    if isinstance(error, Refused):
        return [f"{error.title}：{said}" for said in error.refusals]
    if isinstance(error, Faulty):
        return [f"{error.title}：{fault}" for fault in error.faults]
    if isinstance(error, DubanError):
        return [f"{error.title}：{error.detail}"]
    if type(error).__module__.split(".")[0] in DATABASE_MODULES:
        said = _first_line(error)
        if said == LOCKED:
            says = f"一直被另一个程序占着，请等它做完或结束它，再试一次（{LOCKED}）"
            return [f"数据库用不了：{says}；数据库的位置见 DUBAN_DATABASE_URL"]
        return [f"数据库用不了：{said}。请检查 DUBAN_DATABASE_URL、磁盘空间，或稍后再试"]
    if isinstance(error, OSError):
        return [f"读写不了 {error.filename or '文件'}：{_why(error)}"]
    return []


def _why(error: OSError) -> str:
    return TROUBLES.get(error.errno or 0) or error.strerror or str(error)


def _first_line(error: BaseException) -> str:
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _misused(error: TyperException) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(context.get_help() if context else error, err=True)
        return MISUSED
    _say([_usage_sentence(error)])
    if context is not None:
        _say([f"用法见 {context.command_path} --help"])
    return int(getattr(error, "exit_code", REFUSED))


def _usage_sentence(error: TyperException) -> str:
    """The words of the command line parser, in Chinese where they are known."""
    message = str(getattr(error, "message", error))
    parameter = getattr(error, "param", None)
    hint = parameter.get_error_hint() if parameter is not None else getattr(error, "param_hint", None)
    place = str(hint or "").replace("'", "")
    known = {
        "MissingParameter": f"缺少 {place}",
        "NoSuchOption": f"没有选项 {getattr(error, 'option_name', '')}",
        "BadParameter": f"{place}：{message}" if place else message,
    }
    said = known.get(type(error).__name__, message)
    for english, chinese in WORDS.items():
        said = re.sub(english, chinese, said)
    return said


def _say(lines: list[str]) -> None:
    for line in lines:
        typer.echo(line, err=True)
