"""What a machine can tell of whether people can use a page: axe-core, reflow, focus that is seen, motion (WCAG 2.2 AA).

One page is looked at in every form, one after the other: opening it anew for each would take most of the time.
"""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, photograph

ZOOMED = {"width": 640, "height": 450}
"""200 % zoom of a desktop window is half its width."""
SERIOUS = {"serious", "critical"}
CONTRAST = {"runOnly": ["color-contrast"]}
FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
UNSEEN_FOCUS = """selector => {
  const look = element => {
    const style = getComputedStyle(element)
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor, style.backgroundColor,
            style.insetInlineStart].join()
  }
  const same = element => {
    const before = look(element)
    element.focus({focusVisible: true, preventScroll: true})
    const after = look(element)
    element.blur()
    return before === after
  }
  const seen = [...document.querySelectorAll(selector)].filter(element => element.checkVisibility())
  return seen.filter(same).map(element => element.outerHTML.slice(0, 120))
}"""
MOVING = "document.getAnimations().length"


def problems(page: Page, name: str) -> dict[str, object]:
    """Return by form of the page what is wrong with it; ``name`` is that of its pictures.

    Forms: desktop, its dark colours, 200 % zoom, 320 px, and 320 px from right to left; without motion throughout.
    """
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    found: dict[str, object] = {"axe": serious(page), "unseen focus": page.evaluate(UNSEEN_FOCUS, FOCUSABLE)}
    found |= {"motion": page.evaluate(MOVING), "wide": sideways(page)}
    photograph(page, f"{name}-desktop-light")
    page.emulate_media(reduced_motion="reduce", color_scheme="dark")
    found["axe, dark"] = serious(page, CONTRAST)
    photograph(page, f"{name}-desktop-dark")
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    for form, size in (("zoomed", ZOOMED), ("phone", PHONE)):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        found[f"wide, {form}"] = sideways(page)
    found["axe, phone"] = serious(page)
    photograph(page, f"{name}-phone-light")
    page.evaluate("document.documentElement.dir = 'rtl'")
    found["wide, right to left"] = sideways(page)
    photograph(page, f"{name}-phone-light-rtl")
    page.evaluate("document.documentElement.dir = 'ltr'")
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    return {form: each for form, each in found.items() if each}


def serious(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """Return what axe-core finds serious, with the element."""
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    width: int = page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
    return width
