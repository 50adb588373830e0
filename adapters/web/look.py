"""What pages are made of: templates, words in two languages, files for the browser. Read once, served from memory."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}")
_PACKAGE = resources.files("adapters.web")


def load_words() -> dict[str, dict[str, str]]:
    """Language -> key -> what is said."""
    return {
        language: tomllib.loads((_PACKAGE / "words" / f"{language}.toml").read_text(encoding="utf-8"))
        for language in ("en", "zh")
    }


def accepted(header: str) -> list[str]:
    """The language tags of an Accept-Language header, best first."""
    weighed = []
    for place, part in enumerate(header.split(",")[:20]):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        if _TAG.fullmatch(tag) and quality > 0:
            weighed.append((-quality, place, tag))
    return [tag for _, _, tag in sorted(weighed)]


class Look:
    """Renders pages in the language the browser asks for."""

    def __init__(self) -> None:
        self._words = load_words()
        files = {file.name: file.read_bytes() for file in (_PACKAGE / "static").iterdir()}
        self._packed = {name: gzip.compress(data, 9, mtime=0) for name, data in files.items()}
        self._kinds = {name: mimetypes.guess_type(name)[0] or "application/octet-stream" for name in files}
        self.version = hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest()[:12]
        self._files = files
        sources = {file.name: file.read_text(encoding="utf-8") for file in (_PACKAGE / "templates").iterdir()}
        self._templates = Environment(
            loader=DictLoader(sources),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def words(self, request: Request) -> Mapping[str, str]:
        for tag in accepted(request.headers.get("accept-language", "")):
            words = self._words.get(tag.partition("-")[0].lower())
            if words is not None:
                return words
        return self._words["en"]

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        words = self.words(request)
        html = self._templates.get_template(template).render(words=words, version=self.version, **values)
        return HTMLResponse(html, status, headers={"Vary": "Accept-Language, Cookie"})

    def route(self) -> Route:
        """`/static/NAME`: kept by browsers for good, since the pages ask for them by version."""

        async def file(request: Request) -> Response:
            name = request.path_params["name"]
            if name not in self._files:
                return Response(status_code=404)
            keep = "public, max-age=31536000, immutable" if "v" in request.query_params else "no-cache"
            headers, data = {"Cache-Control": keep, "Vary": "Accept-Encoding"}, self._files[name]
            if "gzip" in request.headers.get("accept-encoding", ""):
                headers, data = {**headers, "Content-Encoding": "gzip"}, self._packed[name]
            return Response(data, media_type=self._kinds[name], headers=headers)

        return Route("/static/{name}", file)
