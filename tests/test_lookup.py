"""The table of rules has all sixty, and every theorem that belongs to one."""

from __future__ import annotations

from lossgrad import library
from lossgrad.lookup import RULES, number, rules


def test_there_are_sixty_rules_each_with_a_theorem() -> None:
    listed = list(rules())
    assert [rule.number for rule in listed] == list(range(1, 61))
    assert all(rule.theorems for rule in listed)
    assert len({rule.about for rule in listed}) == 60


def test_the_theorem_that_states_a_rule_first_has_its_number() -> None:
    for rule in rules():
        assert number(library.theorems()[rule.theorems[0]]) == rule.number, rule


def test_every_theorem_with_a_number_is_listed_once() -> None:
    numbered = [name for name, theorem in library.theorems().items() if number(theorem) is not None]
    assert sorted(name for rule in rules() for name in rule.theorems) == sorted(numbered)


def test_a_docstring_without_a_number_belongs_to_no_rule() -> None:
    def stated() -> None:
        """A theorem.

        Catalogue of rules: none.
        """

    assert number(stated) is None


def test_groups_are_as_large_as_people_know_them() -> None:
    assert [len(rows) for rows in RULES.values()] == [12, 17, 10, 14, 7]
