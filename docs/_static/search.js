/* The results of a search, in groups: statements, terms, sections, the package, pages.
 *
 * Statements come from searchstatements.js; all else from Sphinx's index, by Sphinx's own functions.
 */
"use strict";

{
  const SHOWN = 8; // of a group, before the rest is asked for

  const KINDS = { theorem: "Theorem", definition: "Definition", refuted: "Mistake" };

  const stemmer = new Stemmer();
  const stem = (word) => stemmer.stemWord(word);

  /* The words of a text in small letters: "linear.weight_gradient" has three. */
  const wordsOf = (text) => text.toLowerCase().match(/[\p{Letter}\p{Number}]+/gu) ?? [];

  /* What is looked for: the words of the query, without those that every page has, unless it has no others. */
  const asked = (query) => {
    const all = wordsOf(query);
    const telling = all.filter((word) => !stopwords.has(word));
    return telling.length ? telling : all;
  };

  /* Whether a word of a text answers a word of the query: it begins with it, or has its stem. */
  const answers = (word, wanted) => word.startsWith(wanted) || stem(word) === stem(wanted);

  const hasAll = (words, query) => query.every((wanted) => words.some((word) => answers(word, wanted)));

  /* How well a statement fits: its name as it is asked for, its title, its words; the general before the particular. */
  const fit = ([kind, name, title, said, scope], query) => {
    const full = wordsOf(name);
    const own = wordsOf(name.slice(name.lastIndexOf(".") + 1));
    const phrase = query.join(" ");
    const same = (words) => words.filter((word) => !stopwords.has(word)).join(" ") === phrase;
    const ofTheorem = kind === "theorem" ? (scope.includes("every") ? 0.5 : 0.4) : kind === "definition" ? 0.2 : 0;
    if (same(full)) return 6 + ofTheorem;
    if (same(own)) return 5 + ofTheorem;
    if (hasAll([...full, ...wordsOf(title)], query)) return 4 + ofTheorem;
    const words = wordsOf(said);
    if (!hasAll([...full, ...wordsOf(title), ...words], query)) return 0;
    return (` ${words.join(" ")} `.includes(` ${phrase} `) ? 2 : 1) + ofTheorem;
  };

  const statements = (query) =>
    STATEMENTS.map((statement) => ({ statement, score: fit(statement, query) }))
      .filter(({ score }) => score > 0)
      .sort((one, other) => other.score - one.score) // ties stay in the book's order
      .map(({ statement: [kind, name, title, said, scope, page, anchor] }) => ({
        kind, label: KINDS[kind], title, name, said, scope, page, anchor,
      }));

  const pageTitle = (page) => Search._index.titles[Search._index.docnames.indexOf(page)] ?? "";
  const pageAt = (place) => Search._index.docnames[place];

  const terms = (query) => {
    const boxes = new Set(STATEMENTS.map((statement) => statement[6]));
    return Object.entries(Search._index.indexentries)
      .filter(([entry]) => !entry.includes("(") && hasAll(wordsOf(entry), query))
      .flatMap(([entry, places]) => places.map(([place, anchor]) => ({ entry, place, anchor })))
      .filter(({ anchor }) => !boxes.has(anchor))
      .map(({ entry, place, anchor }) => ({ kind: "term", label: "Term", title: entry, page: pageAt(place), anchor }));
  };

  const sections = (query) =>
    Object.entries(Search._index.alltitles)
      .filter(([title]) => hasAll(wordsOf(title), query))
      .flatMap(([title, places]) => places.map(([place, anchor]) => ({
        kind: "section", label: anchor ? "Section" : "Page", title, page: pageAt(place), anchor: anchor ?? "",
      })));

  const functions = (objects) => {
    const found = [...objects].flatMap((name) => Search.performObjectSearch(name, objects));
    const places = new Map(found.map(([page, name, anchor, about]) => [
      page + anchor, { kind: "object", label: about.split(" ")[1] ?? "", name, page, anchor: anchor.slice(1) },
    ]));
    return [...places.values()];
  };

  const pages = (words, excluded) =>
    Search.performTermsSearch(words, excluded)
      .sort((one, other) => other[4] - one[4])
      .map(([page, title, , , , file]) => ({ kind: "text", label: "Page", title, page, anchor: "", file }));

  /* The page. */

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  const marked = (node, query) => {
    const words = query.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
    const parts = node.textContent.split(new RegExp(`(?<![\\p{L}\\p{N}])((?:${words})[\\p{L}\\p{N}]*)`, "giu"));
    node.replaceChildren(...parts.map((part, place) => (place % 2 ? element("mark", "", part) : part)));
    return node;
  };

  const address = (page, anchor) =>
    page + DOCUMENTATION_OPTIONS.LINK_SUFFIX + (anchor ? `#${anchor}` : "");

  const hit = (found, query) => {
    const item = element("li", `hit kind-${found.kind}`);
    const head = item.appendChild(element("p", "hit-head"));
    head.append(element("span", "hit-kind", found.label));
    const link = head.appendChild(element("a", "hit-title"));
    link.href = address(found.page, found.anchor);
    if (found.title) link.append(marked(element("span", "", found.title), query));
    else link.append(element("code", "hit-name", found.name));
    if (found.title && found.name) head.append(element("code", "hit-name", found.name));
    if (found.said) item.append(marked(element("p", "hit-words", found.said), query));
    const where = [pageTitle(found.page), found.scope && `for ${found.scope}`].filter((part) => part && part !== found.title);
    if (where.length) item.append(element("p", "hit-page", where.join(" · ")));
    return item;
  };

  /* The paragraph of a page that speaks of it. A page opened from disk may not read another. */
  const quoted = async (item, found, query) => {
    if (!location.protocol.startsWith("http")) return;
    const answer = await fetch(address(found.page));
    const unstyled = (await answer.text()).replace(/<style[^>]*>[^]*?<\/style>/g, ""); // this page's policy knows its own
    const page = new DOMParser().parseFromString(unstyled, "text/html");
    page.querySelectorAll("annotation, .headerlink, script, style, button").forEach((part) => part.remove());
    const paragraphs = [...page.querySelectorAll("article p, article li")].map((part) => part.textContent.trim());
    const spoken = query.map((wanted) => (text) => wordsOf(text).some((word) => answers(word, wanted)));
    const score = (text) => spoken.filter((speaks) => speaks(text)).length;
    const best = paragraphs.reduce((one, other) => (score(other) > score(one) ? other : one), "");
    if (best) item.append(marked(element("p", "hit-words", shortened(best)), query));
  };

  const shortened = (text) => (text.length > 260 ? `${text.slice(0, text.lastIndexOf(" ", 250))} …` : text);

  const group = (title, found, query) => {
    const section = element("section", "hits");
    section.append(element("h2", "", `${title} `));
    section.firstChild.append(element("span", "hits-count", String(found.length)));
    const list = section.appendChild(element("ol", "search"));
    const items = found.map((one) => hit(one, query));
    list.append(...items.slice(0, SHOWN));
    items.slice(0, SHOWN).forEach((item, place) => {
      if (found[place].kind === "text") quoted(item, found[place], query);
    });
    if (items.length > SHOWN) section.append(others(list, items, title));
    return section;
  };

  const others = (list, items, title) => {
    const button = element("button", "btn hits-more", `All ${items.length} under ${title.toLowerCase()}`);
    button.type = "button";
    button.addEventListener("click", () => {
      list.append(...items.slice(SHOWN));
      items[SHOWN].querySelector("a").focus();
      button.remove();
    });
    return button;
  };

  Search.performSearch = (query) => {
    const [, words, excluded, , objects] = Search._parseQuery(query);
    const wanted = asked(query);
    const out = document.getElementById("search-results");
    const groups = wanted.length === 0 ? [] : [
      ["Statements", statements(wanted)],
      ["Terms", terms(wanted)],
      ["Sections", sections(wanted)],
      ["The package", functions(objects)],
      ["Pages", pages(words, excluded)],
    ].filter(([, found]) => found.length);
    const count = groups.reduce((sum, [, found]) => sum + found.length, 0);
    const said = count ? `${count} ${count > 1 ? "places" : "place"} for “${query}”.` : `Nothing for “${query}”.`;
    const status = element("p", "search-summary", said);
    status.setAttribute("role", "status");
    out.replaceChildren(status, ...groups.map(([title, found]) => group(title, found, wanted)));
    if (!count) out.append(element("p", "", "All words of a search must be met; fewer words find more."));
  };

  const field = document.querySelector(".bd-search-container input[type=search]");
  if (field && !new URLSearchParams(location.search).get("q")) field.focus();
}
