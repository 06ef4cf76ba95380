"""Drawings, frames, fields and signs of a page say what a reader sees of them; the rest is marked hidden."""

from __future__ import annotations

import time

import pytest

from holdfast.domain.documents import ParsedDocument
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.readers.web import html
from holdfast.stages.parsing.units import ReadingLimits


def read(body: str) -> ParsedDocument:
    return judge(collect(html.read(f"<body>{body}</body>".encode(), ReadingLimits())), ended=None)


def shown(body: str) -> str:
    document = read(body)
    return "".join(document.text[s.start : s.end] for s in document.sections if not s.hidden).strip()


def hidden(body: str) -> str:
    document = read(body)
    return "".join(document.text[s.start : s.end] for s in document.sections if s.hidden).strip()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<svg><g><text x='1'>Start</text><text>End</text></g></svg>", "Start End"),
        ("<svg><text><tspan x='0' dy='1'>first</tspan><tspan dy='2'>line</tspan></text></svg>", "first line"),
        ("<svg><text>18<tspan>Nm</tspan></text></svg>", "18Nm"),
        ("<svg><title>Flow</title><desc>of oil</desc><path d='M0'/></svg>", "Flow of oil"),
        ("<p>Turn <svg><title>Valve</title></svg> left</p>", "Turn Valve left"),
        ("<svg><foreignObject><div>18 Nm</div></foreignObject></svg>", "18 Nm"),
        ("<svg><style>.x{fill:red}</style><text class='x'>18 Nm</text><script>x</script></svg>", "18 Nm"),
        ("<div style='background:red;color:white'><svg><text>dark</text></svg></div>", "dark"),
        ("<table><tr><td>a</td><td><svg><text>18</text></svg></td></tr></table>", "a | 18"),
        (
            "<iframe srcdoc='<h2>In</h2><p>18 &lt;b&gt;Nm&lt;/b&gt;</p>'>none</iframe><p>out",
            "In\n\n18 Nm\n\nout",
        ),
        ("<a href='#' aria-label='Manual'></a> <button aria-label='Close'>x</button>", "Manual x"),
        ("<button aria-label='Close'><svg aria-label='Cross'><path/></svg></button>", "Cross"),
        ("<details><summary>More</summary>18 Nm</details>", "More\n\n18 Nm"),
        ("<picture><source srcset='a'><img alt='A pump'></picture>", "A pump"),
        ("<input type=checkbox checked> yes <input type=radio> no", "☒ yes ☐ no"),
        ("<input type=checkbox role=button> menu", "menu"),
        ("<select><optgroup label='Oils'><option>A<option selected>B</select>", "Oils\n\nA\n\n☒ B"),
        ("<input placeholder='Your name'><input value='Ann' placeholder='Name'>", "Your name Ann"),
        ("<input type=image alt='Send'>", "Send"),
        ("<ol reversed start=3><li>c<li>b</ol>", "3. c\n2. b"),
        ("<ol reversed><li>c<li>b</ol>", "- c\n- b"),
        ("<ol style='list-style-type: lower-alpha'><li>x<li>y</ol>", "a. x\nb. y"),
        ("<ol style='list-style: none'><li>x</ol>", "- x"),
        ("<ol><li style='list-style:none'>x<li>y</ol>", "- x\n2. y"),
    ],
)
def test_what_is_seen_is_read(body: str, text: str) -> None:
    assert shown(body) == text
    assert hidden(body) == ""


@pytest.mark.parametrize(
    "body",
    [
        "<template><p>unseen</p></template>",
        "<noscript><p>unseen</p></noscript>",
        "<canvas>unseen</canvas>",
        "<video><p>unseen</p></video>",
        "<svg><defs><text>unseen</text></defs></svg>",
        "<svg style='display:none'><symbol><title>unseen</title></symbol></svg>",
        "<svg><text visibility='hidden'>unseen</text></svg>",
        "<svg><text font-size='0'>unseen</text></svg>",
        "<svg><text><tspan opacity='0'>unseen</tspan></text></svg>",
        "<iframe hidden srcdoc='unseen'></iframe>",
        "<iframe srcdoc='<p hidden>unseen</p>'></iframe>",
        "<a hidden aria-label='unseen'></a>",
    ],
)
def test_what_is_not_seen_is_read_and_marked(body: str) -> None:
    assert hidden(f"<p>seen</p>{body}<p>too</p>") == "unseen"
    assert shown(f"<p>seen</p>{body}<p>too</p>") == "seen\n\ntoo"


def test_what_stands_in_for_a_program_changes_nothing_around_it() -> None:
    body = "<noscript><style>p{display:none}</style><img alt='again'></noscript><p>seen</p>"
    assert shown(body) == "seen"
    assert hidden(body) == ""


def test_a_drawing_before_the_body_gives_the_page_no_title() -> None:
    found = list(html.read(b"<svg><title>Icon</title></svg><p>x", ReadingLimits()))
    assert not any(getattr(one, "values", None) for one in found)


def test_frames_stand_under_the_headings_around_them_and_end_somewhere() -> None:
    document = read("<h1>Pump</h1><iframe srcdoc='<h2>Oil</h2>18 Nm'></iframe>")
    assert str(document.sections[-1].locator) == "Pump > Oil"
    page = "deep"
    for _ in range(6):
        page = f'<iframe srcdoc="{page.replace("&", "&amp;").replace(chr(34), "&quot;")}"></iframe>'
    assert "deep" in read(page).text


@pytest.mark.parametrize(
    "piece",
    [
        "<svg><text>a</text></svg>",
        "<svg>",
        "<text>",
        "<a aria-label=x>",
        "<a aria-label=x></a>",
        "<iframe srcdoc=a></iframe>",
        "<template>",
        "<noscript>a</noscript>",
        "<input type=checkbox>",
        "<option selected>",
    ],
)
def test_any_number_of_them_takes_little_time(piece: str) -> None:
    started = time.process_time()
    read(piece * 10_000)
    assert time.process_time() - started < 4
