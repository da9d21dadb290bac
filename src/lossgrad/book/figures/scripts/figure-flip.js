// A convolution and its gradients: a row for each result, a column for each entry of the signal, the taps where they meet.
// A result reads along a row, a tap along a diagonal, an entry of the signal down a column, where the taps come in reverse.
// The functions above the line below know no page; the build draws the first state with them, a test asks them all.
import { adapt, number, sum } from "./figure-parts.js";

export const lengths = ({ T, K }) => ({ result: T, taps: K, signal: T + K - 1 });

// Where result t, tap a and entry s of the signal meet in an entry of what is asked for.
export function places(of, at, { T, K }) {
  const all = Array.from({ length: T * K }, (_, k) => ({ t: Math.floor(k / K), a: k % K, s: Math.floor(k / K) + (k % K) }));
  return all.filter(({ t, a, s }) => ({ result: t, taps: a, signal: s })[of] === at);
}

// The two factors of the product at a place: what is asked for stands in none of them.
export function factors(of, { t, a, s }) {
  const pairs = { result: [["w", a], ["x", s]], taps: [["g", t], ["x", s]], signal: [["w", a], ["g", t]] };
  return pairs[of];
}

export function total(of, at, sizes, values) {
  return places(of, at, sizes).reduce((result, place) => {
    const [a, b] = factors(of, place).map(([letter, k]) => values[letter][k]);
    return result + a * b;
  }, 0);
}

const means = { result: "result", taps: "tap", signal: "entry of the signal" };
const range = (length) => Array.from({ length }, (_, k) => k);

export function drawn(data, { of, at, sizes }, live = false) {
  const { T, K } = sizes;
  const { values, names, choices } = data;
  const met = places(of, at, sizes);
  const term = (found) => {
    const which = met.findIndex(found);
    return which < 0 ? "number" : `number term tone-${which}`;
  };
  const takes = (letter, k) => term((place) => factors(of, place).some(([other, index]) => other === letter && index === k));
  const cell = (kind, value) => `<td class="${kind}">${number(value)}</td>`;
  const entry = (k) => {
    const operable = live ? ` tabindex="${k === at ? 0 : -1}" aria-selected="${k === at}" aria-label="${means[of]} ${k}: ${number(total(of, k, sizes, values))}"` : "";
    return `<td class="entry${k === at ? " chosen" : ""}" data-entry="${k}"${operable}>${number(total(of, k, sizes, values))}</td>`;
  };
  const blank = (count) => "<td></td>".repeat(count);
  const name = (content) => `<td class="name">${content}</td>`;
  const width = T + K - 1;
  const signal = `<tr>${name(names.x)}${blank(1)}${range(width).map((s) => cell(takes("x", s), values.x[s])).join("")}</tr>`;
  const rows = range(T).map((t) => {
    const band = range(width).map((s) => {
      const a = s - t;
      return a < 0 || a >= K ? "<td></td>" : cell(`${term((place) => place.t === t && place.a === a)} tap`, values.w[a]);
    });
    return `<tr>${t ? blank(1) : name(names.g)}${cell(takes("g", t), values.g[t])}${band.join("")}${of === "result" ? entry(t) : ""}</tr>`;
  });
  const strip = of === "signal" ? `<tr>${name(choices.signal.name)}${blank(1)}${range(width).map(entry).join("")}</tr>` : "";
  const taps = `<tr>${name(names.w)}${range(K).map((a) => cell(takes("w", a), values.w[a])).join("")}</tr>`;
  const byTaps = of === "taps" ? `<tr>${name(choices.taps.name)}${range(K).map(entry).join("")}</tr>` : "";
  const table = (lines, told, chosen) => `<table${live && chosen ? ` role="grid" aria-label="${choices[of].means}"` : ` aria-label="${told}"`}><tbody>${lines}</tbody></table>`;
  const shown = met.map((place) => factors(of, place).map(([letter, i]) => ({ entry: data.entries[letter], indices: { i }, value: values[letter][i] })));
  const order = met.map(({ a }) => a).join(", ");
  const words = {
    result: `Result ${at} meets the taps in their order, ${order}.`,
    taps: `Tap ${at} is met along a diagonal: once in each result, each time one entry of the signal further.`,
    signal: `Entry ${at} of the signal meets the taps from the last to the first, ${order}.`,
  };
  return `<div class="view"><div class="band" data-columns="${width + 3}">${table(signal + rows.join("") + strip, "taps, where results and signal meet", of !== "taps")}
${table(taps + byTaps, "taps", of === "taps")}</div>${sum(shown, total(of, at, sizes, values))}<p class="told" aria-live="polite">${words[of]}</p></div>`;
}

export function controls({ start, most, sizes, choices }) {
  const choice = ([of, { name, means }]) =>
    `<label><input type="radio" name="flip-of" value="${of}"${of === start.of ? " checked" : ""}> ${name} <span>${means}</span></label>`;
  const size = ([letter, name]) =>
    `<span class="size"><label for="flip-${letter}">${name} <span>${{ T: "results", K: "taps" }[letter]}</span></label> <input type="range" id="flip-${letter}" name="${letter}" min="1" max="${most[letter]}" value="${start.sizes[letter]}"> <output for="flip-${letter}">${start.sizes[letter]}</output></span>`;
  return `<div class="controls"><fieldset><legend>Look at</legend>${Object.entries(choices).map(choice).join("")}</fieldset>
<fieldset><legend>Sizes</legend>${Object.entries(sizes).map(size).join("")}</fieldset></div>`;
}

// ---- On a page.

function operate(figure) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const state = { ...data.start, sizes: { ...data.start.sizes } };
  const view = figure.querySelector(".view");

  const show = () => {
    state.at = Math.min(Math.max(state.at, 0), lengths(state.sizes)[state.of] - 1);
    const wanted = document.createElement("template");
    wanted.innerHTML = drawn(data, state, true);
    adapt(view, wanted.content.firstElementChild);
  };
  const choose = (entry) => {
    state.at = entry;
    show();
    view.querySelector('[tabindex="0"]').focus({ preventScroll: true });
  };

  figure.querySelector(".controls").addEventListener("input", ({ target }) => {
    if (target.type === "radio") state.of = target.value;
    else state.sizes[target.name] = Number((target.nextElementSibling.value = target.value));
    show();
  });
  view.addEventListener("click", ({ target }) => {
    const entry = target.closest("[data-entry]");
    if (entry) choose(Number(entry.dataset.entry));
  });
  view.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: state.at - 1, ArrowUp: state.at - 1, ArrowRight: state.at + 1, ArrowDown: state.at + 1, Home: 0, End: Infinity };
    if (!event.target.closest("[data-entry]") || !(event.key in steps)) return;
    event.preventDefault();
    choose(steps[event.key]);
  });
  show();
}

if (typeof document !== "undefined") document.querySelectorAll("figure.figure-flip").forEach(operate);
