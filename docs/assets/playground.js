// The playground: settings in a form and in the address; Python trains in the worker; this draws what it sends.
import { make, progress } from "./controls.js"
import { python } from "./live.js"

const CHOICES = {
  data: ["circles", "moons", "spirals", "xor", "own"],
  activation: ["relu", "tanh", "leaky_relu", "elu", "gelu", "softplus", "silu"],
  optimizer: ["gd", "momentum", "nesterov", "adam"],
}
const NUMBERS = { // name: [label, start, least, most, step]
  n: ["samples", 500, 20, 2000, 10], noise: ["noise", 0.1, 0, 0.5, 0.05], hidden: ["hidden units", 16, 1, 64, 1],
  lr: ["learning rate", 0.3, 0.0001, 10, "any"], batch: ["batch size (0: all)", 0, 0, 2000, 1], l2: ["L2", 0, 0, 1, "any"],
  dropout: ["dropout", 0, 0, 0.9, 0.1], seed: ["seed", 0, 0, 9999, 1], speed: ["epochs a frame", 1, 1, 100, 1],
}
const LABELS = { data: "data", activation: "activation", optimizer: "optimizer", own: "own points", xor: "XOR", gd: "gradient descent" }
const SIDE = 48, REACH = 1.6, SIZE = 480

