// What a cell shows, as the built page shows it.

const adopted = new Map();

// A style sheet that comes with a result is adopted by the page, for inline ones are refused.
function adopt(css) {
  if (adopted.has(css)) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  adopted.set(css, sheet);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

// A piece of HTML as nodes: without scripts, its styles set by hand, for a policy forbids them in the text.
function nodes(html) {
  const withoutSheets = html.replace(/<style[^>]*>([^]*?)<\/style>/g, (_, css) => (adopt(css), ""));
  const parsed = new DOMParser().parseFromString(withoutSheets.replace(/(<[^<>]*?\s)style=/g, "$1data-style="), "text/html");
  for (const script of parsed.querySelectorAll("script")) script.remove();
  for (const node of parsed.querySelectorAll("[data-style]")) {
    node.style.cssText = node.dataset.style;
    node.removeAttribute("data-style");
  }
  return [...parsed.body.childNodes].map((node) => document.importNode(node, true));
}

function box(classes, ...content) {
  const made = document.createElement("div");
  made.className = classes;
  made.append(...content);
  return made;
}

function text(kind, string) {
  const lines = document.createElement("pre");
  lines.textContent = string;
  return box(`output ${kind} notranslate`, box("highlight", lines));
}

const TEXTS = {
  stdout: "stream highlight-myst-ansi",
  stderr: "stderr highlight-myst-ansi",
  text: "text_plain highlight-myst-ansi",
  error: "traceback highlight-myst-ansi",
};

const DELIMITED = /^\s*(\$\$?)([^]*?)\1\s*$/;

// Mathematics is typeset by what typesets the book, loaded with the first formula.
export async function formula(tex) {
  const { typeset } = await import("./mathematics.js");
  const { mathml, wrong } = JSON.parse(typeset(tex.match(DELIMITED)?.[2] ?? tex, true));
  if (wrong) return text("text_plain highlight-myst-ansi", tex);
  const equation = box("equation");
  equation.innerHTML = mathml;
  equation.role = "group";
  equation.ariaLabel = "Equation";
  equation.tabIndex = 0;
  return box("output text_latex math notranslate nohighlight", equation);
}

// Shows pieces of output in an element, one below another.
export class Output {
  #last = null;
  #waiting = [];

  constructor(element) {
    this.element = element;
    element.replaceChildren();
  }

  // Resolves when all mathematics is there.
  get settled() {
    return Promise.all(this.#waiting);
  }

  show({ kind, text: said }) {
    if ((kind === "stdout" || kind === "stderr") && this.#last?.kind === kind) {
      this.#last.made.querySelector("pre").append(said);
      return;
    }
    const made = this.#made(kind, said);
    this.#last = { kind, made };
    this.element.append(made);
  }

  #made(kind, said) {
    if (kind === "html" || kind === "svg") return box(kind === "svg" ? "output image_svg" : "output text_html", ...nodes(said));
    if (kind === "cut") return note(`The output is longer than the ${said} characters that are shown; the rest is left out.`);
    if (kind !== "latex") return text(TEXTS[kind], said);
    const place = box("output text_latex");
    this.#waiting.push(formula(said).then((found) => place.replaceWith(found)));
    return place;
  }
}

// A sentence about a cell, with buttons that do what it offers: { "Run all above": action }.
export function note(sentence, actions = {}) {
  const said = document.createElement("p");
  said.className = "live-note";
  said.append(sentence);
  for (const [name, action] of Object.entries(actions)) said.append(" ", button(name, action));
  return said;
}

export function button(name, action, title) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = name;
  if (title) made.title = title;
  made.addEventListener("click", action);
  return made;
}
