// A code block becomes an editor: a text field over its colored text, and below it what the check of the function says.
import { make, python, stop } from "./live.js"

const TOKENS = /(?<c1>#.*)|(?<s>"""[^]*?(?:"""|$)|"[^"\n]*"?|'[^'\n]*'?)|(?<nf>(?<=\bdef )\w+)|(?<mf>\b\d[\w.]*)|(?<k>\b(?:and|as|assert|break|class|continue|def|del|elif|else|except|False|finally|for|from|global|if|import|in|is|lambda|None|nonlocal|not|or|pass|raise|return|True|try|while|with|yield)\b)/g
const MARKS = { ok: "✓", wrong: "✗", note: "·", unknown: "?" }

export function open(block, module, name) {
  const pre = block.querySelector("pre")
  const source = pre.textContent.replace(/\n+$/, "\n")
  const shown = make("code")
  const field = make("textarea", { value: source, spellcheck: false, autocapitalize: "off", autocomplete: "off", wrap: "off" })
  field.setAttribute("aria-label", `Code of ${name}. Tab indents; Escape, then Tab leaves the editor.`)
  const editor = make("div", { className: "live__editor" }, make("pre", { ariaHidden: "true" }, shown), field)
  const said = make("div", { className: "live__said", role: "status" })
  const buttons = {
    run: make("button", { textContent: "Run", type: "button", title: "Ctrl+Enter" }),
    reset: make("button", { textContent: "Reset", type: "button" }),
    stop: make("button", { textContent: "Stop", type: "button", disabled: true }),
  }
  const bar = make("progress", { hidden: true })
  bar.setAttribute("aria-label", "Loading Python")
  const live = make("div", { className: "live" }, editor, make("p", { className: "live__bar" }, ...Object.values(buttons), bar), said)
  block.querySelector(".live__edit").remove()
  pre.replaceWith(live)

  const paint = (wrong = 0) => shown.replaceChildren(...colored(field.value, wrong))
  const run = async () => {
    if (buttons.run.disabled) return
    buttons.run.disabled = !(buttons.stop.disabled = false)
    said.replaceChildren()
    paint()
    try {
      await python("functions.run", [module, name, field.value], one => {
        bar.hidden = true
        said.append(result(one))
        if (one.line) paint(one.line)
      }, share => Object.assign(bar, { hidden: share === 1, value: share }))
    } catch (error) {
      said.append(result({ level: "unknown", text: error.message }))
    }
    bar.hidden = buttons.stop.disabled = !(buttons.run.disabled = false)
  }
  buttons.run.onclick = run
  buttons.stop.onclick = () => stop()
  buttons.reset.onclick = () => {
    field.value = source
    said.replaceChildren()
    paint()
    field.focus()
  }
  field.oninput = () => paint()
  keys(field, run)
  paint()
  field.focus({ preventScroll: true })
  run()
}

// One result, and where its equation is derived: on this page or another, by the badge that leads to its tests.
function result({ level, text, more, equation }) {
  const line = make("p", { className: `live__${level}`, textContent: `${MARKS[level]} ${text}` })
  if (more) line.append(make("small", { textContent: more }))
  const anchor = equation && document.getElementById(`eq-${equation}`)
  if (anchor) line.append(make("a", { href: `#eq-${equation}`, textContent: `Equation ${equation}` }))
  return line
}

// The lines of the text, its tokens in the colors of the site, the wrong one marked.
function colored(text, wrong) {
  const lines = [make("span")]
  let end = 0
  const put = (piece, className) => piece.split("\n").forEach((words, i) => {
    if (i) lines.push(make("span"))
    if (words) lines.at(-1).append(className ? make("span", { className, textContent: words }) : words)
  })
  for (const match of text.matchAll(TOKENS)) {
    put(text.slice(end, match.index))
    put(match[0], Object.keys(match.groups).find(name => match.groups[name] !== undefined))
    end = match.index + match[0].length
  }
  put(text.slice(end))
  if (wrong && lines[wrong - 1]) lines[wrong - 1].className = "live__line"
  return lines.flatMap(line => [line, "\n"])
}

// Tab indents, Enter keeps the indentation, Ctrl+Enter runs; Escape gives Tab back to the browser.
export function keys(field, run) {
  let leave = false
  const insert = text => document.execCommand("insertText", false, text) // what Ctrl+Z can undo
  field.onkeydown = event => {
    const before = field.value.slice(0, field.selectionStart)
    const type = text => {
      event.preventDefault()
      insert(text)
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      run()
    } else if (event.key === "Tab" && !event.shiftKey && !leave) type("    ")
    else if (event.key === "Enter") type("\n" + before.match(/[^\n]*$/)[0].match(/^ */)[0] + (before.endsWith(":") ? "    " : ""))
    leave = event.key === "Escape" || (leave && event.key === "Shift")
  }
}
