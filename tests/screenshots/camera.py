"""The browser that takes the pictures: it reads what to take as JSON, and writes small files."""

import io
import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import BrowserContext, Page

from tests.browser.chromium import open_chromium

# The address in the pictures is that of the guides, whatever the port here.
ADDRESS = "https://line.example.com"
COLOURS = 160
RENAME = """([from, to]) => {
  const parts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (parts.nextNode()) parts.currentNode.data = parts.currentNode.data.replaceAll(from, to);
  for (const field of document.querySelectorAll("input")) {
    if (field.value.includes(from)) field.value = field.value.replaceAll(from, to);
  }
}"""


def main() -> None:
    order = json.load(sys.stdin)
    with open_chromium() as browser:
        for shot in order["shots"]:
            width, height = shot["size"]
            context = browser.new_context(
                locale=shot["language"],
                viewport={"width": width, "height": height},
                timezone_id="Asia/Tokyo",
                reduced_motion="reduce",
            )
            context.add_cookies(shot["cookies"])
            _take(context, order["url"], shot)
            context.close()


def _take(context: BrowserContext, url: str, shot: dict[str, Any]) -> None:
    page = context.new_page()
    path = shot["path"]
    join = "&" if "?" in path else "?"
    page.goto(f"{url}{path}{join}lang={shot['language']}", wait_until="networkidle")
    page.evaluate(RENAME, [url, ADDRESS])
    _settle(page)
    picture = page.screenshot(animations="disabled", caret="hide")
    file = Path(shot["file"])
    file.write_bytes(small(picture))
    print(f"{file.name}: {file.stat().st_size // 1024} KB")


def _settle(page: Page) -> None:
    # Pictures that come late are waited for, and so are the fonts.
    page.evaluate("""() => Promise.all([
      document.fonts.ready,
      ...[...document.images].filter(one => one.loading !== "lazy" || one.complete)
        .map(one => one.decode().catch(() => {})),
    ])""")


def small(picture: bytes) -> bytes:
    """The same picture in few colours, which pages have anyway."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
