// A code block becomes an editor: a text field over its colored text, and below it what the check of the function says.
import { controls, make } from "./controls.js"

const TOKENS = /(?<c1>#.*)|(?<s>"""[^]*?(?:"""|$)|"[^"\n]*"?|'[^'\n]*'?)|(?<nf>(?<=\bdef )\w+)|(?<mf>\b\d[\w.]*)|(?<k>\b(?:and|as|assert|break|class|continue|def|del|elif|else|except|False|finally|for|from|global|if|import|in|is|lambda|None|nonlocal|not|or|pass|raise|return|True|try|while|with|yield)\b)/g
const MARKS = { ok: "✓", wrong: "✗", note: "·", unknown: "?" }

export function open(block, module, name) {
  const pre = block.querySelector("pre")
  const source = pre.textContent.replace(/\n+$/, "\n")
  const shown = make("code")
  const field = make("textarea", { value: source, spellcheck: false, autocapitalize: "off", autocomplete: "off", wrap: "off" })
  field.setAttribute("aria-label", `Code of ${name}. Tab indents; Escape, then Tab leaves the editor.`)
  const editor = make("div", { className: "live__editor" }, make("pre", { ariaHidden: "true" }, shown), field)
  const paint = (wrong = 0) => shown.replaceChildren(...colored(field.value, wrong))
  const reset = make("button", { textContent: "Reset", type: "button" })
  const { bar, said, run } = controls("Run", reset, () => ["functions.run", module, name, field.value], one => {
    if (one.line) paint(one.line)
    return result(one)
  })
  reset.onclick = () => {
    field.value = source
    said.replaceChildren()
    paint()
    field.focus()
  }
  block.querySelector(".live__edit").remove()
  pre.replaceWith(make("div", { className: "live" }, editor, bar, said))
  field.oninput = () => paint()
  keys(field, () => {
    paint()
    run()
  })
  paint()
  field.focus({ preventScroll: true })
  run()
}

// One result, with a link to its equation where that is on the page.
function result({ level, text, more, equation }) {
  const line = make("p", { className: `live__${level}`, textContent: `${MARKS[level]} ${text}` })
  if (more) line.append(make("small", { textContent: more }))
  if (equation && document.getElementById(`eq-${equation}`)) {
    line.append(make("a", { href: `#eq-${equation}`, textContent: `Equation ${equation}` }))
  }
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
  if (lines[wrong - 1]) lines[wrong - 1].className = "live__line"
  return lines.flatMap(line => [line, "\n"])
}

// Tab indents, Enter keeps the indentation, Ctrl+Enter runs; Escape gives the next Tab back to the browser.
function keys(field, run) {
  let leave = false
  field.onkeydown = event => {
    const line = field.value.slice(0, field.selectionStart).match(/[^\n]*$/)[0]
    const act = {
      Tab: event.shiftKey || leave ? undefined : () => type("    "),
      Enter: event.ctrlKey || event.metaKey ? run : () => type("\n" + line.match(/^ */)[0] + (line.endsWith(":") ? "    " : "")),
    }[event.key]
    leave = event.key === "Escape" || (leave && event.key === "Shift")
    if (!act) return
    event.preventDefault()
    act()
  }
}
const type = text => document.execCommand("insertText", false, text) // what Ctrl+Z can undo
