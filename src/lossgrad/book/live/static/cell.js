// A cell of a page becomes an editor with a few buttons; its output appears where the built page has it.
import { editor } from "./editor.js";
import { button, note, Output } from "./output.js";

// What ends a run early, in words, with what can be done about it.
const ENDED = {
  stopped: "Stopped. Python was started anew, so what the cells had defined is gone.",
  lost: "Python has ended, and what the cells had defined is gone",
};

let made = 0;

export class Cell {
  #page;
  #edited;
  #tools;
  #said;
  #stop;
  #reset;
  #clock;

  // `element` is the cell on the page, `page` knows the cells before it and the session they share.
  constructor(element, page) {
    this.#page = page;
    this.element = element;
    element.live = this; // for scripts of the page
    this.number = ++made;
    this.life = 0; // that of the session in which it ended last
    const input = element.querySelector(".cell_input");
    this.source = input.querySelector("pre").textContent.replace(/\n$/, "");
    this.output = element.querySelector(".cell_output") ?? element.appendChild(output());
    this.#build(input);
    this.#keep();
  }

  // What a reader wrote outlives a reload where the page names a place for it; it is sent to nobody.
  #keep() {
    const { kept } = this.element.dataset;
    if (!kept) return;
    const place = `lossgrad ${kept}`;
    try {
      const before = localStorage.getItem(place);
      if (before !== null) this.text = before;
      this.onChange = (text) => localStorage.setItem(place, text);
    } catch {
      this.#tools.after(note("This browser keeps nothing for this page, so an answer is gone after a reload."));
    }
  }

  // Whether it is no part of the page's run.
  get isApart() {
    return this.element.classList.contains("apart");
  }

  get text() {
    return this.#edited.text;
  }

  set text(text) {
    this.#edited.text = text;
  }

  #build(input) {
    const frame = document.createElement("div");
    frame.className = "live-editor highlight";
    input.replaceChildren(frame);
    this.#edited = editor(frame, {
      text: this.source,
      label: `Python, cell ${this.number}`,
      told: "live-keys",
      onRun: () => this.run(),
      onChange: (text) => {
        this.#reset.hidden = text === this.source;
        this.onChange?.(text);
      },
    });
    this.#said = document.createElement("span");
    this.#said.role = "status";
    this.#stop = button("Stop", () => this.#page.session.stop(), "End this run, and Python with it");
    this.#reset = button("Reset", () => this.reset(), "Put the cell back as the page had it");
    this.#stop.hidden = this.#reset.hidden = true;
    this.#tools = document.createElement("div");
    this.#tools.className = "live-tools";
    const above = button("Run all above", () => this.#page.runAbove(this), "Run the cells before this one, in their order");
    above.hidden = this.#page.isFirst(this);
    this.#tools.append(button("Run", () => this.run(), "Shift+Enter"), above, this.#stop, this.#reset, this.#said);
    (input.closest("details") ?? input).after(this.#tools);
  }

  // Begin anew with another text.
  begin(text) {
    this.source = text;
    this.text = text;
    this.#reset.hidden = true;
  }

  reset() {
    this.text = this.source;
    this.#said.textContent = "As the page had it; run it to see its output again.";
  }

  // Run it; resolves to how it ended.
  async run() {
    this.output.closest("details")?.setAttribute("open", "");
    this.#tell("waiting");
    const { session } = this.#page;
    const shown = new Output(this.output);
    let isUnknown = false; // a name
    const { how, why } = await session.run(
      this.text,
      `cell ${this.number}`,
      (piece) => {
        isUnknown ||= piece.kind === "error" && piece.text.includes("NameError");
        shown.show(piece);
      },
      () => this.#started(),
      this.element.dataset.answered ?? "",
    );
    this.#finished(how, why, isUnknown);
    await shown.settled;
    return how;
  }

  #started() {
    const start = Date.now();
    this.#stop.hidden = false;
    this.#tell("running");
    this.#clock = setInterval(() => this.#tell(`running for ${Math.round((Date.now() - start) / 1000)} s`), 1000);
  }

  #finished(how, why, isUnknown) {
    const { session } = this.#page;
    clearInterval(this.#clock);
    this.#stop.hidden = true;
    this.#tell({ ended: "", raised: "failed", skipped: "not run, for a cell before it did not end" }[how] ?? how);
    if (how === "ended") this.life = session.life;
    const again = this.#page.isFirst(this) ? {} : { "Run all above": () => this.#page.runAbove(this) };
    if (ENDED[how]) this.output.append(note(ENDED[how] + (why ? `: ${why}.` : ""), again));
    else if (isUnknown && this.#page.hasAboveNotRun(this)) {
      this.output.append(note("The cells above it may define that name, and not all of them have been run.", again));
    }
  }

  #tell(how) {
    this.#said.textContent = how;
    this.element.dataset.live = how.split(" ")[0] || "ended";
  }
}

function output() {
  const made = document.createElement("div");
  made.className = "cell_output docutils container";
  return made;
}
