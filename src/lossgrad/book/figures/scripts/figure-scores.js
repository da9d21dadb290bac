// Three scores of one example, and what follows from them: probabilities, loss, gradient. Scores are whole tenths.
// The functions above the line below know no page; the build draws the first state with them, a test asks them all.

// Softmax, cross-entropy and its gradient. Moving all scores leaves the differences, and so every digit, as they were.
export function consequences(scores, truth) {
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp((score - top) / 10));
  const sum = powers.reduce((a, b) => a + b, 0);
  const probabilities = powers.map((power) => power / sum);
  const loss = Math.log(sum) - (scores[truth] - top) / 10;
  const gradient = probabilities.map((p, k) => (k === truth ? p - 1 : p));
  return { probabilities, loss, gradient };
}

const REACH = 80; // of a score, in tenths

// How far all scores can move, of what is wanted, so that each stays within reach.
export function within(scores, step) {
  return Math.min(Math.max(step, -REACH - Math.min(...scores)), REACH - Math.max(...scores));
}

const number = (value, digits = 3) => value.toFixed(digits).replace(/^-(?=0\.?0*$)/, "").replace("-", "−");
const tenths = (value) => number(value / 10, 1);
const sum = (values) => values.reduce((a, b) => a + b, 0);

// A bar from 0 to a value, on an axis from `low` to `high`; a frame shows what the value should be.
function bar(value, low, high, target = 0) {
  const at = (v) => (100 * (v - low)) / (high - low);
  const [left, right] = [Math.min(0, value), Math.max(0, value)].map(at);
  return `<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="${value < 0 ? "below" : "above"}" x="${left.toFixed(2)}" width="${(right - left).toFixed(2)}" height="10"/><path d="M${at(0)} -1V11M${at(0)} 0H${at(target)}V10H${at(0)}"/></svg>`;
}

export function drawn(data, { scores, truth, shift }) {
  const { probabilities, loss, gradient } = consequences(scores, truth);
  const { names } = data;
  const line = (score, k) => `<tr><th scope="row"><label><input type="radio" name="truth" value="${k}"${k === truth ? " checked" : ""}> class ${k}</label></th>
<td><input type="range" name="score-${k}" min="${-REACH}" max="${REACH}" value="${score}" aria-label="Score of class ${k}" aria-valuetext="${tenths(score)}"><output>${tenths(score)}</output></td>
<td>${bar(probabilities[k], 0, 1, Number(k === truth))}<output>${number(probabilities[k])}</output></td>
<td>${bar(gradient[k], -1, 1)}<output>${number(gradient[k])}</output></td></tr>`;
  const head = (word, name, more = "") => `<th scope="col">${word} <span>${name}</span>${more}</th>`;
  return `<div class="view"><table class="scores"><thead><tr><th scope="col">true class</th>${head("score", names.score)}${head("probability", names.probability)}${head("gradient", names.gradient, ` <span class="more">${names.difference}</span>`)}</tr></thead>
<tbody>${scores.map(line).join("\n")}</tbody>
<tfoot><tr><th scope="row">all three</th><td><input type="range" name="shift" min="-40" max="40" value="${shift}" aria-label="Move all three scores" aria-valuetext="${tenths(shift)}"><output>${tenths(shift)}</output></td><td>sum <output>${number(sum(probabilities))}</output></td><td>sum <output>${number(sum(gradient))}</output></td></tr></tfoot></table>
<p class="loss"><span>loss ${names.loss}, class <output>${truth}</output> being true</span>${bar(loss, 0, 8)}<output>${number(loss)}</output></p></div>`;
}

export const controls = () => "";

// ---- On a page.

function operate(figure) {
  const data = JSON.parse(figure.querySelector("script").textContent);
  const state = { ...data.start, scores: [...data.start.scores] };
  const page = document.createElement("template");

  // What is there becomes what is wanted; inputs stay, for a hand may be on them.
  const show = () => {
    page.innerHTML = drawn(data, state);
    for (const [what, copy] of Object.entries({ output: "textContent", "rect, .bar path": "" })) {
      const wanted = page.content.querySelectorAll(what);
      figure.querySelectorAll(what).forEach((there, k) => {
        if (copy) there[copy] = wanted[k][copy];
        else for (const { name, value } of wanted[k].attributes) there.setAttribute(name, value);
      });
    }
    figure.querySelectorAll('input[type="range"]').forEach((input, k) => {
      const value = [...state.scores, state.shift][k];
      input.value = value;
      input.setAttribute("aria-valuetext", tenths(value));
    });
  };

  figure.addEventListener("input", ({ target }) => {
    if (target.name === "truth") state.truth = Number(target.value);
    if (target.name.startsWith("score")) state.scores = [...figure.querySelectorAll('[name^="score"]')].map((input) => Number(input.value));
    if (target.name === "shift") {
      const step = within(state.scores, Number(target.value) - state.shift);
      state.scores = state.scores.map((score) => score + step);
      state.shift += step;
    }
    show();
  });
  show();
}

if (typeof document !== "undefined") document.querySelectorAll("figure.figure-scores").forEach(operate);
