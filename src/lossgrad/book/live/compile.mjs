// Compiles an archive of Python modules by the Python that will import them: compile.mjs PYODIDE SOURCES RESULT [with source]
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, sources, result, withSource] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: `${pyodide}/`, env: { PYTHONHASHSEED: "0" } });
python.FS.writeFile("/sources.zip", readFileSync(sources));
python.FS.writeFile("/compiling.py", readFileSync(new URL("compiling.py", import.meta.url)));
python.runPython(`import sys; sys.path.insert(0, "/")`);
python.pyimport("compiling").archive("/sources.zip", "/result.zip", Boolean(withSource));
writeFileSync(result, python.FS.readFile("/result.zip"));
