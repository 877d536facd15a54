// Run by Node when the site is built: node compile.mjs FOLDER ARCHIVE...
// The Python of the browser compiles the modules in these archives of its folder, so that no reader's browser has to.
import { readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"

const [folder, ...archives] = process.argv.slice(2)
const { loadPyodide } = await import(pathToFileURL(resolve(folder, "pyodide.mjs")))
const python = await loadPyodide({ indexURL: resolve(folder) })
const compiled = python.runPython(`
from importlib._bootstrap_external import _code_to_hash_pyc
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

def compiled(content):
    made = BytesIO()
    with ZipFile(BytesIO(content.to_py())) as archive, ZipFile(made, "w") as target:
        for name in archive.namelist():
            data = archive.read(name)
            if name.endswith(".py"):
                data = _code_to_hash_pyc(compile(data, name, "exec", dont_inherit=True), bytes(8), False)
                name += "c"
            target.writestr(ZipInfo(name), data, ZIP_DEFLATED)
    return made.getvalue()

compiled`)
for (const path of archives.map(name => join(folder, name)))
  writeFileSync(path, compiled(new Uint8Array(readFileSync(path))).toJs())
