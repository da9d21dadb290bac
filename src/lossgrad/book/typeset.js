// TeX becomes MathML. Temml converts; this file settles what browsers set differently from TeX.
// It runs inside the build and never on a page.

const FLAT = new Set(["mi", "mn", "mo", "ms", "mtext", "mspace", "mrow", "mstyle", "mpadded", "msub", "msup", "msubsup"]);
const isFlat = (node) => (!node.type || FLAT.has(node.type)) && (node.children ?? []).every(isFlat);
const isFence = (node) => node.type === "mo" && node.attributes.fence === "true";
const isPrime = (node) => node.classes?.includes("tml-prime") || (node.children?.length > 0 && node.children.every(isPrime));
const isLetter = (node) => node.type === "mi" || node.type === "mn";
const isTall = (node) => node.type === "msubsup" || (node.type === "msup" && !isLetter(node.children[0])) || Boolean(node.children?.some(isTall));

// \left( x \right): a fence around one line keeps its size. Chromium pads a fence that could have grown.
function restFences(node) {
  const fences = node.children.filter(isFence);
  if (fences.length && node.children.every(isFlat)) fences.forEach((fence) => fence.setAttribute("stretchy", "false"));
}

// f'': a prime is made to stand beside its letter, not above it, and two of them are one character.
function placePrimes(node) {
  if (node.type !== "msup" || !isPrime(node.children[1])) return;
  const primes = node.children[1].children[0].type ? node.children[1].children : [node.children[1]];
  if (primes.length > 3) return;
  node.type = "mrow";
  node.children[1] = primes[0];
  node.children[1].children[0].text = "′″‴"[primes.length - 1];
}

// Chromium gives a root the width of its widest sign, so the style sheet draws in what follows a low one.
function drawInRoots(node) {
  if (node.type !== "msqrt" && node.type !== "mroot") return;
  if (isFlat(node.children[0])) node.classes.push(isTall(node.children[0]) ? "low-root" : "lowest-root");
}

// A \odot B: Firefox takes a circled operator between two letters for one that is large.
function keepOperatorsSmall(node) {
  if (node.type === "mo" && "⊕⊖⊗⊘⊙".includes(node.children[0]?.text || " ")) node.setAttribute("largeop", "false");
}

// Spaces and depths are named by classes, so that a page without inline styles can be demanded of the browser.
const SPACES = { "0em": "none", "0pt": "none", "0.1389em": "hair", "5.9776pt": "half", "1em": "whole" };

function nameStyles(node) {
  const { paddingLeft, paddingRight, mathDepth, "math-depth": depth = mathDepth, ...style } = node.style ?? {};
  if (SPACES[paddingLeft] && SPACES[paddingRight]) node.classes.push(`before-${SPACES[paddingLeft]}`, `after-${SPACES[paddingRight]}`);
  else Object.assign(style, paddingLeft && { paddingLeft }, paddingRight && { paddingRight });
  // HTML knows the attribute of a depth on mstyle alone.
  const level = depth ?? (node.type === "mstyle" ? undefined : node.attributes?.scriptlevel);
  if (level !== undefined) node.classes.push(`depth-${level}`);
  if (level !== undefined && node.type !== "mstyle") delete node.attributes.scriptlevel;
  if (node.style) node.style = style;
}

function settle(node) {
  if (!node.children) return;
  node.children.forEach(settle);
  restFences(node);
  placePrimes(node);
  drawInRoots(node);
  keepOperatorsSmall(node);
  nameStyles(node);
}

function characters(node, seen = new Set()) {
  for (const character of node.text ?? "") seen.add(character);
  for (const child of node.children ?? []) if (child.type !== "annotation") characters(child, seen);
  return seen;
}

function typeset(tex, displayMode) {
  try {
    const formula = temml.__renderToMathMLTree(tex, { displayMode, annotate: true, throwOnError: true });
    settle(formula);
    formula.style = {}; // what it says, display="block" says too
    return JSON.stringify({ mathml: formula.toMarkup(), characters: [...characters(formula)].join("") });
  } catch (error) {
    return JSON.stringify({ wrong: String(error.message ?? error) });
  }
}
