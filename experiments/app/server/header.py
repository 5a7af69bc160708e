"""Security headers of the page: what may run on it, who may embed it, and how its cookie is kept.

Scripts come from this server alone, and those written into the page carry a nonce that is drawn again for every answer:
a script injected by a name, a link or a file has none and does not run. Styles likewise: those that a script of the
page makes get the nonce, those injected as text do not. Two allowances are left, both tested to be necessary:

* ``unsafe-eval``: Vue compiles the templates of Solara and of the page in the browser, by ``new Function``. Without it
  the page stays empty. It lets a running script evaluate text; it does not let injected text run.
* ``style-src-attr 'unsafe-inline'``: Solara hides two elements by ``style`` attributes, and charts, hovered and saved,
  are drawn with some. It allows how a thing looks, and nothing that runs.
"""

import re

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Headers of every answer."""
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of whatever is not the page."""
SOCKETS = {"http": "ws", "https": "wss"}
STYLES = """(() => {
  const make = Document.prototype.createElement, number = document.currentScript.nonce;
  Document.prototype.createElement = function (name, ...rest) {
    const made = make.call(this, name, ...rest);
    if (made instanceof HTMLStyleElement) made.nonce = number;
    return made;
  };
})();"""
"""Gives the answer's nonce to every style that a script makes, as Vuetify and the widgets do."""
TAG = re.compile(r"<(script|style)\b(?![^>]*\bnonce=)")


def policy(nonce: str, scheme: str, host: str) -> str:
    """Return the page's Content-Security-Policy."""
    allowed = {
        "default-src": "'none'",
        "script-src": f"'self' 'nonce-{nonce}' 'unsafe-eval'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": f"'self' {SOCKETS[scheme]}://{host}",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


def signed(content: str, nonce: str) -> str:
    """Return Solara's page with the number of this answer at every script and style, now and later."""
    begun = content.replace("<head>", f"<head>\n<script>{STYLES}</script>", 1)
    return TAG.sub(rf'<\1 nonce="{nonce}"', begun)
