// When Material has laid hands on the page.
document$.subscribe(() => {
  const article = document.querySelector("article")
  if (!article) return
  linkSymbols(article)
  scrollers(article)
  mendCode(article)
  new MutationObserver(() => mendCode(article)).observe(article, { childList: true, subtree: true })
})

// Material gives each code block a toolbar, when it comes into view: one more landmark without a name. On a screen
// without a mouse it then takes the block, if it scrolls, out of the keyboard's reach.
function mendCode(article) {
  for (const toolbar of article.querySelectorAll("nav.md-code__nav:not([role])")) {
    toolbar.setAttribute("role", "none")
    letKeyboardScroll(toolbar.nextElementSibling)
  }
}

// A symbol in a formula and the same name in code light up together: W_1 is W1, dZ_2 is dZ2, ∂L/∂W_1 is dW1.
// They are looked for when a pointer or the keyboard first needs them, so that opening a page waits for nothing.
function linkSymbols(article) {
  let named
  const mark = (element, name) => {
    element.classList.add("symbol")
    element.dataset.symbol = name
    if (!named.has(name)) named.set(name, [])
    named.get(name).push(element)
  }
  const find = () => {
    named = new Map()
    for (const sub of article.querySelectorAll("msub")) {
      const name = sub.textContent.replace(/\s/g, "")
      if (!/^[A-Za-z]\d$/.test(name)) continue
      const before = sub.previousElementSibling
      const differential = before?.tagName === "mi" && before.textContent === "d"
      const derivative = before?.textContent === "∂" && sub.parentElement.matches("mfrac > :last-child")
      mark(sub, differential || derivative ? `d${name}` : name)
      if (differential) mark(before, `d${name}`)
    }
    for (const token of article.querySelectorAll(".highlight .n")) {
      if (named.has(token.textContent)) mark(token, token.textContent)
    }
  }
  const light = (target, on) => {
    if (!named) find()
    const own = target.closest?.("[data-symbol]")
    const equation = target.closest?.(".equation__verified, .equation__box")?.parentElement
    const inside = own ? [own] : on === "focus" || on === "blur" ? equation?.querySelectorAll("[data-symbol]") : []
    const names = new Set([...(inside ?? [])].map(element => element.dataset.symbol))
    for (const name of names) {
      for (const element of named.get(name) ?? []) element.classList.toggle("symbol--lit", on === "over" || on === "focus")
    }
  }
  article.addEventListener("pointerover", event => light(event.target, "over"))
  article.addEventListener("pointerout", event => light(event.target, "out"))
  article.addEventListener("focusin", event => light(event.target, "focus"))
  article.addEventListener("focusout", event => light(event.target, "blur"))
}

// What is too wide for the screen scrolls in its own box, which the keyboard can reach.
function letKeyboardScroll(box) {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0
  else box.removeAttribute("tabindex")
}
const boxes = new ResizeObserver(entries => entries.forEach(({ target }) => letKeyboardScroll(target)))
const lines = new ResizeObserver(entries => {
  for (const { target } of entries) {
    for (const formula of target.querySelectorAll(".formula")) {
      const wide = formula.offsetWidth > formula.closest("p, li, td, div").clientWidth
      if (wide === formula.classList.contains("formula--wide")) continue
      formula.classList.toggle("formula--wide", wide)
      if (wide) boxes.observe(formula)
    }
  }
})
const near = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) lines.observe(target)
    else lines.unobserve(target)
  }
}, { rootMargin: "50%" })
function scrollers(article) {
  boxes.disconnect()
  lines.disconnect()
  near.disconnect()
  for (const block of article.children) if (block.querySelector(".formula")) near.observe(block)
  for (const box of article.querySelectorAll(".equation__box, .md-typeset__scrollwrap, pre > code")) boxes.observe(box)
}

// site.css leaves out what is far below the screen. Who uses the keyboard needs all of it: Tab stops at what scrolls.
addEventListener("keydown", () => document.documentElement.classList.add("keyboard"), { once: true })

// A formula is copied as its TeX.
document.addEventListener("copy", event => {
  const selection = getSelection()
  if (selection.isCollapsed) return
  const copy = selection.getRangeAt(0).cloneContents()
  const formulas = copy.querySelectorAll("[data-tex]")
  if (!formulas.length) return
  for (const formula of formulas) {
    const tex = formula.dataset.tex
    formula.replaceWith(formula.tagName === "DIV" ? `\n$$\n${tex}\n$$\n` : `$${tex}$`)
  }
  event.clipboardData.setData("text/plain", copy.textContent)
  event.preventDefault()
})

// Chromium finds no text in a folded block, so the button that copies it is told what it says.
document.addEventListener("click", event => {
  const button = event.target.closest?.(".function__copy button")
  if (button) button.dataset.clipboardText = document.querySelector(button.dataset.clipboardTarget).textContent
}, true)
