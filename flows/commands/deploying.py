"""duban deploy: what many machines need on their Prefect server."""

from __future__ import annotations

import os

from flows.commands import given, shown
from states.errors import BadSetting, Fault


def deploy() -> None:
    """多机：在 Prefect 服务上备好执行池、各轮次的部署和两条恢复规则。可重复执行，升级后再执行一次。"""
    from flows import deploying
    from flows.prefect_http import Prefect

    settings = given.settings()
    if settings.prefect_api_url is None:
        raise BadSetting(
            [Fault("PREFECT_API_URL", "没有设置；多机运行须写明 Prefect 服务，如 http://主机:4200/api")]
        )
    server = Prefect(settings.prefect_api_url, settings.prefect_auth)
    environ = {**os.environ, "PREFECT_API_URL": server.url}
    if server.auth:
        environ["PREFECT_API_AUTH_STRING"] = server.auth
    done = deploying.deploy(server, environ, settings.home / "prefect")
    shown.say(
        f"执行池  {deploying.POOL}",
        f"部署    {'、'.join(done.deployments)}",
        f"恢复    {'、'.join(done.automations)}",
    )
