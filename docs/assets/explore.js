// A picture that changes with one number: a slider, what Python draws for its value, and what it says.
import { make, progress } from "./controls.js"
import { python } from "./live.js"

export function open(place) {
  const { call, label, min, max, step, value } = place.dataset
  const slider = make("input", { type: "range", min, max, step, value })
  const drawing = make("div"), said = make("p", { className: "hand__said" }), bar = progress()
  said.setAttribute("role", "status")
  let busy = false, wanted = false
  const show = async () => {
    if (busy) return wanted = true
    busy = true
    try {
      await python(`explore.${call}`, [Number(slider.value)], value => {
        drawing.innerHTML = value.drawing
        said.textContent = value.said
      }, bar.progress)
    } catch (error) {
      said.textContent = error.message
    }
    busy = false
    if (wanted) {
      wanted = false
      show()
    }
  }
  slider.oninput = show
  place.classList.add("live")
  place.append(make("label", { className: "live__bar" }, `${label} `, slider, bar), make("div", { className: "drawing hand__drawing" }, drawing), said)
  place.hidden = false
}
