from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.duplicate_groups_rule_type_0 import DuplicateGroupsRuleType0

if TYPE_CHECKING:
    from ..models.duplicate_group import DuplicateGroup


T = TypeVar("T", bound="DuplicateGroups")


@_attrs_define
class DuplicateGroups:
    """Groups of duplicates.

    Attributes:
        total (int): Of this kind, of which some may not be listed.
        hidden (int): Photos that are hidden as duplicates of others.
        rule (DuplicateGroupsRuleType0 | None): Which of new duplicates is kept.
        groups (list[DuplicateGroup]):
    """

    total: int
    hidden: int
    rule: DuplicateGroupsRuleType0 | None
    groups: list[DuplicateGroup]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        total = self.total

        hidden = self.hidden

        rule: None | str
        if isinstance(self.rule, DuplicateGroupsRuleType0):
            rule = self.rule.value
        else:
            rule = self.rule

        groups = []
        for groups_item_data in self.groups:
            groups_item = groups_item_data.to_dict()
            groups.append(groups_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "total": total,
                "hidden": hidden,
                "rule": rule,
                "groups": groups,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.duplicate_group import DuplicateGroup  # noqa: PLC0415

        d = dict(src_dict)
        total = d.pop("total")

        hidden = d.pop("hidden")

        def _parse_rule(data: object) -> DuplicateGroupsRuleType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                rule_type_0 = DuplicateGroupsRuleType0(data)

                return rule_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(DuplicateGroupsRuleType0 | None, data)

        rule = _parse_rule(d.pop("rule"))

        groups = []
        _groups = d.pop("groups")
        for groups_item_data in _groups:
            groups_item = DuplicateGroup.from_dict(groups_item_data)

            groups.append(groups_item)

        duplicate_groups = cls(
            total=total,
            hidden=hidden,
            rule=rule,
            groups=groups,
        )

        duplicate_groups.additional_properties = d
        return duplicate_groups

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
