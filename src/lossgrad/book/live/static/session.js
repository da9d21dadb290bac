// The one Python of a page: cells are run in the order in which they are asked for, and can be stopped.

export class Session {
  #worker = null;
  #ready = null;
  #queue = [];
  #running = null;
  #count = 0;
  #told = new Set();

  // How many times Python was started: what was defined in an earlier life is gone.
  life = 0;

  // `tell` hears { progress }, { ready } or { failed }.
  listen(tell) {
    this.#told.add(tell);
  }

  #tell(news) {
    for (const tell of this.#told) tell(news);
  }

  // Start Python, if it is not started; resolves when it can run a cell.
  start() {
    this.#ready ??= new Promise((resolve, reject) => {
      this.life += 1;
      this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
      this.#worker.addEventListener("message", ({ data }) => {
        if (data.ready) resolve();
        if (data.failed && data.id === undefined) reject(new Error(data.failed));
        if (data.id === undefined) this.#tell(data);
        else this.#heard(data);
      });
      this.#worker.addEventListener("error", (event) => {
        const failed = event.message || "this browser starts no module workers, or a file of the site is missing";
        this.#tell({ failed });
        reject(new Error(failed));
        this.#end("lost", failed);
      });
    });
    this.#ready.catch(() => {});
    return this.#ready;
  }

  // Run a cell; `on` hears { kind, text } for what it shows, `answered` is the rule by which its answer is judged.
  // Resolves to { how, why }:
  // "ended", "raised", "stopped" when the reader did, "lost" when Python is no more.
  run(source, name, on, onStart, answered) {
    return new Promise((resolve) => {
      this.#queue.push({ id: ++this.#count, source, name, on, onStart, answered, resolve });
      this.#next();
    });
  }

  get isBusy() {
    return Boolean(this.#running);
  }

  async #next() {
    if (this.#running || !this.#queue.length) return;
    const asked = (this.#running = this.#queue.shift());
    try {
      await this.start();
    } catch (error) {
      this.#end("lost", error.message);
      return;
    }
    if (this.#running !== asked) return;
    asked.onStart?.();
    const { id, source, name, answered } = asked;
    this.#worker.postMessage({ id, source, name, answered });
  }

  #heard({ id, kind, text, ended, failed }) {
    if (id !== this.#running?.id) return;
    if (kind) this.#running.on({ kind, text });
    else if (failed) this.#end("lost", failed);
    else this.#done({ how: ended ? "ended" : "raised" });
  }

  #done(result) {
    const asked = this.#running;
    this.#running = null;
    asked?.resolve(result);
    if (result.how === "ended") this.#next();
    else for (const waiting of this.#queue.splice(0)) waiting.resolve({ how: "skipped" });
  }

  #end(how, why) {
    this.#worker?.terminate();
    this.#worker = this.#ready = null;
    this.#done({ how, why });
  }

  // End whatever runs, and Python with it; a new one is started at once.
  stop() {
    this.#end("stopped");
    this.start();
  }
}
