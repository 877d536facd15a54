// "Is mine right?": a program is pasted, chosen or dropped, and the report of `twolayer check` on it shown.
import { controls, make } from "./controls.js"

export function open(place) {
  let name = "my_code.py"
  const text = make("textarea", { className: "live__paste", rows: 12, spellcheck: false, placeholder: "Paste your program here, or drop its file" })
  text.setAttribute("aria-label", "Your program")
  const file = make("input", { type: "file", accept: ".py,.ipynb" })
  const read = async chosen => {
    if (!chosen) return
    name = chosen.name
    text.value = await chosen.text()
  }
  file.onchange = () => read(file.files[0])
  text.oninput = () => { if (!text.value.trimStart().startsWith("{")) name = "my_code.py" } // typed, so not the notebook
  text.ondragover = event => event.preventDefault()
  text.ondrop = event => {
    const [dropped] = event.dataTransfer.files
    if (dropped) event.preventDefault()
    read(dropped)
  }
  const label = make("label", {}, "or choose a file: ", file)
  const ask = () => {
    if (!text.value.trim()) throw new Error("There is no program yet: paste it above, or choose its file.")
    return ["report.check", name, text.value]
  }
  const { bar, said } = controls("Check", label, ask, ({ report, verdict }) => {
    const shown = make("pre", { className: `live__report live__${verdict === "right" ? "ok" : verdict}` }, make("code", { textContent: report }))
    shown.firstChild.tabIndex = 0
    return shown
  })
  place.className = "live"
  place.hidden = false
  place.append(text, bar, said)
}
