// An equation can be copied as LaTeX, and as SymPy where the page has its code. Its buttons are made when it is
// pointed at or focused; on a touch screen, when the page is there. Without this script there are none.
"use strict";

{
  const said = document.createElement("div");
  said.className = "equation-said";
  said.setAttribute("role", "status");

  const latex = (equation) => equation.querySelector("annotation[encoding='application/x-tex']")?.textContent.replace(/^\\displaystyle\s+/, "");

  async function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = document.createElement("textarea");
    field.value = text;
    said.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }

  function button(words, name, text, tools) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = words;
    made.setAttribute("aria-label", name);
    made.title = name;
    made.addEventListener("click", async () => {
      await copy(text);
      said.textContent = "";
      tools.classList.add("copied");
      made.textContent = "Copied";
      said.textContent = "Copied";
      setTimeout(() => {
        tools.classList.remove("copied");
        made.textContent = words;
      }, 1500);
    });
    return made;
  }

  // One stop of the Tab key for the buttons of an equation; the arrow keys go from one to the other.
  function moveByArrows(tools) {
    tools.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const buttons = [...tools.children];
      const next = buttons[buttons.indexOf(document.activeElement) + step];
      if (!step || !next) return;
      event.preventDefault();
      for (const each of buttons) each.tabIndex = each === next ? 0 : -1;
      next.focus();
    });
  }

  function addTools(box) {
    const equation = box.querySelector(":scope > .equation");
    if (!equation || box.querySelector(":scope > .equation-tools")) return;
    const tools = document.createElement("div");
    tools.className = "equation-tools";
    tools.setAttribute("role", "toolbar");
    tools.setAttribute("aria-label", `Copy ${equation.getAttribute("aria-label").toLowerCase()}`);
    const tex = latex(equation);
    if (tex) tools.append(button("LaTeX", "Copy as LaTeX", tex, tools));
    if (equation.dataset.sympy) tools.append(button("SymPy", "Copy as SymPy", equation.dataset.sympy, tools));
    [...tools.children].forEach((each, place) => (each.tabIndex = place ? -1 : 0));
    moveByArrows(tools);
    equation.after(tools);
  }

  const start = () => {
    document.body.append(said);
    for (const kind of ["pointerover", "focusin"]) {
      document.addEventListener(kind, (event) => {
        const box = event.target.closest?.("div.math");
        if (box) addTools(box);
      });
    }
    if (matchMedia("(hover: none)").matches) document.querySelectorAll("div.math").forEach(addTools);
  };
  start();
}
