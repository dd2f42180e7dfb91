"""Reports as files: the work report, 通报, the weekly 调度 sheet; as of a day the same bytes for ever."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import answers
from api.deps import AtDesk, CampaignId
from api.download import saved
from states.records import reading_scope, reports

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}/papers", tags=["报告"])

Day = Annotated[str | None, Query(max_length=10, description="截至哪一天（已经过去的），以后都是同一份文件")]


@router.get("/{kind}", summary="工作汇报、情况通报、周调度表", response_class=Response)
def paper(
    desk: AtDesk, campaign_id: CampaignId, kind: Literal["work", "ranking", "weekly"], as_of: Day = None
) -> Response:
    """work 工作汇报（docx）、ranking 情况通报（xlsx）、weekly 周调度表（xlsx）；管整个行动的密钥才能取。as_of 的第一次由能办理的密钥取时留存，以后一字不变；只能查询的密钥取到留存的那份，还没有留存的现算，不留存。"""
    keep = as_of is not None and desk.scope.write
    with desk.write() if keep else desk.read() as session:
        campaign = reading_scope.campaign_seen(session, desk.scope, campaign_id)
        reading_scope.check_owner(session, desk.scope, campaign)
        if as_of is None:
            made = reports.live(session, campaign, kind, desk.now)
        else:
            made = reports.as_of(session, campaign, kind, as_of, desk.now, desk.scope.actor, keep=keep)
    tag = f'"{made.sha256}"'
    if answers.known(desk.request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers={"ETag": tag})
    answer = saved(made.content, made.name, made.media_type, kind)
    answer.headers.update({"ETag": tag, "Cache-Control": answers.FRESH})
    return answer
