"""Who asks: a key of another system or a person in a role, and how far that reaches. Everything that is read or done
takes one of these."""

from __future__ import annotations

from dataclasses import dataclass

from states.errors import NotAllowed
from states.records.roles import ACT_WORDS, MAY, PEOPLE, WORDS, Act, Role

READS_ONLY = "这个密钥只能查询，不能办理"
WHOLE_ONLY = "这里的内容不分单位和专项行动，由管理全部单位和专项行动的管理员办理；您的授权只限其中一部分"


@dataclass(frozen=True)
class Scope:
    """What a key or a person may do: as which role, in which subtree (path) and which campaigns (None: all).

    `write` says it for keys, where there is no role. `informants`: whether they may see who gave a clue.
    `key_id` is negative for a person. `grant_id`: the grant on which all of it rests.
    """

    key_id: int
    name: str
    write: bool
    path: str | None
    campaigns: frozenset[int] | None
    informants: bool = False
    by: str = ""  # who acts where no key does
    role: Role | None = None
    grant_id: int | None = None

    @property
    def actor(self) -> str:
        return self.by or f"key:{self.name}"

    @property
    def acts_as(self) -> Role:
        """The role, which for a key without one is that of all keys like it."""
        return self.role or (Role.writer if self.write else Role.reader)

    @property
    def whole(self) -> bool:
        """Whether it reaches every unit and every campaign."""
        return self.path is None and self.campaigns is None

    def may(self, act: Act) -> bool:
        """Whether the table of roles has it; where is another question."""
        if act is Act.informants:
            return self.informants
        return act in MAY[self.acts_as]

    def check(self, *acts: Act) -> None:
        """Raises NotAllowed unless one of `acts` is allowed."""
        if not any(map(self.may, acts)):
            raise NotAllowed(self.refusal(*acts))

    def refusal(self, *acts: Act) -> str:
        """The sentence for it."""
        if self.role is None and not self.write and not {Act.informants, Act.administer} & set(acts):
            return READS_ONLY
        if acts == (Act.informants,):
            return "查看举报人信息须有专门的授权（--informants）"
        wanted = "、".join(ACT_WORDS[act] for act in acts)
        able = "、".join(name for role, name in WORDS.items() if role in PEOPLE and MAY[role] & set(acts))
        return f"{WORDS[self.acts_as]}不能{wanted}；这由{able}办理"

    def check_campaign(self, campaign_id: int) -> None:
        """Raises NotAllowed outside the campaigns."""
        if self.campaigns is not None and campaign_id not in self.campaigns:
            raise NotAllowed(f"编号为 {campaign_id} 的专项行动不在授权范围内")

    def check_path(self, path: str) -> None:
        """Raises NotAllowed outside the subtree."""
        if self.path is not None and not path.startswith(self.path):
            raise NotAllowed("该单位不在授权范围内")

    def check_whole(self) -> None:
        """Raises NotAllowed for whoever holds only a part, where what is asked for has none."""
        if not self.whole:
            raise NotAllowed(WHOLE_ONLY)

    def check_write(self) -> None:
        """Raises NotAllowed for whoever only reads."""
        if not self.write:
            raise NotAllowed(READS_ONLY if self.role is None else f"{WORDS[self.role]}只能查询，不能办理")

    def check_write_whole(self) -> None:
        """Both, for what belongs to no unit and is changed. Raises NotAllowed."""
        self.check_whole()
        self.check_write()


# Where no key asks: the command line (which says who acts), and what duban looks at by itself.
EVERYTHING = Scope(0, "cli", True, None, None, informants=True)