export function open(place) {
  const form = make("form", { className: "play__form" }, ...fields(new URLSearchParams(location.search)))
  const plane = canvas(SIZE, SIZE), curve = canvas(SIZE, 160)
  const button = (text, onclick) => make("button", { type: "button", textContent: text, onclick })
  const buttons = [button("Start", toggle), button("One epoch", () => pause(advance(1))), button("Rewind", () => pause(rewind())),
    button("Show as Python", () => pause(showPython()))]
  const bar = progress(), numbers = make("p", { className: "play__numbers" }), said = make("p", { className: "live__wrong" })
  const weights = make("tbody"), program = make("code", { tabIndex: 0 })
  const table = make("table", { tabIndex: 0 }, make("thead", {}, row("th", ["unit", "W1, across", "W1, up", "b1", "W2"])), weights)
  said.setAttribute("role", "alert")
  const listing = make("pre", { hidden: true }, program)
  const left = make("div", {}, plane, curve, numbers)
  const right = make("div", {}, make("p", { className: "live__bar" }, ...buttons, bar), form, said)
  place.replaceChildren(make("div", { className: "play" }, left, right),
    make("details", { className: "quote" }, make("summary", { textContent: "Weights" }), table), listing)
  place.className = "live"

  let data, frame, losses, running = false, busy = Promise.resolve()

  // One call at a time, in order; what goes wrong is said.
  const ask = (call, ...given) => busy = busy.then(() => python(`playground.${call}`, given, value => show(value), bar.progress))
    .catch(error => {
      running = false
      said.textContent = error.message
      label()
    })
  function rewind() {
    said.textContent = ""
    losses = []
    listing.hidden = true
    const entries = settings(form)
    const address = new URLSearchParams(Object.entries(entries).map(([name, value]) => [name, Array.isArray(value) ? value.join(" ") : value]))
    history.replaceState(null, "", `?${address}${location.hash}`)
    data = undefined
    return ask("start", entries)
  }
  function advance(epochs) {
    return data ? ask("advance", epochs) : rewind().then(() => data && ask("advance", epochs))
  }
  function pause(promise) {
    running = false
    label()
    return promise
  }
  const label = () => buttons[0].textContent = running ? "Pause" : "Start"
  async function toggle() {
    running = !running
    label()
    const epochs = () => advance(Number(form.speed.value) || 1)
    for (let count = 0, since, next = running && epochs(); running; count++) {
      await next
      if (running) next = epochs() // in the worker, while the last ones are drawn
      await new Promise(requestAnimationFrame)
      if (count % 30) continue
      if (count) place.dataset.fps = (30_000 / (performance.now() - since)).toFixed(1)
      since = performance.now()
    }
  }
  async function showPython() {
    if (!data) await rewind()
    await ask("as_python")
  }
  function show(value) {
    if (value.text) {
      program.textContent = value.text
      listing.hidden = false
      return
    }
    if (value.X) data = value
    if (!data) return // of a training that has been left
    frame = value
    losses.push([value.epoch, value.loss, value.test])
    if (losses.length > 1000) losses = losses.filter((_, i) => i % 2 === 0 || i === losses.length - 1)
    if (value.stopped !== "epochs") {
      said.textContent = "The loss became infinite: lower the learning rate, and rewind."
      running = false
      label()
    }
    requestAnimationFrame(draw)
  }
  function draw() {
    if (!data) return
    const colors = palette()
    drawPlane(plane, frame, data, colors)
    drawCurve(curve, losses, colors)
    const [dW1, db1, dW2, db2] = frame.norms.map(norm => norm.toPrecision(2))
    numbers.textContent = `Epoch ${frame.epoch}. Loss: training ${frame.loss.toFixed(4)} (line), test ${frame.test.toFixed(4)} (dashes). `
      + `Gradient norms: dW1 ${dW1}, db1 ${db1}, dW2 ${dW2}, db2 ${db2}. ${place.dataset.fps ? `${Math.round(place.dataset.fps)} frames a second, ` : ""}`
      + `${frame.milliseconds.toFixed(1)} ms an epoch.`
    Object.assign(place.dataset, { epoch: frame.epoch, loss: frame.loss, test: frame.test, ms: frame.milliseconds })
    const [W1, b1, W2] = frame.params, h = b1.length
    if (table.parentElement.open) {
      weights.replaceChildren(...Array.from(b1, (b, q) => row("td", [q + 1, ...[W1[q], W1[h + q], b, W2[q]].map(w => w.toFixed(3))])))
    }
    plane.setAttribute("aria-label", `The plane after ${frame.epoch} epochs: the answer of the network as color, the samples, `
      + `and the line of each of ${h} hidden units. Training loss ${frame.loss.toFixed(3)}.`)
  }
  form.oninput = event => {
    if (event.target !== form.speed && form.reportValidity()) pause(rewind())
  }
  form.onsubmit = event => event.preventDefault()
  table.parentElement.ontoggle = draw
  plane.onclick = event => {
    const box = plane.getBoundingClientRect()
    const x = ((event.clientX - box.left) / box.width * 2 - 1) * REACH, y = (1 - (event.clientY - box.top) / box.height * 2) * REACH
    form.data.value = "own"
    form.points.value = `${form.points.value.trim()} ${x.toFixed(2)} ${y.toFixed(2)} ${form.kind.value}`.trim()
    pause(rewind())
  }
  new MutationObserver(draw).observe(document.body, { attributeFilter: ["data-md-color-scheme"] })
  plane.setAttribute("role", "img")
  plane.setAttribute("aria-label", "The plane, empty: press Start")
  curve.setAttribute("role", "img")
  curve.setAttribute("aria-label", "The losses by epoch; their last values are below")
}

// --- The form ---

function fields(address) {
  const field = (label, input) => make("label", {}, `${label} `, input)
  const select = (name, values) => make("select", { name }, ...values.map(value => make("option", { value, textContent: LABELS[value] ?? value })))
  const made = Object.entries(CHOICES).map(([name, values]) => field(LABELS[name], select(name, values)))
  for (const [name, [label, value, min, max, step]] of Object.entries(NUMBERS)) {
    made.push(field(label, make("input", { name, type: "number", value, min, max, step, required: true })))
  }
  made.push(field("class of the next clicked point", select("kind", ["0", "1"])))
  made.push(field("own points: x y class, …", make("input", { name: "points", pattern: "[\\-0-9. ]*" })))
  for (const input of made.map(label => label.lastChild)) {
    const given = address.get(input.name)
    if (given === null) continue
    const before = input.value
    input.value = given
    if (!input.value || !input.checkValidity()) input.value = before
  }
  return made
}

function settings(form) {
  const numbers = Object.keys(NUMBERS).map(name => [name, Number(form[name].value)])
  const choices = Object.keys(CHOICES).map(name => [name, form[name].value])
  const found = Object.fromEntries([...choices, ...numbers])
  found.points = form.points.value.split(" ").filter(Boolean).map(Number)
  found.batch = Math.min(found.batch, Math.floor(found.n * 0.8))
  return found
}

