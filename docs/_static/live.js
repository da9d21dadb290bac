// The control that makes the cells of a page live. Nothing is loaded before it is pressed.
"use strict";

{
  const control = document.querySelector("button.live-control");
  const article = document.querySelector("article.bd-article");

  // Why cells cannot be live here, if they cannot.
  const obstacle = () => {
    if (location.protocol === "file:") {
      return "Cells are live when the book is read from a server; from a file, a browser starts no Python. `make serve` serves it on this machine.";
    }
    if (typeof WebAssembly !== "object") return "This browser has no WebAssembly, or has it switched off, so it runs no Python.";
    if (typeof Worker !== "function") return "This browser has no web workers, or has them switched off, so it runs no Python.";
    if (!("adoptedStyleSheets" in document)) return "This browser is too old for live cells.";
    return null;
  };

  const say = (sentence) => {
    const said = document.createElement("p");
    said.className = "live-note live-obstacle";
    said.role = "status";
    article.querySelector(".live-obstacle")?.remove();
    article.querySelector("h1").after(said);
    said.textContent = sentence;
  };

  control.hidden = false;
  let page = null;
  const text = control.querySelector(".btn__text-container");

  control.addEventListener("click", async () => {
    if (page) {
      page.run();
      return;
    }
    const found = obstacle();
    if (found) {
      say(found);
      return;
    }
    control.disabled = true;
    try {
      const { makeLive } = await import(new URL(control.dataset.parts, document.baseURI));
      page = makeLive(article);
      text.textContent = "Run all";
      control.title = "Run all cells of this page, in order";
    } catch (error) {
      say(`Live cells could not be loaded: ${error.message}`);
    }
    control.disabled = false;
  });
}
