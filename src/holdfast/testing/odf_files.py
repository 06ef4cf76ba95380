"""Small OpenDocument files, made with nothing but the standard library."""

from __future__ import annotations

from holdfast.testing.files import zip_file

_SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("draw", "drawing"),
        ("presentation", "presentation"),
        ("fo", "xsl-fo-compatible"),
        ("meta", "meta"),
    )
)


def odt_file(body: str, *, styles: str = "", title: str = "") -> bytes:
    """Return a text of this content XML; `styles` are its automatic styles."""
    return _file("text", body, styles, title)


def ods_file(tables: str, *, styles: str = "", title: str = "") -> bytes:
    """Return a spreadsheet of these `table:table` elements."""
    return _file("spreadsheet", tables, styles, title)


def odp_file(pages: str, *, styles: str = "", title: str = "") -> bytes:
    """Return a presentation of these `draw:page` elements."""
    return _file("presentation", pages, styles, title)


def _file(kind: str, body: str, styles: str, title: str) -> bytes:
    content = (
        f"<office:document-content {_SPACES}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    )
    meta = (
        f'<office:document-meta {_SPACES} xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<office:meta><dc:title>{title}</dc:title></office:meta></office:document-meta>"
    )
    return zip_file(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": content,
            "meta.xml": meta,
        }
    )
