"""Settings: read once from DUBAN_* (and .env) by a door, checked, frozen, passed down."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values

from states import rates as rates_of
from states.errors import BadSetting, Fault
from states.loglines import FORMS, LEVELS, PLAIN, LogForm
from states.outward import Network, networks
from states.rates import Rates
from states.tracing import PLACE
from states.webaddress import is_here, is_web
from states.webaddress import is_safe as is_safe

DATABASES = ("sqlite", "postgresql+psycopg")
MAILBOXES = ("smtp", "smtps", "maildir", "memory")
OIDC = ("DUBAN_OIDC_ISSUER", "DUBAN_OIDC_CLIENT_ID", "DUBAN_OIDC_CLIENT_SECRET")
NUMBERS = {
    "DUBAN_FILE_MB": (1, 9999, "MB），一个文件最大多少"),
    "DUBAN_LEASE_SECONDS": (30, 3600, "秒），进程中断后它手中的邮件等多久"),
}
KNOWN = {
    "DUBAN_DATABASE_URL",
    "DUBAN_FILE_MB",
    "DUBAN_HOME",
    "DUBAN_CLUE_KEY",
    "DUBAN_JOURNAL_KEY",
    "DUBAN_LEASE_SECONDS",
    "DUBAN_PASS_KEY",
    "DUBAN_SMTP_URL",
    "DUBAN_MAIL_FROM",
    "DUBAN_MAIL_HOURS",
    "DUBAN_BASE_URL",
    "DUBAN_TIMEZONE",
    "DUBAN_WEBHOOK_NETWORKS",
    "DUBAN_LOG",
    "DUBAN_LOG_LEVEL",
    *OIDC,
    *rates_of.NAMES,
    "DUBAN_TEST_DATABASE_URL",
}


@dataclass(frozen=True)
class Settings:
    """What a door needs to know. `mail_from_hour`..`mail_until_hour`: local time in which mail may go out."""

    home: Path
    database_url: str = field(repr=False)  # it may hold a password, as the next one may
    smtp_url: str = field(repr=False)
    mail_from: str
    base_url: str
    timezone: str
    mail_opens: time
    mail_closes: time
    prefect_api_url: str | None
    prefect_auth: str = field(default="", repr=False)
    clue_key: str = field(default="", repr=False)
    journal_key: str = field(default="", repr=False)
    pass_key: str = field(default="", repr=False)
    file_mb: int = 50
    webhook_networks: str = ""
    log: LogForm = PLAIN
    traces: str = ""
    """Where OpenTelemetry takes spans; empty where nobody does."""
    rates: Rates = field(default_factory=Rates)
    oidc: tuple[str, ...] = field(default=("", "", ""), repr=False)
    lease_seconds: int = 600  # how long a mail is one process's to send
    source: str = "http://127.0.0.1:8000"
    """Whose events these are, for who gets them from several; the same in all processes."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def clue_keys(self) -> list[str]:
        """The keys that seal what informants say of themselves; the first one seals, all of them open."""
        return [part.strip() for part in self.clue_key.split(",") if part.strip()]

    @property
    def trusted_networks(self) -> tuple[Network, ...]:
        """Where webhooks may go though it is inside, and without TLS."""
        return networks(self.webhook_networks)

    @property
    def oidc_issuer(self) -> str:
        """The organisation's own log-in; empty where there is none."""
        return self.oidc[0]

    @property
    def files(self) -> Path:
        """Where what units hand in lies."""
        return self.home / "files"

    @property
    def file_bytes(self) -> int:
        """The largest file that is taken, in bytes."""
        return self.file_mb << 20

    @property
    def mail_link(self) -> str:
        """The address that mails lead to; empty where they go out to people who could not open it."""
        return "" if self.sends_out and is_here(self.base_url) else self.base_url

    @property
    def sends_out(self) -> bool:
        """Whether mail leaves this machine."""
        return self.smtp_url.startswith(("smtp:", "smtps:"))


