// The example by hand, one line at a time: the numbers of a form, the circuit that Python draws of them.
import { make, progress } from "./controls.js"
import { python } from "./live.js"

const NAMES = ["W1", "b1", "W2", "b2"]

export function open(place) {
  let lines = 0, seen
  const button = (text, onclick) => make("button", { type: "button", textContent: text, onclick })
  const buttons = [button("Start", () => to(lines + 1)), button("Back", () => to(lines - 1)), button("All lines", () => to(seen.lines)),
    button("Take the step", () => to(lines, seen.moved)), button("Reset", () => to(0, null))]
  const [next, ...others] = buttons
  const form = make("form", { className: "hand__form", onsubmit: event => event.preventDefault() })
  const drawing = make("div", { className: "hand__drawing" }), bar = progress()
  const said = make("p", { className: "hand__said" })
  said.setAttribute("role", "status")
  others.forEach(other => { other.disabled = true })

  // Show so many lines, of these parameters: those of the form if none are given, those of the page for null.
  async function to(count, params) {
    const given = { lines: count, lr: 1 }
    if (seen && params !== null) {
      const numbers = name => [...form.querySelectorAll(`[name=${name}]`)].map(input => Number(input.value))
      Object.assign(given, { params: params?.map(array => [...array]) ?? NAMES.map(numbers), y: numbers("y"), lr: numbers("lr")[0] })
    }
    try {
      await python("by_hand.show", [given], value => draw(value, count, params !== undefined || !seen), bar.progress)
    } catch (error) {
      said.textContent = error.message
    }
  }
  function draw(value, count, fill) {
    const rate = form.lr?.value ?? 1
    ;[seen, lines] = [value, count]
    if (fill) form.replaceChildren(...fields(value, rate))
    drawing.innerHTML = value.drawing.join("")
    said.textContent = `${value.said}${count >= 4 ? `. Loss ${value.loss.toFixed(4)}.` : ""}`
    next.textContent = "Next line"
    buttons.forEach(one => { one.disabled = false })
    next.disabled = count >= value.lines
    others[0].disabled = count === 0
    others[2].disabled = count < value.lines
  }
  form.oninput = () => form.reportValidity() && to(lines)
  const figure = make("div", { className: "drawing" }, drawing)
  place.append(form, make("p", { className: "live__bar" }, ...buttons, bar), figure, said)
  place.classList.add("live")
  place.hidden = false
}

function fields({ params, y }, rate) {
  const group = (name, values, columns, label = name) => make("fieldset", {}, make("legend", { textContent: label }),
    ...Array.from(values, (value, i) => {
      const input = make("input", { name, type: "number", step: "any", required: true, value: +value.toFixed(6) })
      input.setAttribute("aria-label", `${label}, ${columns > 1 ? `row ${Math.floor(i / columns) + 1}, column ${i % columns + 1}` : i + 1}`)
      return input
    }))
  const made = params.map((values, i) => group(NAMES[i], values, i ? 1 : 3))
  made[0].classList.add("hand__matrix")
  return [...made, group("y", y, 1), group("lr", [Number(rate)], 1, "learning rate")]
}
