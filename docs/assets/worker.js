// Python in a thread of its own. It loads at the first message, even an empty one, says how far it is, and answers each
// {id, call, given} with what the generator `call` of docs/browser yields: {id, value} for each value, then {id, done}; or {id, error}.
const live = new URL("../live/", location)
const packages = "/lib/python3.11/site-packages"
const network = ["fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "WebTransport", "EventSource", "Worker",
  "importScripts", "indexedDB", "caches", "BroadcastChannel"]

const closed = `import sys
for name in ("js", "pyodide_js"):
    sys.modules.pop(name, None)
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "JsFinder"]`

async function load() {
  const archives = ["numpy.zip", "twolayer.zip"].map(async name => (await fetch(new URL(name, live))).arrayBuffer())
  const loaded = (share, what) => postMessage({ share, what })
  loaded(0.05, "Loading Python")
  importScripts(new URL("pyodide.js", live))
  const python = await loadPyodide({ indexURL: live.href })
  loaded(0.6, "Loading NumPy")
  for (const archive of archives) python.unpackArchive(await archive, "zip", { extractDir: packages })
  // What runs here from now on can reach nothing outside: neither a host nor what this site has stored.
  for (const name of network) Object.defineProperty(self, name, { value: undefined })
  python.runPython(closed)
  python.pyimport("numpy")
  loaded(0.85, "Loading twolayer")
  python.pyimport("browser")
  loaded(1, "")
  return python
}

let loading
onmessage = async ({ data: { id, call, given } }) => {
  try {
    const python = await (loading ??= load())
    if (!call) return
    const [module, name] = call.split(".")
    const f = python.pyimport(`browser.${module}`)[name]
    for (const value of f(...given.map(one => python.toPy(one)))) {
      postMessage({ id, value: value.toJs({ dict_converter: Object.fromEntries }) })
      value.destroy()
    }
    postMessage({ id, done: true })
  } catch (error) {
    postMessage({ id, error: error.message.trim().split("\n").at(-1) })
  }
}
