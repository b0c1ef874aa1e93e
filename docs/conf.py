"""How `make docs` builds the documentation site: Sphinx, reading Markdown with MyST."""

import tomllib
from pathlib import Path

_METADATA = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))

project = "Changecast"
author = "The Changecast authors"
release = version = _METADATA["project"]["version"]

extensions = ["myst_parser"]
# The README of a folder is its index on the site, as it is on a code host.
exclude_patterns = ["policies/*.json"]
nitpicky = True
# Slugs of headings as code hosts make them, so that links work in both places.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
suppress_warnings: list[str] = []

html_theme = "furo"
html_title = f"Changecast {release}"
html_copy_source = False
html_show_copyright = False
html_static_path: list[str] = []
