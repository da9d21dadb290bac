// In the graph of theorems, pointing at a node or focusing it dims what it neither rests on nor carries.
"use strict";

for (const graph of document.querySelectorAll("svg.theorem-graph")) {
  const edges = [...graph.querySelectorAll(".edge")];
  const nodes = [...graph.querySelectorAll(".node")];

  // The nodes and edges that are reached from a node along edges, all in one direction.
  function reached(start, here, there) {
    const found = new Set([start]);
    const names = [start];
    while (names.length) {
      const name = names.pop();
      for (const edge of edges.filter((each) => each.dataset[here] === name)) {
        found.add(edge);
        if (!found.has(edge.dataset[there])) names.push(edge.dataset[there]);
        found.add(edge.dataset[there]);
      }
    }
    return found;
  }

  function trace(event) {
    const node = event.target.closest(".node");
    const name = node?.dataset.name;
    const on = name ? new Set([...reached(name, "to", "from"), ...reached(name, "from", "to")]) : new Set();
    graph.classList.toggle("traced", Boolean(name));
    for (const edge of edges) edge.classList.toggle("on-trace", on.has(edge));
    for (const each of nodes) each.classList.toggle("on-trace", on.has(each.dataset.name));
  }

  graph.addEventListener("pointerover", trace);
  graph.addEventListener("focusin", trace);
  const rest = () => graph.classList.remove("traced");
  graph.addEventListener("pointerleave", rest);
  graph.addEventListener("focusout", rest);
}
