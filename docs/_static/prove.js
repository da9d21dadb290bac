// Fills the editor of "Prove it yourself" from the page's address, and makes addresses of what is in it.
"use strict";

{
  const cell = document.querySelector(".prove .cell");
  const listing = cell.querySelector("pre");
  const control = document.querySelector("button.live-control");

  const said = document.createElement("p");
  said.className = "live-note";
  said.role = "status";

  const text = () => cell.live?.text ?? listing.textContent.trimEnd();
  const fill = (code, sentence) => {
    if (cell.live) cell.live.begin(code);
    else listing.textContent = `${code}\n`;
    said.textContent = sentence;
    cell.scrollIntoView({ block: "center" });
  };

  const bytes = async (stream) => new Uint8Array(await new Response(stream).arrayBuffer());
  const through = (content, change) => bytes(new Blob([content]).stream().pipeThrough(change));

  const packed = async (code) => {
    const small = await through(code, new CompressionStream("deflate-raw"));
    return btoa(String.fromCharCode(...small)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  };

  const unpacked = async (word) => {
    const small = Uint8Array.from(atob(word.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(await through(small, new DecompressionStream("deflate-raw")));
  };

  const WORDS = { theorem: "The theorem", false: "The false twin of", refuted: "The mistake" };

  let statements = null;
  const read = async () => {
    const [kind, name] = location.hash.slice(1).split("=");
    if (kind === "code") {
      try {
        fill(await unpacked(name), "This text came with the address. Read it before you run it.");
      } catch {
        said.textContent = "The address holds a text that cannot be read; perhaps it was cut.";
      }
    } else if (kind in WORDS) {
      try {
        statements ??= await (await fetch(new URL("statements.json", new URL(control.dataset.parts, document.baseURI)))).json();
      } catch {
        said.textContent = "The statements of the book could not be loaded; the book must be read from a server.";
        return;
      }
      const code = statements[kind][name];
      if (code) fill(code, `${WORDS[kind]} ${name}. Change it, and run it.`);
      else said.textContent = `The book has no statement named ${name}.`;
    }
  };

  if (control) {
    const share = document.createElement("button");
    share.type = "button";
    share.textContent = "Put it in the address";
    share.title = "Makes a link to what is in the editor, to be shared";
    share.addEventListener("click", async () => {
      history.replaceState(null, "", `#code=${await packed(text())}`);
      said.textContent = "The address of this page now holds the text.";
      try {
        await navigator.clipboard.writeText(location.href);
        said.textContent += " It was copied.";
      } catch {
        // It is in the address bar all the same.
      }
    });
    const start = document.createElement("button");
    start.type = "button";
    start.textContent = "Edit and prove";
    start.addEventListener("click", () => {
      start.hidden = true;
      control.click();
    });
    const tools = document.createElement("div");
    tools.className = "live-tools";
    tools.append(start, share);
    cell.after(tools, said);
    control.addEventListener("click", () => (start.hidden = true));
    addEventListener("hashchange", read);
    read();
  }
}
