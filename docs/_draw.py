"""Draw the pictures that other programs show for the site, from its logo: `make pictures`.

Chromium draws them, in the site's own font and colours. The files are committed, so that a
build needs no browser.
"""

import base64
import re
import shutil
from html import escape
from importlib.metadata import distribution
from pathlib import Path

import yaml
from playwright.sync_api import Page, sync_playwright

DOCS = Path(__file__).parent
ASSETS = DOCS / "assets"
FONT = "fontpkg_inter/files/Inter[opsz,wght].ttf"
MOST = 60_000  # bytes: chats pass over large previews
NAMES = ("site_name", "site_description")
# Tabs of the menu that say what the site is about.
TAB = re.compile(r"^  - (?!Start|Contributing)([A-Z][^:]+):$", re.MULTILINE)

CARD = """
<style>
@font-face { font-family: Inter; src: url(data:font/ttf;base64,%(font)s); font-weight: 100 900 }
* { box-sizing: border-box; margin: 0 }
body { width: 1200px; height: 630px; padding: 70px 84px 52px; font-family: Inter; background: #fff;
  color: #17212b; display: flex; flex-direction: column; border-bottom: 18px solid #0b5cad }
svg { width: 132px; height: 132px }
h1 { font-size: 82px; line-height: 1.1; letter-spacing: -2.5px; font-weight: 750;
  margin: 36px 0 22px }
p { font-size: 35px; line-height: 1.42; color: #56636f; max-width: 980px }
ul { margin-top: auto; padding: 0; list-style: none; display: flex; gap: 16px }
li { font-size: 25px; font-weight: 600; color: #084884; background: #e9f1fa; padding: 9px 22px;
  border-radius: 9px }
</style>%(logo)s<h1>%(name)s</h1><p>%(said)s</p><ul>%(tabs)s</ul>
"""


def card(logo: str, config: str) -> str:
    """Return the page that is the picture of a link's preview, 1200 by 630 pixels."""
    said = {key: re.search(rf"^{key}: (.+)$", config, re.MULTILINE) for key in NAMES}
    name, description = (str(yaml.safe_load(found[1])) for found in said.values() if found)
    font = Path(str(distribution("fontpkg-inter").locate_file(FONT))).read_bytes()
    tabs = "".join(f"<li>{escape(tab)}</li>" for tab in TAB.findall(config))
    return CARD % {
        "font": base64.b64encode(font).decode(),
        "logo": logo,
        "name": escape(name),
        "said": escape(description),
        "tabs": tabs,
    }


def draw(page: Page, html: str, width: int, height: int, file: Path) -> None:
    """Write a picture of some HTML."""
    page.set_viewport_size({"width": width, "height": height})
    page.set_content(html)
    page.evaluate("document.fonts.ready")
    page.screenshot(path=file)
    size = file.stat().st_size
    if size > MOST:
        raise SystemExit(f"{file}: {size:,} bytes, of {MOST:,}: chats pass over it")
    print(f"{file.relative_to(DOCS.parent)}: {size:,} bytes")


def main() -> None:
    """Draw both pictures."""
    logo = (ASSETS / "logo.svg").read_text(encoding="utf-8")
    config = (DOCS.parent / "mkdocs.yml").read_text(encoding="utf-8")
    # A phone cuts the corners by itself.
    square = logo.replace(' rx="7"', "").replace("<svg ", '<svg width="180" height="180" ')
    browser_names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, browser_names)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        draw(page, card(logo, config), 1200, 630, ASSETS / "social.png")
        body = f'<body style="margin:0;line-height:0">{square}'
        draw(page, body, 180, 180, ASSETS / "touch-icon.png")
        browser.close()


if __name__ == "__main__":
    main()
