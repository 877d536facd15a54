"""The words that a student types lead to the page that helps, first or second."""

from urllib.parse import urlsplit

WORDS = {
    "keepdims": ("backpropagation", "troubleshooting", "model"),
    "vanishing": ("initialization", "depth", "relu_and_sigmoid"),
    "exploding": ("initialization", "depth"),
    "vanishing gradient": ("initialization", "depth", "relu_and_sigmoid"),
    "overfitting": ("regularization", "dropout", "early_stopping", "augmentation", "troubleshooting"),
    "multiclass": ("softmax",),
    "softmax": ("softmax",),
    "loss nan": ("troubleshooting",),
    "learning rate too high": ("gradient_descent", "troubleshooting"),
    "copy backward": ("copy",),
    "why is my dW1 wrong": ("copy", "troubleshooting"),
    "cheat sheet": ("cheat_sheet",),
    "loss does not fall": ("troubleshooting",),
    "accuracy stuck": ("troubleshooting",),
    "dead relu": ("relu_and_sigmoid", "activations", "troubleshooting"),
    "why transpose": ("backpropagation",),
    "squared error": ("backpropagation", "troubleshooting"),
    "install": ("",),
}


def test_search_finds_what_students_look_for(visit):
    page, lost = visit().open(""), []
    box = page.locator("[data-md-component=search-query]")
    box.click()
    for words, pages in WORDS.items():
        box.fill("")
        page.wait_for_selector(".md-search-result__item", state="detached")
        box.evaluate("(input, words) => { input.value = words }", words)  # at once: what is found is for all the words
        box.press("End")
        try:
            page.wait_for_selector(".md-search-result__item", timeout=20_000)
        except Exception:
            lost.append((words, []))
            continue
        first = [item.locator("a").first for item in page.locator(".md-search-result__item").all()[:2]]
        found = [urlsplit(link.get_attribute("href")).path.strip("/").rpartition("/")[2] for link in first]
        if not set(found) & set(pages):
            lost.append((words, found))
    assert not lost
