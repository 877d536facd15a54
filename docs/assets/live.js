// Live code: the functions of the pages can be edited and run, by Python in a worker. Nothing is loaded before a click.
let worker, last = 0
const calls = new Map()

// Values of a generator in docs/browser, one by one, as `each(value)`; the promise ends with the last.
export function python(call, given, each, progress) {
  worker ??= start()
  return new Promise((resolve, reject) => {
    calls.set(++last, { each, resolve, reject, progress })
    worker.postMessage({ id: last, call, given })
  })
}

function start() {
  const made = new Worker(new URL("worker.js", import.meta.url))
  made.onmessage = ({ data: { id, value, done, error, share, what } }) => {
    if (share) return calls.forEach(call => call.progress?.(share, what))
    const call = calls.get(id)
    if (value) return call.each(value)
    calls.delete(id)
    done ? call.resolve() : call.reject(new Error(error))
  }
  made.onerror = () => end("Python could not be loaded. Reload the page to try again.")
  return made
}

function end(why) {
  worker?.terminate()
  worker = undefined
  for (const { reject } of calls.values()) reject(new Error(why))
  calls.clear()
}

// End what runs, even a loop without an end, and have Python ready for the next run.
export function stop() {
  end("Stopped.")
  worker = start()
  worker.postMessage({})
}

// The button of a code block, in the line with its file; the editor comes with the first click.
function offer(block) {
  const name = block.querySelector("code").textContent.match(/(?<=^def )\w+/gm)?.at(-1)
  const file = block.querySelector(".filename")
  const module = file?.textContent.match(/\w+(?=\.py)/)[0]
  if (!name || !module || block.querySelector(".live__edit")) return
  const button = document.createElement("button")
  Object.assign(button, { type: "button", className: "live__edit", textContent: "Edit and run" })
  button.setAttribute("aria-label", `Edit and run ${name}`)
  button.onclick = async () => (await import("./editor.js")).open(block, module, name)
  file.append(button)
}

const parts = { "#check-here": "check.js", "#playground": "playground.js", "#step-through": "by_hand.js", ".explore": "explore.js" }

document$.subscribe(() => {
  document.querySelectorAll(".copyable").forEach(offer)
  for (const [selector, script] of Object.entries(parts)) {
    const places = document.querySelectorAll(selector)
    if (places.length) import(`./${script}`).then(module => places.forEach(module.open))
  }
})
