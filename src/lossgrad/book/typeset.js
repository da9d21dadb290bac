// TeX becomes MathML. Temml converts; this file settles what browsers set differently from TeX.
// It runs inside the build and never on a page.

const FLAT = new Set(["mi", "mn", "mo", "ms", "mtext", "mspace", "mrow", "mstyle", "mpadded", "msub", "msup", "msubsup"]);
const isFlat = (node) => !node.children || (FLAT.has(node.type) && node.children.every(isFlat));
const isFence = (node) => node.type === "mo" && node.attributes.fence === "true";
const isPrime = (node) => node.classes?.includes("tml-prime");

// \left( x \right): a fence around one line keeps its size. Chromium pads a fence that could have grown.
function restFences(node) {
  const fences = node.children.filter(isFence);
  if (fences.length && node.children.every(isFlat)) fences.forEach((fence) => fence.setAttribute("stretchy", "false"));
}

// f'': two primes are one character, so that they stand as close as a font wants them.
function joinPrimes(node) {
  const count = node.children.length;
  if (count < 2 || count > 3 || !node.children.every(isPrime)) return;
  node.children.length = 1;
  node.children[0].children[0].text = "″‴"[count - 2];
}

function settle(node) {
  if (!node.children) return;
  node.children.forEach(settle);
  restFences(node);
  joinPrimes(node);
}

function characters(node, seen = new Set()) {
  for (const character of node.text ?? "") seen.add(character);
  for (const child of node.children ?? []) if (child.type !== "annotation") characters(child, seen);
  return seen;
}

function typeset(tex, displayMode) {
  try {
    const formula = temml.__renderToMathMLTree(tex, { displayMode, annotate: true, throwOnError: true });
    formula.style = {}; // what it says, display="block" says too
    settle(formula);
    return JSON.stringify({ mathml: formula.toMarkup(), characters: [...characters(formula)].join("") });
  } catch (error) {
    return JSON.stringify({ wrong: String(error.message ?? error) });
  }
}
