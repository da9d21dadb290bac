// Which row meets which column in an entry of a gradient: the reader chooses the entry, the figure shows its sum.
// What meets is read from the theorems when the book is built (lossgrad.book.figures.meeting), formulas come typeset.
// The functions above the line below know no page; the build draws the first state with them, a test asks them all.
import { adapt, head, number, sum } from "./figure-parts.js";

// The terms of the sum in entry (row, column): the two entries that meet in each, with their values.
export function terms(view, values, [row, column], sizes) {
  return Array.from({ length: sizes[view.sum] }, (_, n) =>
    view.factors.map(({ letter, at }) => {
      const [i, j] = at.map((index) => ({ row, column, sum: n })[index]);
      return { letter, i, j, value: values[letter][i][j] };
    }),
  );
}

export const total = (met) => met.reduce((result, [a, b]) => result + a.value * b.value, 0);

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");

// A factor of a term, as the sum shows it.
const factor = ({ factors }) => ({ i, j, value }, which) => ({ entry: factors[which].entry, indices: { i, j }, value });

const letterOf = (letter) => letter.replace("'", "′");
const shapeOf = ({ shape }, sizes) => shape.map((size) => sizes[size] ?? 1);

// A line of numbers beside a matrix, and what they count.
const counted = (axes, size, sizes) => ({ name: axes[size] ?? "", count: sizes[size] ?? 1 });

function heads({ name, count }, before, after) {
  const numbers = Array.from({ length: count }, (_, k) => head(name && k, 'scope="col"')).join("");
  const line = (cells) => `<tr>${"<td></td>".repeat(before)}${cells}${"<td></td>".repeat(after)}</tr>`;
  return [line(head(name && `<span>${name}</span>`, `scope="colgroup" colspan="${count}"`)), line(numbers)];
}

// A matrix at its place, with the numbers of its rows and columns on the sides that `sides` names.
function matrix({ place, name, told, shape, sides, cell, grid }, { axes }, sizes) {
  const [rows, columns] = shape.map((size) => counted(axes, size, sizes));
  const [left, right] = ["left", "right"].map((side) => sides.includes(side));
  const [counts, numbers] = heads(columns, left ? 2 : 0, right ? 2 : 0);
  const group = head(rows.name && `<span>${rows.name}</span>`, `scope="rowgroup" class="axis" rowspan="${rows.count}"`);
  const lines = Array.from({ length: rows.count }, (_, i) => {
    const first = i === 0 ? group : "";
    const count = head(rows.name && i, 'scope="row"');
    const cells = Array.from({ length: columns.count }, (_, j) => cell(i, j)).join("");
    return `<tr>${left ? first + count : ""}${cells}${right ? count + first : ""}</tr>`;
  });
  const above = sides.includes("top") ? counts + numbers : "";
  const below = sides.includes("bottom") ? numbers + counts : "";
  const role = grid ? ' role="grid"' : "";
  return `<div class="place ${place}"><div class="name">${name}</div><table${role} aria-label="${escaped(told)}"><tbody>${above}${lines.join("")}${below}</tbody></table></div>`;
}

// One layout: the matrices as they stand in the product of the scores, the factor that is turned over in the corner.
function panel(data, layout, { by, sizes, at }, live) {
  const view = data.gradients[by][layout];
  const rows = layout === "rows";
  const [row, column] = rows ? [at[1], at[0]] : at;
  const met = terms(view, data.values, [row, column], sizes);
  const scoresFirst = view.factors[0].scores;
  const scores = view.factors[scoresFirst ? 0 : 1];
  const other = view.factors[scoresFirst ? 1 : 0];
  const tone = ({ letter }, i, j) => {
    const term = met.findIndex((pair) => pair.some((it) => it.letter === letter && it.i === i && it.j === j));
    return term < 0 ? "number" : `number term tone-${term}`;
  };
  const shown = (factor) => (i, j) => `<td class="${tone(factor, i, j)}">${number(data.values[factor.letter][i][j])}</td>`;
  const told = (factor, turned = "") => `${data.words[factor.letter]}${turned}`;
  const chosen = (i, j) => {
    const here = i === row && j === column;
    const value = number(total(terms(view, data.values, [i, j], sizes)));
    const operable = live && !rows ? ` tabindex="${here ? 0 : -1}" aria-selected="${here}"` : "";
    return `<td class="entry${here ? " chosen" : ""}" data-entry="${rows ? [j, i] : [i, j]}"${operable}>${value}</td>`;
  };
  const wanted = { name: view.name, told: `${view.told}`, shape: view.shape, cell: chosen, grid: live && !rows };
  const stored = { name: other.name, told: told(other), shape: other.shape, cell: shown(other) };
  const corner = {
    place: "corner", name: other.turned, told: told(other, ", turned over"), shape: [...other.shape].reverse(),
    sides: ["left", "top"], cell: (i, j) => shown(other)(j, i),
  };
  const above = { place: "above", sides: ["top", "right"], ...(scoresFirst ? stored : wanted) };
  const left = { place: "left", sides: ["left", "bottom"], ...(scoresFirst ? wanted : stored) };
  const crossing = { place: "crossing", name: scores.name, told: told(scores), shape: scores.shape, sides: [], cell: shown(scores) };
  const places = [corner, above, left, crossing].map((place) => matrix(place, data, sizes)).join("");
  const widths = [[...other.shape].reverse(), (scoresFirst ? view : other).shape].map((shape) => shapeOf({ shape }, sizes)[1]);
  const columns = Math.max(...widths) + shapeOf(scores, sizes)[1];
  return `<div class="panel ${layout}" data-columns="${columns}"><p class="layout"><b>Examples as ${layout}</b> <span>${view.product}</span></p>
<div class="arrangement">${places}</div>${sum(met.map((pair) => pair.map(factor(view))), total(met))}</div>`;
}

