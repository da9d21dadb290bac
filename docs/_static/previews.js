// A reference to a theorem, a definition, a false statement or an equation shows it when it is pointed at or focused, and
// a letter shows its entry on the notation page. What is on another page is read from there. Without this script, or
// where a page cannot be read (opened from disk), references are links and nothing else.
"use strict";

{
  const KIND = /^(theorem|definition|refuted|equation|symbol)-/;
  const REFERENCE = ".bd-article :is(a.reference.internal[href*='#'], [data-symbol])";
  const SHOWN = ":scope > :is(.theorem-title, .theorem-statement, .math, .theorem-scope, .theorem-shapes, .counterexample)";
  const WAIT = 220;

  const pages = new Map([[location.href.split("#")[0], Promise.resolve(document)]]);
  const preview = document.createElement("div");
  preview.className = "preview";
  preview.id = "preview";
  preview.hidden = true;
  preview.setAttribute("role", "tooltip");
  document.body.append(preview);

  let reference = null; // what the preview is about, or will be
  let timer = 0;

  const parsed = async (answer) => {
    if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };
  function page(address) {
    if (!pages.has(address)) pages.set(address, fetch(address).then(parsed));
    return pages.get(address);
  }

  // Where a reference leads: a letter has no link of its own, the list at the end of its page has one.
  function goal(from) {
    const link = from.dataset.symbol ? document.querySelector(`.page-symbols a[href$="#symbol-${from.dataset.symbol}"]`) : from;
    const [address, id] = (link?.href ?? "").split("#");
    return id && KIND.test(id) && { address, id: decodeURIComponent(id) };
  }

  function entry(row) {
    const line = document.createElement("p");
    line.className = "preview-symbol";
    for (const cell of row.cells) {
      const part = document.createElement("span");
      part.append(...[...cell.cloneNode(true).childNodes].flatMap((node) => (node.nodeName === "P" ? [...node.childNodes] : [node])));
      line.append(part);
    }
    return [line];
  }

  function content(target) {
    if (target.matches("tr")) return entry(target);
    const box = target.closest(".theorem, .definition, .refuted");
    const parts = (box ? [...box.querySelectorAll(SHOWN)] : [target]).map((part) => document.importNode(part, true));
    for (const part of parts) {
      part.querySelectorAll(".headerlink, .equation-tools, button").forEach((each) => each.remove());
      for (const link of part.querySelectorAll("a")) link.replaceWith(...link.childNodes);
      for (const each of [part, ...part.querySelectorAll("[id], [tabindex]")]) {
        each.removeAttribute("id");
        each.removeAttribute("tabindex");
      }
    }
    return parts;
  }

  function place() {
    const [line, size] = [reference.getClientRects()[0] ?? reference.getBoundingClientRect(), preview.getBoundingClientRect()];
    const below = line.bottom + 6 + size.height <= innerHeight || line.top - 6 - size.height < 0;
    preview.style.top = `${Math.max(6, below ? line.bottom + 6 : line.top - 6 - size.height)}px`;
    preview.style.left = `${Math.max(12, Math.min(line.left, document.documentElement.clientWidth - size.width - 12))}px`;
  }

  async function show(from) {
    const where = goal(from);
    const target = where && (await page(where.address)).getElementById(where.id);
    if (!target || from !== reference || target.contains(from) || !from.matches(":hover, :focus-visible")) return;
    preview.replaceChildren(...content(target));
    preview.dataset.about = where.id.split("-")[0];
    preview.hidden = false;
    from.setAttribute("aria-details", preview.id);
    place();
  }

  function hide() {
    clearTimeout(timer);
    reference?.removeAttribute("aria-details");
    reference = null;
    preview.hidden = true;
  }

  function begin(from) {
    if (from === reference) return clearTimeout(timer);
    hide();
    reference = from;
    timer = setTimeout(() => show(from).catch(() => {}), WAIT);
  }

  function end() {
    clearTimeout(timer);
    timer = setTimeout(hide, WAIT);
  }

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const from = event.target.closest?.(REFERENCE);
    if (from) begin(from);
    else if (event.target.closest?.(".preview")) clearTimeout(timer);
    else if (reference && !reference.matches(":focus-visible")) end();
  });
  document.addEventListener("focusin", (event) => {
    const from = event.target.closest?.(REFERENCE);
    if (from?.matches(":focus-visible")) begin(from);
  });
  document.addEventListener("focusout", end);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  const follow = () => {
    if (preview.hidden) return;
    if (reference?.matches(":focus-visible")) place();
    else hide();
  };
  addEventListener("scroll", follow, { passive: true });
}
