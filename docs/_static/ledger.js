// The ledger's table can be filtered by words and sorted by a column. Without this script it is a plain table.
"use strict";

for (const table of document.querySelectorAll("table.ledger")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];

  const label = document.createElement("label");
  const words = document.createElement("input");
  const count = document.createElement("output");
  const filter = document.createElement("p");
  words.type = "search";
  label.append("Rows with ", words);
  filter.className = "ledger-filter";
  filter.append(label, count);
  (table.closest(".pst-scrollable-table-container") ?? table).before(filter);

  const texts = rows.map((row) => row.textContent.toLowerCase());
  const show = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden = !wanted.every((word) => texts[place].includes(word));
      shown += !row.hidden;
    });
    count.value = `${shown} of ${rows.length}`;
  };
  words.addEventListener("input", show);
  show();

  const heads = [...table.tHead.rows[0].cells];
  const text = (row, column) => row.cells[column].textContent.trim();
  // Words stand after all numbers, whichever way is up: what was not measured is neither least nor most.
  const compare = (column, way) => (one, other) => {
    const [a, b] = [text(one, column), text(other, column)];
    const [x, y] = [parseFloat(a), parseFloat(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) {
      return Number.isNaN(x) && Number.isNaN(y) ? way * a.localeCompare(b) : Number.isNaN(x) - Number.isNaN(y);
    }
    return way * (x - y);
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      body.append(...[...rows].sort(compare(column, descending ? -1 : 1)));
    });
  });
}
