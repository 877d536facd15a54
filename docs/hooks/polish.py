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
# Instant navigation wants the site to have an address; without SITE_URL this stands in for it and is not shown.
NOWHERE = "https://twolayer.invalid/"
NOISE = re.compile(rf'\s*(<meta name="generator"[^>]*>|<link rel="canonical" href="{NOWHERE}[^>]*>)')
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
CHARSET = '<meta charset="utf-8">'


def mend(html: str) -> str:
    for old, new in MENDED.items():
        if old not in html:
            log.warning(f"Material no longer writes {old}: see docs/hooks/polish.py")
        html = html.replace(old, new)
    return NOISE.sub("", html)


def add_policy(site: Path) -> None:
    """Into each page, one Content-Security-Policy: this host only, no eval, inline scripts by their hash.

    It is the same on all pages, because instant navigation keeps the policy of the first.
    """
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
