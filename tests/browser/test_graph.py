"""The graph of theorems: links, what a node has to do with, and its own box on a phone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

GRAPH = "appendix/graph.html"


def test_a_node_leads_to_the_theorem(visit: Callable[..., Page]) -> None:
    page = visit(GRAPH)
    page.locator(".node[data-name='linear.weight_gradient']").click()
    expect(page.locator("#theorem-linear-weight-gradient")).to_be_visible()
    assert page.url.endswith("derivation/linear.html#theorem-linear-weight-gradient")


def test_a_node_that_has_the_focus_shows_what_it_carries(visit: Callable[..., Page]) -> None:
    page = visit(GRAPH)
    page.locator(".node[data-name='linear.weight_gradient']").focus()
    expect(page.locator("svg.theorem-graph")).to_contain_class("traced")
    expect(page.locator(".node[data-name='linear.ridge_gradient']")).to_contain_class("on-trace")
    assert page.locator(".node:not(.on-trace)").count() > 0


def test_each_node_is_named_with_its_scope_and_no_two_lie_on_each_other(visit: Callable[..., Page]) -> None:
    page = visit(GRAPH)
    nodes = page.locator(".node")
    titles = nodes.locator("title").all_text_contents()
    assert len(titles) == nodes.count() > 20
    assert all(", for " in title for title in titles)
    corners = nodes.locator("rect").evaluate_all("all => all.map(r => `${r.x.baseVal.value} ${r.y.baseVal.value}`)")
    assert len(set(corners)) == len(corners)


def test_on_a_phone_the_graph_scrolls_in_its_own_box(visit: Callable[..., Page]) -> None:
    page = visit(GRAPH, phone=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".theorem-graph-box").evaluate("e => e.scrollWidth > e.clientWidth")
