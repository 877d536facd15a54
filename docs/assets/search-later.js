// Material fetches the search index of the whole site on every first visit: 189 KB compressed, about as much as all else of a
// page together, and no setting defers it. Here it waits until somebody searches.
{
  const { open, send } = XMLHttpRequest.prototype
  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    this.forSearch = String(url).endsWith("search/search_index.json")
    return open.call(this, method, url, ...rest)
  }
  XMLHttpRequest.prototype.send = function (body) {
    const input = document.querySelector("[data-md-component=search-query]")
    if (this.forSearch && input !== document.activeElement) input.addEventListener("focus", () => send.call(this, body), { once: true })
    else send.call(this, body)
  }
}
// Material looks for words that begin as those typed. Without its ending, "vanishing" finds vanish, vanishes and vanishing.
{
  const { postMessage } = Worker.prototype
  const cut = word => word.length > 5 ? word.replace(/(ings?|ed|es|s|ly)$/, "") : word
  Worker.prototype.postMessage = function (message, ...rest) {
    const asked = typeof message?.data === "string" && { ...message, data: message.data.split(" ").map(cut).join(" ") }
    return postMessage.call(this, asked || message, ...rest)
  }
}