def read(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Settings from the environment over `.env` in `folder`; raises BadSetting with every fault at once."""
    values = _values(environ, folder or Path.cwd())
    home = Path(values.get("DUBAN_HOME", "duban-data")).expanduser().absolute()
    settings = _given(values, home)
    wrong_rates = [Fault(name, rates_of.SAYS) for name in rates_of.wrong(values)]
    faults = [*_unknown(values), *_faults(settings), *wrong_rates]
    if faults:
        raise BadSetting(faults)
    return _made(home, settings, rates_of.rates(values))


def _made(home: Path, settings: Mapping[str, str], rates: Rates) -> Settings:
    """Once nothing is wrong with them."""
    hours = settings["DUBAN_MAIL_HOURS"].split("-")
    opens, closes = (time.fromisoformat(part.strip().zfill(5)) for part in hours)
    return Settings(
        home=home,
        database_url=settings["DUBAN_DATABASE_URL"],
        smtp_url=settings["DUBAN_SMTP_URL"],
        mail_from=settings["DUBAN_MAIL_FROM"],
        base_url=settings["DUBAN_BASE_URL"],
        timezone=settings["DUBAN_TIMEZONE"],
        mail_opens=opens,
        mail_closes=closes,
        prefect_api_url=settings["PREFECT_API_URL"] or None,
        prefect_auth=settings["PREFECT_API_AUTH_STRING"],
        clue_key=settings["DUBAN_CLUE_KEY"],
        journal_key=settings["DUBAN_JOURNAL_KEY"],
        pass_key=settings["DUBAN_PASS_KEY"],
        file_mb=int(settings["DUBAN_FILE_MB"]),
        webhook_networks=settings["DUBAN_WEBHOOK_NETWORKS"],
        log=LogForm(settings["DUBAN_LOG"], settings["DUBAN_LOG_LEVEL"]),
        traces=settings["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"],
        rates=rates,
        oidc=tuple(settings[name] for name in OIDC),
        source=settings["DUBAN_BASE_URL"],
        lease_seconds=int(settings["DUBAN_LEASE_SECONDS"]),
    )


def _values(environ: Mapping[str, str] | None, folder: Path) -> dict[str, str]:
    if environ is not None:
        return dict(environ)
    written = {key: value for key, value in dotenv_values(folder / ".env").items() if value is not None}
    return {**written, **os.environ}


def _given(values: Mapping[str, str], home: Path) -> dict[str, str]:
    """Every setting as it was written, or as it is where it was not."""
    return {
        "DUBAN_DATABASE_URL": values.get("DUBAN_DATABASE_URL", f"sqlite:///{home / 'duban.db'}"),
        "DUBAN_SMTP_URL": values.get("DUBAN_SMTP_URL", f"maildir:{home / 'mail'}"),
        "DUBAN_MAIL_FROM": values.get("DUBAN_MAIL_FROM", "duban@localhost.localdomain"),
        "DUBAN_BASE_URL": values.get("DUBAN_BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        "DUBAN_TIMEZONE": values.get("DUBAN_TIMEZONE", "Asia/Shanghai"),
        "DUBAN_MAIL_HOURS": values.get("DUBAN_MAIL_HOURS", "09:00-17:30"),
        "DUBAN_FILE_MB": values.get("DUBAN_FILE_MB", "50"),
        "DUBAN_LEASE_SECONDS": values.get("DUBAN_LEASE_SECONDS", "600"),
        "PREFECT_API_URL": values.get("PREFECT_API_URL", ""),
        "PREFECT_API_AUTH_STRING": values.get("PREFECT_API_AUTH_STRING", ""),
        "DUBAN_CLUE_KEY": values.get("DUBAN_CLUE_KEY", ""),
        **{name: values.get(name, "") for name in OIDC},
        "DUBAN_JOURNAL_KEY": values.get("DUBAN_JOURNAL_KEY", "").strip(),
        "DUBAN_PASS_KEY": values.get("DUBAN_PASS_KEY", "").strip(),
        "DUBAN_WEBHOOK_NETWORKS": values.get("DUBAN_WEBHOOK_NETWORKS", ""),
        **_told(values),
    }


def _told(values: Mapping[str, str]) -> dict[str, str]:
    """How logs are written and where spans go; those of OpenTelemetry are its own names, with its own meaning."""
    form = values.get("DUBAN_LOG", "text")
    base = values.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").rstrip("/")
    return {
        "DUBAN_LOG": form,
        "DUBAN_LOG_LEVEL": values.get("DUBAN_LOG_LEVEL", "INFO" if form == "json" else "WARNING").upper(),
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": values.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        or (f"{base}/v1/traces" if base else ""),
    }


def _told_faults(settings: Mapping[str, str]) -> list[Fault]:
    faults = []
    if settings["DUBAN_LOG"] not in FORMS:
        faults.append(Fault("DUBAN_LOG", f"应为 {' 或 '.join(FORMS)}"))
    if settings["DUBAN_LOG_LEVEL"] not in LEVELS:
        faults.append(Fault("DUBAN_LOG_LEVEL", f"应为 {'、'.join(LEVELS)} 之一"))
    if (url := settings["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]) and not is_web(url):
        faults.append(Fault(PLACE, "应写作 http://主机:4318；不导出就删去这一项"))
    return faults


def _unknown(values: Mapping[str, str]) -> list[Fault]:
    return [
        Fault(name, f"没有这个设置；可用的有 {'、'.join(sorted(KNOWN))}")
        for name in sorted(values)
        if name.startswith("DUBAN_") and name not in KNOWN
    ]


def _faults(settings: Mapping[str, str]) -> list[Fault]:
    faults = []
    if settings["DUBAN_DATABASE_URL"].split(":", 1)[0] not in DATABASES:
        faults.append(Fault("DUBAN_DATABASE_URL", "只支持 sqlite:///文件 或 postgresql+psycopg://…"))
    if settings["DUBAN_SMTP_URL"].split(":", 1)[0] not in MAILBOXES:
        faults.append(Fault("DUBAN_SMTP_URL", "只支持 smtp://用户:密码@主机:端口、smtps://… 或 maildir:目录"))
    if not re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+", settings["DUBAN_MAIL_FROM"]):
        faults.append(Fault("DUBAN_MAIL_FROM", "应为一个邮箱地址，如 duban@example.org"))
    if not is_web(settings["DUBAN_BASE_URL"]):
        faults.append(
            Fault("DUBAN_BASE_URL", "应以 http:// 或 https:// 开头，后面写主机，如 https://duban.example.org")
        )
    if settings["PREFECT_API_URL"] and not is_web(settings["PREFECT_API_URL"]):
        faults.append(
            Fault("PREFECT_API_URL", "应写作 http://主机:4200/api；不用已有的 Prefect 服务就删去这一项")
        )
    faults += _key_faults(settings)
    faults += _network_faults(settings["DUBAN_WEBHOOK_NETWORKS"])
    faults += _oidc_faults(settings)
    faults += _told_faults(settings)
    if not _hours(settings["DUBAN_MAIL_HOURS"]):
        faults.append(Fault("DUBAN_MAIL_HOURS", "应写作 09:00-17:30，前早后晚"))
    faults += [
        Fault(name, f"应为 {least} 到 {most} 的整数（{about}")
        for name, (least, most, about) in NUMBERS.items()
        if not re.fullmatch(r"[1-9]\d{0,4}", settings[name]) or not least <= int(settings[name]) <= most
    ]
    try:
        ZoneInfo(settings["DUBAN_TIMEZONE"])
    except (ZoneInfoNotFoundError, ValueError):
        faults.append(Fault("DUBAN_TIMEZONE", "不认识这个时区，如 Asia/Shanghai"))
    return faults


def _key_faults(settings: Mapping[str, str]) -> list[Fault]:
    faults = []
    if settings["DUBAN_CLUE_KEY"] and not all(map(_key, settings["DUBAN_CLUE_KEY"].split(","))):
        faults.append(Fault("DUBAN_CLUE_KEY", "应为 duban clue key 给出的密钥；几把密钥用逗号隔开"))
    for name, file in (("DUBAN_JOURNAL_KEY", "journal.key"), ("DUBAN_PASS_KEY", "pass.key")):
        if settings[name] and not _key(settings[name]):
            faults.append(Fault(name, f"应与数据文件夹中 {file} 的内容一样：44 个字符的密钥"))
    return faults


def _oidc_faults(settings: Mapping[str, str]) -> list[Fault]:
    missing = [name for name in OIDC if not settings[name]]
    if missing and len(missing) < len(OIDC):
        return [Fault(name, f"统一登录要么三项都设置，要么都不设置：{'、'.join(OIDC)}") for name in missing]
    if not missing and not is_safe(settings[OIDC[0]]):
        return [Fault(OIDC[0], "应以 https:// 开头（在本机试用可以是 http://127.0.0.1…）")]
    return []


def _key(text: str) -> bool:
    """Whether this is a key of 32 bytes in URL-safe base64."""
    return re.fullmatch(r"[A-Za-z0-9_-]{43}=", text.strip()) is not None


def _network_faults(text: str) -> list[Fault]:
    try:
        networks(text)
    except ValueError:
        return [Fault("DUBAN_WEBHOOK_NETWORKS", "应为网段或地址，用逗号隔开，如 10.20.0.0/16, 127.0.0.1")]
    return []


def _hours(text: str) -> bool:
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-3]):([0-5]\d)", text)
    if match is None:
        return False
    first, last = tuple(map(int, match.groups()[:2])), tuple(map(int, match.groups()[2:]))
    return first < last
