"""What a reader is told: the shapes of every answer, ready for JSON. Keys are English, names Chinese.

Instants are ISO 8601 with the offset of the campaign's zone. `stage` is `review` or `suspended` within a phase.
"""

from states.records.told.campaigns import (
    CampaignInFull,
    CampaignTold,
    CountedTold,
    CoverageTold,
    LedgerRate,
    MilestoneTold,
    PhaseTold,
    ReportingTold,
    StateCount,
    Summary,
)
from states.records.told.events import DatedTold, EventRecorded, EventsTold, EventTold
from states.records.told.form import Day, Instant, Page, instant, instant_or_none
from states.records.told.moves import CampaignMoves, MassMoved, MoveChoice, UnitMoved, UnitMoves
from states.records.told.obligations import (
    ActChoice,
    Handed,
    MilestoneInShort,
    ObligationInFull,
    ObligationTold,
    RungTold,
    TallyTold,
    UnitInFull,
)
from states.records.told.past import RunThen, StatusThen, SummaryThen
from states.records.told.places import Named, Place, StageTold, StateTold, UnitListed, UnitTold
from states.records.told.prospects import (
    BlankTold,
    DraftTold,
    LedgerStepTold,
    LedgerTold,
    MailForetold,
    MailLine,
    PlannedTold,
    Preview,
    ProposalTold,
)
from states.records.told.standing import CampaignInShort, Escalation, NextDue, RunTold, Status, UnitLine

__all__ = [
    "ActChoice",
    "BlankTold",
    "CampaignInFull",
    "CampaignInShort",
    "CampaignMoves",
    "CampaignTold",
    "CountedTold",
    "CoverageTold",
    "DatedTold",
    "Day",
    "DraftTold",
    "Escalation",
    "EventRecorded",
    "EventTold",
    "EventsTold",
    "Handed",
    "Instant",
    "LedgerRate",
    "LedgerStepTold",
    "LedgerTold",
    "MailForetold",
    "MailLine",
    "MassMoved",
    "MilestoneInShort",
    "MilestoneTold",
    "MoveChoice",
    "Named",
    "NextDue",
    "ObligationInFull",
    "ObligationTold",
    "Page",
    "PhaseTold",
    "Place",
    "PlannedTold",
    "Preview",
    "ProposalTold",
    "ReportingTold",
    "RunThen",
    "RunTold",
    "RungTold",
    "StageTold",
    "StateCount",
    "StateTold",
    "Status",
    "StatusThen",
    "Summary",
    "SummaryThen",
    "TallyTold",
    "UnitInFull",
    "UnitLine",
    "UnitListed",
    "UnitMoved",
    "UnitMoves",
    "UnitTold",
    "instant",
    "instant_or_none",
]
