// What the figures that show sums share.

export const number = (value) => String(value).replace("-", "−");

// A formula with numbers for the indices that it was typeset with.
export const indexed = (formula, indices) =>
  Object.entries(indices).reduce((text, [index, n]) => text.replace(`<mi>${index}</mi>`, `<mn>${n}</mn>`), formula);

// A head of rows or columns; where there is nothing to say, an empty cell.
export const head = (content, attributes) => (content === "" ? `<td ${attributes.replace(/scope="\w+" ?/, "")}></td>` : `<th ${attributes}>${content}</th>`);

// A sum of products, written as one multiplies by hand: factor, factor, product, and what the products add up to.
export function sum(terms, result) {
  const line = (sign, cells, last) => `<tr>${head(sign, 'scope="row"')}${cells.join("")}<td class="total">${last}</td></tr>`;
  const cell = (content, term) => `<td class="tone-${term}">${content}</td>`;
  const factor = (which) => (pair, term) => {
    const { entry, indices, value } = pair[which];
    return cell(`<small>${indexed(entry, indices)}</small>${number(value)}`, term);
  };
  const products = terms.map(([a, b], term) => cell(number(a.value * b.value), term));
  return `<table class="sum" aria-label="The sum, term by term"><tbody>
${line("", terms.map(factor(0)), "")}${line("×", terms.map(factor(1)), "sum")}${line("=", products, number(result))}</tbody></table>`;
}

// Make what is there like what is wanted, element by element, so that focus and animations stay.
export function adapt(there, wanted) {
  if (there.nodeName !== wanted.nodeName || there.childNodes.length !== wanted.childNodes.length) return there.replaceWith(wanted);
  if (!there.attributes) return void (there.data !== wanted.data && (there.data = wanted.data));
  for (const { name } of [...there.attributes]) if (!wanted.hasAttribute(name)) there.removeAttribute(name);
  for (const { name, value } of wanted.attributes) if (there.getAttribute(name) !== value) there.setAttribute(name, value);
  const pairs = [...there.childNodes].map((child, k) => [child, wanted.childNodes[k]]);
  pairs.forEach(([child, other]) => adapt(child, other));
}
