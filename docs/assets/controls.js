// What everything live on a page has: a button that runs, one that stops, a bar while Python loads, a place for results.
import { python, stop } from "./live.js"

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

// `ask()` gives [call, ...arguments]; `show(value)` makes an element of each value that comes.
export function controls(label, more, ask, show) {
  const start = make("button", { textContent: label, type: "button" })
  const end = make("button", { textContent: "Stop", type: "button", disabled: true, onclick: () => stop() })
  const loading = progress()
  const said = make("div", { className: "live__said" })
  said.setAttribute("role", "status")
  const run = async () => {
    if (start.disabled) return
    start.disabled = true
    end.disabled = false
    said.replaceChildren()
    try {
      const [call, ...given] = await ask()
      await python(call, given, value => said.append(show(value)), loading.progress)
    } catch (error) {
      said.append(make("p", { textContent: error.message }))
    }
    start.disabled = false
    end.disabled = true
  }
  start.onclick = run
  return { bar: make("p", { className: "live__bar" }, start, more, end, loading), said, run }
}

// The bar, shown while Python loads.
export function progress() {
  const bar = make("progress", { hidden: true, max: 1 })
  bar.setAttribute("aria-label", "Loading Python")
  bar.progress = share => Object.assign(bar, { hidden: share === 1, value: share })
  return bar
}
