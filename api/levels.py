"""Levels and versions: campaigns below, what changed above, a running campaign's next version."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from api import templates
from api.deps import AtDesk, CampaignId, Cursor, Limit
from api.shapes import Adopt, Decide, Decline, Renew
from states.adopting import Terms
from states.records import reading_levels
from states.records.levels import Adoption
from states.records.proposing import Following
from states.records.scopes import Selection
from states.records.told import CampaignTold, Page
from states.records.told.levels import AdoptedTold, ChangeAbove, ChildTold, RenewalTold, UnitImpact

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["分级与改版"])

ChangeId = Annotated[int, Path(ge=1, le=2**31 - 1, description="上级变化的编号")]
TRIED: dict[int | str, dict[str, Any]] = {
    200: {"model": AdoptedTold, "description": "dry_run：会怎样，还缺什么"}
}


@router.get("/children", summary="下级承接的专项行动", response_model=Page[ChildTold])
def children(desk: AtDesk, campaign_id: CampaignId) -> Response:
    """各下级的数字，注明出自哪一次专项行动。"""
    with desk.read() as session:
        found = reading_levels.children(session, desk.scope, campaign_id, desk.now)
        return desk.tell({"items": found, "next": None})


@router.post("/children", summary="承接", status_code=201, response_model=CampaignTold, responses=TRIED)
def adopt(desk: AtDesk, campaign_id: CampaignId, sent: Adopt) -> Response:
    """下级承接：上级各项都在，期限提前，可以增加；dry_run 只看会怎样。"""
    wanted = Adoption(
        owner=sent.owner,
        terms=Terms(ahead=sent.ahead, leads=sent.leads, additions=sent.additions, title=sent.title),
        fills=sent.fills,
        selection=Selection(sent.units.codes, sent.units.under, sent.units.kinds, sent.units.levels),
        past=sent.past,
    )
    if sent.dry_run:
        return desk.drafted(
            lambda session: reading_levels.adoption(session, desk.scope, campaign_id, wanted, desk.now)
        )
    return desk.once(
        lambda session: reading_levels.adopt(session, desk.scope, campaign_id, wanted, desk.now), 201
    )


@router.get("/changes-above", summary="上级的变化", response_model=Page[ChangeAbove])
def changes(desk: AtDesk, campaign_id: CampaignId, cursor: Cursor = "0", limit: Limit = 100) -> Response:
    """上级改了期限或方案后，本级要不要随之调整。"""
    with desk.read() as session:
        page = reading_levels.changes(session, desk.scope, campaign_id, int(cursor), limit)
    return desk.tell(page, page["next"])


@router.post("/changes-above/{change_id}/accept", summary="随上级调整", response_model=RenewalTold)
def accept(desk: AtDesk, campaign_id: CampaignId, change_id: ChangeId, sent: Decide) -> Response:
    """改动的期限随上级，keep 所列各项除外；dry_run 只看会怎样。"""

    following = Following(sent.keep, sent.recompute, sent.leads, sent.fills, sent.reason)

    def work(session: Any) -> RenewalTold:
        return reading_levels.accept(
            session, desk.scope, campaign_id, change_id, following, desk.now, dry_run=sent.dry_run
        )

    return desk.once(work, dry_run=sent.dry_run)


@router.post("/changes-above/{change_id}/decline", summary="不随上级调整", response_model=ChangeAbove)
def decline(desk: AtDesk, campaign_id: CampaignId, change_id: ChangeId, sent: Decline) -> Response:
    """本级照旧，理由告知上级。"""
    return desk.once(
        lambda session: reading_levels.decline(
            session, desk.scope, campaign_id, change_id, desk.now, sent.reason
        )
    )


@router.post("/renewal", summary="换用新版方案", response_model=RenewalTold)
def renew(desk: AtDesk, campaign_id: CampaignId, sent: Renew) -> Response:
    """逐项说明改了什么、涉及多少单位；改了的期限须逐项写明 keep 或 recompute；dry_run 只看会怎样。"""

    def work(session: Any) -> RenewalTold:
        return reading_levels.renew(
            session, desk.scope, campaign_id, desk.now, dry_run=sent.dry_run, **_version(sent)
        )

    return desk.once(work, dry_run=sent.dry_run)


@router.post("/renewal/units", summary="新版涉及的单位", response_model=Page[UnitImpact])
def touched(
    desk: AtDesk, campaign_id: CampaignId, sent: Renew, cursor: Cursor = "0", limit: Limit = 100
) -> Response:
    """逐个单位列出会受哪些改动影响；什么都不写入。一页里可能不足 limit 个。"""
    return desk.drafted(
        lambda session: reading_levels.touched(
            session, desk.scope, campaign_id, desk.now, int(cursor), limit, **_version(sent)
        )
    )


def _version(sent: Renew) -> dict[str, Any]:
    given = sent.template is not None or sent.text is not None
    return {
        "text": templates.text_of(sent.template, sent.text) if given else None,
        "additions": sent.additions,
        "leads": sent.leads,
        "fills": sent.fills,
        "keep": sent.keep,
        "recompute": sent.recompute,
        "reason": sent.reason,
    }
