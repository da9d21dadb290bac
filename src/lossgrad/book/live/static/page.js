// Makes the cells of a page live: one Python for all of them, in order.
import { Cell } from "./cell.js";
import { note } from "./output.js";
import { Session } from "./session.js";

// The cells that share a session, in the order of the page.
export class Page {
  session = new Session();
  cells = [];

  add(element) {
    const cell = new Cell(element, this);
    this.cells.push(cell);
    return cell;
  }

  above(cell) {
    return cell.isApart ? [] : this.cells.slice(0, this.cells.indexOf(cell)).filter((other) => !other.isApart);
  }

  // Asked while a cell is made, too. One that stands apart needs no other.
  isFirst(cell) {
    return cell.isApart || (this.cells.find((other) => !other.isApart) ?? cell) === cell;
  }

  hasAboveNotRun(cell) {
    return this.above(cell).some(({ life }) => life !== this.session.life);
  }

  runAbove(cell) {
    return this.run(this.above(cell));
  }

  // Run some cells; those after one that fails are left.
  async run(cells = this.cells.filter((cell) => !cell.isApart)) {
    return Promise.all(cells.map((cell) => cell.run()));
  }
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

// A line that says what is being loaded and how much is left.
export function progressLine(session) {
  const line = document.createElement("p");
  const said = document.createElement("span");
  const bar = document.createElement("progress");
  line.className = "live-progress";
  line.append(said, bar);
  said.role = "status";
  said.textContent = "Loading Python and SymPy";
  session.listen(({ progress, ready, failed }) => {
    line.hidden = Boolean(ready);
    if (failed) {
      bar.remove();
      said.textContent = `Python could not be started: ${failed}. The page is as it was.`;
    } else if (progress) {
      const left = progress.all - progress.loaded;
      bar.max = progress.all;
      bar.value = progress.loaded;
      said.textContent = left > 0 ? `${progress.what}: ${megabytes(left)} of ${megabytes(progress.all)} MB left` : `${progress.what} …`;
    }
  });
  return line;
}

// A hidden sentence that editors name as their description.
function keys() {
  const told = document.createElement("p");
  told.id = "live-keys";
  told.hidden = true;
  told.textContent = "Shift+Enter runs the cell. Tab indents; Escape, then Tab, leaves the editor.";
  return told;
}

const NAMES = { numpy: "NumPy", matplotlib: "Matplotlib", sklearn: "scikit-learn", jax: "JAX", torch: "PyTorch" };

// Why a cell stays as it is, and where it can be run.
function kept(cell, needs) {
  const names = needs.map((name) => NAMES[name] ?? name).join(" and ");
  const said = note(`This cell needs ${names}, which this page cannot load; it shows what it gave when the book was built. `);
  const notebook = document.querySelector('a[href$=".ipynb"]');
  if (notebook) {
    const link = document.createElement("a");
    link.href = notebook.href;
    link.textContent = "The notebook of this page runs all of it.";
    link.download = "";
    said.append(link);
  }
  cell.append(said);
}

const needsOf = (cell) => [...cell.classList].filter((name) => name.startsWith("needs-")).map((name) => name.slice(6));

// Make every cell of the page live, and start Python.
export function makeLive(article) {
  const page = new Page();
  page.session.start();
  article.append(keys(), progressLine(page.session));
  for (const element of article.querySelectorAll("div.cell")) {
    const needs = needsOf(element);
    if (needs.length) kept(element, needs);
    else page.add(element);
  }
  return page;
}
