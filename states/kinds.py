"""Kinds of unit: the key that is stored, the word that is shown, and the other ways people write it."""

from __future__ import annotations

# key -> the word shown; KIND_WORDS below knows the other ways to write it.
KINDS: dict[str, str] = {
    "hospital": "医院",
    "tcm_hospital": "中医院",
    "mch_hospital": "妇幼保健院",
    "township_centre": "乡镇卫生院",
    "community_centre": "社区卫生服务中心",
    "outpatient": "门诊部",
    "clinic": "诊所",
    "village_clinic": "村卫生室",
    "cdc": "疾控中心",
    "inspection": "监督所",
    "authority": "行政部门",
    "department": "科室",
    "other": "其他",
}
_ALSO = {
    "综合医院": "hospital",
    "中医医院": "tcm_hospital",
    "妇幼": "mch_hospital",
    "妇幼保健计划生育服务中心": "mch_hospital",
    "卫生院": "township_centre",
    "中心卫生院": "township_centre",
    "社区中心": "community_centre",
    "社区卫生服务站": "community_centre",
    "卫生室": "village_clinic",
    "疾控": "cdc",
    "疾病预防控制中心": "cdc",
    "卫生监督所": "inspection",
    "卫健委": "authority",
    "卫健局": "authority",
    "卫生健康委": "authority",
    "卫生健康局": "authority",
    "股室": "department",
    "处室": "department",
    "其它": "other",
}
KIND_WORDS: dict[str, str] = {
    **{key: key for key in KINDS},
    **{word: key for key, word in KINDS.items()},
    **_ALSO,
}

DEPARTMENT = "department"
