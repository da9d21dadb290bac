// Python in a worker: it loads what the site serves, then runs cells one after another and says what they show.
import { PYTHON, SIZES } from "./parts.js";

const here = new URL("./", import.meta.url);
const there = new URL(PYTHON, here);
const MOST = 2 ** 30; // bytes of memory that Python may have

// Python is refused more memory before the browser ends the page.
const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65536 > MOST) throw new RangeError(`more than ${MOST} bytes`);
  return grow.call(this, pages);
};

let loaded = 0;
const all = Object.values(SIZES).reduce((sum, size) => sum + size);
let isReady = false;
const tellProgress = (what) => isReady || postMessage({ progress: { what, loaded, all } });
const arrived = (name, bytes = SIZES[name]) => {
  loaded += bytes;
  tellProgress("Loading Python and SymPy");
};

// A file that is read piece by piece, so that progress can be told.
async function fetched(name, folder) {
  const response = await fetch(new URL(name, folder));
  if (!response.ok) throw new Error(`${name} cannot be loaded (${response.status})`);
  const content = new Uint8Array(SIZES[name]);
  let place = 0;
  for await (const piece of pieces(response.body)) {
    content.set(piece, place);
    place += piece.length;
    arrived(name, piece.length);
  }
  return content;
}

async function* pieces(stream) {
  const reader = stream.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
}

const watched = new Set(["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"]);
new PerformanceObserver((list) => {
  for (const { name } of list.getEntries()) {
    const file = name.split("/").pop();
    if (watched.delete(file)) arrived(file);
  }
}).observe({ type: "resource", buffered: true });

async function start() {
  tellProgress("Loading Python and SymPy");
  const archives = [fetched("sympy.zip", there), fetched("lossgrad.zip", here)];
  const { loadPyodide } = await import(new URL("pyodide.mjs", there));
  const python = await loadPyodide({ indexURL: there.href, env: { HOME: "/home", PYTHONHASHSEED: "0" } });
  python.setStdin({ error: true });
  const [sympy, lossgrad] = await Promise.all(archives);
  python.FS.writeFile("/sympy.zip", sympy, { canOwn: true });
  python.FS.writeFile("/lossgrad.zip", lossgrad, { canOwn: true });
  tellProgress("Starting SymPy");
  python.runPython("import sys; sys.path[:0] = ['/lossgrad.zip', '/sympy.zip']");
  return python.pyimport("session");
}

const session = start();
session.then(
  () => {
    isReady = true;
    postMessage({ ready: true });
  },
  (error) => postMessage({ failed: String(error.message ?? error) }),
);

addEventListener("message", async ({ data: { id, source, name, answered } }) => {
  try {
    const python = await session;
    const ended = await python.run(source, name, (kind, text) => postMessage({ id, kind, text }), answered);
    postMessage({ id, ended });
  } catch (error) {
    postMessage({ id, failed: String(error.message ?? error) });
  }
});
