"""What Material leaves to mend: names for what a screen reader meets, and a policy against foreign scripts."""

import base64
import hashlib
import logging
import re
from pathlib import Path

log = logging.getLogger("mkdocs.hooks.twolayer")

MENDED = {
    'role="dialog"': 'role="dialog" aria-label="Search"',
}
NOISE = re.compile(r'\s*<meta name="generator"[^>]*>')
# A rule for one instant, in which the scheme changes: having it, each page is styled twice more when it opens.
SWITCHING = re.compile(r"\[data-md-color-switching\] \*[^{}]*\{[^}]*\}")
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
CHARSET = '<meta charset="utf-8">'


def mend(html: str) -> str:
    for old, new in MENDED.items():
        if old not in html:
            log.warning(f"Material no longer writes {old}: see docs/hooks/polish.py")
        html = html.replace(old, new)
    return NOISE.sub("", html)


def mend_styles(site: Path) -> None:
    for path in site.glob("assets/stylesheets/palette.*.min.css"):
        css, mended = SWITCHING.subn("", path.read_text("utf-8"))
        if not mended:
            log.warning("Material no longer styles [data-md-color-switching]: see docs/hooks/polish.py")
        path.write_text(css, "utf-8")


def add_policy(site: Path) -> None:
    """Into each page, one Content-Security-Policy: this host only, no eval, inline scripts by their hash."""
    pages = {path: path.read_text("utf-8") for path in sorted(site.rglob("*.html"))}
    scripts = {script for html in pages.values() for script in INLINE_SCRIPT.findall(html)}
    hashes = sorted(base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    policy = (
        f"default-src 'none'; script-src 'self' {allowed}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'"
    )
    meta = f'{CHARSET}<meta http-equiv="Content-Security-Policy" content="{policy}">'
    for path, html in pages.items():
        path.write_text(html.replace(CHARSET, meta, 1), "utf-8")
