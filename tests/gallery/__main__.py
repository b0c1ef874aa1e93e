"""Every kind of mail in every language, as pictures on one page.

    python -m tests.gallery [LANGUAGE ...]

Each is shown on a desktop, at 375 px, in the dark, and as Gmail, new Outlook and classic Outlook
leave it. The page is build/mail-gallery/index.html.
"""

import sys
from html import escape
from pathlib import Path

from changecast.customer.compose.words import languages, regions
from tests.support.every_kind import every_kind
from tests.support.programs import BUILD, browse

FOLDER = BUILD / "mail-gallery"
# (name, client, width, dark)
VIEWS = (
    ("desktop", None, 760, False),
    ("phone", None, 375, False),
    ("dark", None, 375, True),
    ("gmail", "gmail", 760, False),
    ("new-outlook", "new-outlook", 760, False),
    ("classic-outlook", "classic-outlook", 760, False),
)
STYLE = """
body { margin: 24px; font: 15px/1.5 system-ui, sans-serif; background: #f4f6f8; color: #17212b; }
section { margin: 0 0 32px; } h2 { margin: 0 0 8px; font-size: 17px; }
.row { display: flex; gap: 12px; flex-wrap: wrap; align-items: flex-start; }
figure { margin: 0; }
img { display: block; max-width: 100%; width: 300px; border: 1px solid #97a3af; }
figcaption { font-size: 13px; }
"""


def main(wanted: list[str]) -> None:
    """Write the page and its pictures, and print where it is."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    sections, jobs = [], []
    for language in wanted or [*languages(), *regions()]:
        for shown in every_kind():
            subject, html, _ = shown.in_language(language)
            page = FOLDER / f"{language}-{shown.name}.html"
            page.write_text(html, "utf-8")
            sections.append(_section(page, subject))
            jobs += [_job(page, view) for view in VIEWS]
    browse(jobs)
    index = FOLDER / "index.html"
    index.write_text(_page(sections), "utf-8")
    print(f"{len(jobs)} pictures of {len(sections)} mails: {index}")


def _job(page: Path, view: tuple[str, str | None, int, bool]) -> dict[str, object]:
    name, client, width, dark = view
    picture = str(_picture(page, name))
    views = [{"width": width, "dark": dark, "picture": picture}]
    job: dict[str, object] = {"page": str(page), "views": views, "axe": False}
    return job | ({"client": client} if client else {})


def _picture(page: Path, name: str) -> Path:
    return page.with_name(f"{page.stem}-{name}.png")


def _section(page: Path, subject: str) -> str:
    figures = "".join(
        f'<figure><figcaption>{name}</figcaption><a href="{picture}">'
        f'<img src="{picture}" alt="{escape(subject)}, {name}" loading="lazy"></a></figure>'
        for name, picture in ((name, _picture(page, name).name) for name, *_ in VIEWS)
    )
    heading = f'<a href="{page.name}">{page.stem}</a>: {escape(subject)}'
    return f'<section><h2>{heading}</h2><div class="row">{figures}</div></section>'


def _page(sections: list[str]) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Mail gallery</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main><h1>Every kind of mail</h1>"
        f"{''.join(sections)}</main></body></html>"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
