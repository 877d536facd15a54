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