const row = (tag, cells) => make("tr", {}, ...cells.map(cell => make(tag, { textContent: cell })))

// --- The pictures ---

const canvas = (width, height) => make("canvas", { width: 2 * width, height: 2 * height, className: "play__canvas" })

// The colors of the scheme: of the background, of text, of the classes, and of each of 256 answers between them.
function palette() {
  const style = getComputedStyle(document.body)
  const rgb = name => [1, 3, 5].map(i => parseInt(style.getPropertyValue(name).trim().slice(i, i + 2), 16))
  const [paper, ink, zero, one] = ["--md-default-bg-color", "--md-default-fg-color", "--class-0", "--class-1"].map(rgb)
  const answer = p => {
    const share = 0.6 * Math.abs(p / 127.5 - 1)
    const [red, green, blue] = paper.map((c, i) => c + share * ((p > 127.5 ? one : zero)[i] - c))
    return (255 << 24 | blue << 16 | green << 8 | red) >>> 0
  }
  const css = (color, alpha = 1) => `rgb(${color.join(" ")} / ${alpha})`
  return { css, paper, ink, classes: [zero, one], answers: Array.from({ length: 256 }, (_, p) => answer(p)) }
}

const small = new OffscreenCanvas(SIDE, SIDE)

function drawPlane(canvas, { answers, params: [W1, b1, W2] }, { X, y, X_test, y_test }, { css, paper, ink, classes, answers: colors }) {
  const pen = canvas.getContext("2d"), size = canvas.width, at = v => (v / REACH + 1) / 2 * size
  const image = new ImageData(SIDE, SIDE), pixels = new Uint32Array(image.data.buffer)
  answers.forEach((p, i) => { pixels[i] = colors[p] })
  small.getContext("2d").putImageData(image, 0, 0)
  pen.drawImage(small, 0, 0, size, size)
  const most = Math.max(...W2.map(Math.abs)), h = b1.length
  b1.forEach((b, q) => { // w·x + b = 0: from its point nearest to the origin, both ways
    const w = [W1[q], W1[h + q]], square = w[0] ** 2 + w[1] ** 2, far = 3 * REACH / Math.sqrt(square)
    const ends = [far, -far].map(t => [-b * w[0] / square - t * w[1], -b * w[1] / square + t * w[0]])
    pen.strokeStyle = css(ink, 0.1 + 0.6 * Math.abs(W2[q]) / most)
    pen.lineWidth = 2
    pen.beginPath()
    ends.forEach(([u, v], i) => pen[i ? "lineTo" : "moveTo"](at(u), at(-v)))
    pen.stroke()
  })
  pen.lineWidth = 2.5
  for (const [points, kinds, held] of [[X, y, false], [X_test, y_test, true]]) {
    kinds.forEach((kind, i) => {
      pen.beginPath()
      pen.arc(at(points[2 * i]), at(-points[2 * i + 1]), 6, 0, 7)
      pen.fillStyle = css(held ? paper : classes[kind])
      pen.strokeStyle = css(held ? classes[kind] : paper)
      pen.fill()
      pen.stroke()
    })
  }
}

function drawCurve(canvas, losses, { css, ink, classes: [zero] }) {
  const pen = canvas.getContext("2d"), { width, height } = canvas
  const finite = losses.flat().filter((v, i) => i % 3 && Number.isFinite(v))
  const last = Math.max(1, losses.at(-1)[0]), most = Math.max(...finite), least = Math.min(0, ...finite)
  pen.clearRect(0, 0, width, height)
  for (const [which, color, dash] of [[1, ink, []], [2, zero, [10, 8]]]) {
    pen.beginPath()
    pen.setLineDash(dash)
    pen.strokeStyle = css(color)
    pen.lineWidth = 3
    for (const point of losses) pen.lineTo(point[0] / last * width, height - 4 - (point[which] - least) / (most - least) * (height - 10))
    pen.stroke()
  }
}