const ordered = (place, [index]) => (index === "sum" ? `column ${place.j}` : `row ${place.i}`);

function meets(view, [pair]) {
  const [a, b] = pair.map((place, which) => {
    const side = ordered(place, view.factors[which].at);
    return place.letter === "1" ? `a ${side.split(" ")[0]} of ones` : `${side} of ${letterOf(place.letter)}`;
  });
  return `${a} meets ${b}`;
}

// What is seen, in words.
export function told(data, { by, sizes, at: [i, j] }) {
  const { columns, rows, code } = data.gradients[by];
  const [met, turned] = [terms(columns, data.values, [i, j], sizes), terms(rows, data.values, [j, i], sizes)];
  const signed = (value) => (value < 0 ? `(${number(value)})` : value);
  const written = met.map(([a, b]) => `${signed(a.value)} · ${signed(b.value)}`).join(" + ");
  const stored = code.replace("{i}", i).replace("{j}", j);
  return `<p class="told" aria-live="polite">Entry (${i}, ${j}) of the ${columns.told}: ${meets(columns, met)}, ${written} = ${number(total(met))}. With examples as rows it is entry (${j}, ${i}), where ${meets(rows, turned)}; PyTorch keeps it in <code>${stored}</code>.</p>`;
}

// All that follows the reader's choice.
export function drawn(data, state, live = false) {
  return `<div class="view"><div class="panels">${panel(data, "columns", state, live)}${panel(data, "rows", state, live)}</div>${told(data, state)}</div>`;
}

export function controls(data) {
  const gradient = ([letter, { columns, means }]) =>
    `<label><input type="radio" name="meeting-by" value="${letter}"${letter === data.start.by ? " checked" : ""}> ${columns.name} <span>${means}</span></label>`;
  const size = ([letter, { name, plural }]) =>
    `<span class="size"><label for="meeting-${letter}">${name} <span>${plural}</span></label> <input type="range" id="meeting-${letter}" name="${letter}" min="1" max="${data.most}" value="${data.start.sizes[letter]}"> <output for="meeting-${letter}">${data.start.sizes[letter]}</output></span>`;
  const choices = Object.entries(data.gradients).map(gradient).join("");
  return `<div class="controls"><fieldset><legend>Gradient by</legend>${choices}</fieldset>
<fieldset><legend>Sizes</legend>${Object.entries(data.sizes).map(size).join("")}</fieldset></div>`;
}

// ---- On a page.

// The row or column that is turned over moves from where it is stored to where it meets the other.
function turn(panel) {
  const [stored, corner] = [".above .term, .left .term", ".corner .term"].map((which) => panel.querySelectorAll(which));
  corner.forEach((cell, term) => {
    const [from, to] = [stored[term], cell].map((element) => element.getBoundingClientRect());
    const moved = `translate(${from.x - to.x}px, ${from.y - to.y}px)`;
    cell.animate([{ transform: moved, opacity: 0.4 }, { transform: "none", opacity: 1 }], { duration: 500, easing: "ease-in-out" });
  });
}

function operate(figure) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const state = { ...data.start, sizes: { ...data.start.sizes }, at: [...data.start.at] };
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const view = figure.querySelector(".view");

  const show = () => {
    const { shape } = data.gradients[state.by].columns;
    state.at = state.at.map((index, axis) => Math.min(index, (state.sizes[shape[axis]] ?? 1) - 1));
    const wanted = document.createElement("template");
    wanted.innerHTML = drawn(data, state, true);
    adapt(view, wanted.content.firstElementChild);
  };
  const choose = (entry) => {
    if (String(entry) === String(state.at)) return;
    state.at = entry;
    show();
    if (!still.matches) figure.querySelectorAll(".panel").forEach(turn);
  };

  figure.querySelector(".controls").addEventListener("input", ({ target }) => {
    if (target.type === "radio") state.by = target.value;
    else state.sizes[target.name] = Number((target.nextElementSibling.value = target.value));
    show();
  });
  view.addEventListener("click", ({ target }) => {
    const entry = target.closest("[data-entry]");
    if (!entry) return;
    choose(entry.dataset.entry.split(",").map(Number));
    view.querySelector('[tabindex="0"]').focus({ preventScroll: true });
  });
  view.addEventListener("keydown", (event) => {
    if (!event.target.closest("[data-entry]")) return;
    const [i, j] = state.at;
    const [rows, columns] = data.gradients[state.by].columns.shape.map((size) => state.sizes[size] ?? 1);
    const moves = { ArrowUp: [i - 1, j], ArrowDown: [i + 1, j], ArrowLeft: [i, j - 1], ArrowRight: [i, j + 1], Home: [i, 0], End: [i, columns - 1] };
    const move = event.ctrlKey ? { Home: [0, 0], End: [rows - 1, columns - 1] }[event.key] : moves[event.key];
    if (!move) return;
    event.preventDefault();
    choose([Math.min(Math.max(move[0], 0), rows - 1), Math.min(Math.max(move[1], 0), columns - 1)]);
    view.querySelector('[tabindex="0"]').focus();
  });
  show();
}

if (typeof document !== "undefined") document.querySelectorAll("figure.figure-meeting").forEach(operate);
