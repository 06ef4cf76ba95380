"""Mail: headers, new text and quotes told apart, attachments handed on."""

from __future__ import annotations

from email.message import EmailMessage

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.judging import collect, judge
from holdfast.stages.parsing.kinds import Kind, detect
from holdfast.stages.parsing.readers.mail.quotes import text_blocks
from holdfast.stages.parsing.reading import read_here
from holdfast.stages.parsing.units import ReadingLimits


def parsed(data, kind=Kind.EML):
    return judge(collect(read_here(kind, bytes(data), ReadingLimits())), ended=None)


def message(body="Hello,\nplease send SK-1.\n", **headers):
    mail = EmailMessage()
    mail["Subject"] = "Größe of the kit"
    mail["From"] = "Ana <ana@example.com>"
    mail["To"] = "desk@example.com"
    mail["Date"] = "Tue, 05 Mar 2024 10:00:00 +0100"
    mail["Message-ID"] = "<1@example.com>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    if body:
        mail.set_content(body)
    return mail


def parts(document):
    return [(s.locator.part, document.text[s.start : s.end].strip()) for s in document.sections]


def test_headers_body_and_quotes_are_parts_of_their_own():
    mail = message(
        "New text.\n\nOn 4 Mar 2024 Bo wrote:\n> old text\n> more\n\nNew again.\n",
        In_Reply_To="<0@example.com>",
    )
    document = parsed(mail)
    assert parts(document) == [
        (
            "headers",
            "Subject: Größe of the kit\nFrom: Ana <ana@example.com>\nTo: desk@example.com\nDate: Tue, 05 Mar 2024 10:00:00 +0100",
        ),
        ("body", "New text."),
        ("quoted", "On 4 Mar 2024 Bo wrote:\n> old text\n> more"),
        ("body", "New again."),
    ]
    assert document.properties["title"] == document.properties["subject"] == "Größe of the kit"
    assert document.properties["created"] == "2024-03-05T10:00:00+01:00"
    assert document.properties["in-reply-to"] == "<0@example.com>"


def test_an_earlier_message_below_without_marks_is_quoted_to_the_end():
    blocks = text_blocks(
        "Agreed.\n\n-----Original Message-----\nFrom: Bo\nSent: Monday\nSubject: x\n\nold\n\nolder"
    )
    assert [(block.locator.part, block.text.split("\n")[0]) for block in blocks] == [
        ("body", "Agreed."),
        ("quoted", "-----Original Message-----"),
    ]
    assert blocks[-1].text.endswith("older")


def test_a_line_that_begins_with_from_is_no_quote():
    assert [block.locator.part for block in text_blocks("From: the store\nwe got two kits")] == ["body"]


def test_html_alone_is_read_as_the_body_and_beside_plain_text_is_not():
    mail = message("plain words")
    mail.add_alternative("<p>rich words</p>", subtype="html")
    assert parts(parsed(mail))[1:] == [("body", "plain words")]
    only = message("")
    only.set_content("<h1>News</h1><table><tr><th>A<th>B<tr><td>1<td>2</table>", subtype="html")
    assert parts(parsed(only))[1:] == [("body", "News"), ("body", "A | B\n1 | 2")]


def test_attachments_are_handed_on_by_name_and_pictures_of_the_layout_are_not():
    mail = message()
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="../Prüfung 1.pdf")
    mail.add_attachment(message("inner words"))
    mail.add_attachment(
        b"GIF8", maintype="image", subtype="gif", filename="logo.gif", disposition="inline", cid="<l>"
    )
    mail.add_attachment(b"sig", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    pdf, inner = parsed(mail).attachments
    assert (pdf.name, pdf.data) == ("_Prüfung 1.pdf", b"%PDF-1.4")
    assert inner.name == "Größe of the kit.eml"
    assert "inner words" in parsed(inner.data).text


def test_an_encrypted_message_says_so_instead_of_passing_for_its_envelope():
    mail = message("")
    mail.set_content(b"cipher", maintype="application", subtype="pkcs7-mime")
    document = parsed(mail)
    assert (document.status, document.text) == (ParseStatus.ENCRYPTED, "")


def test_raw_bytes_in_headers_and_unknown_charsets_do_no_harm():
    data = (
        "Subject: Größe\nFrom: ä@example.com\nContent-Type: text/plain; charset=nonsense\n\nWörter".encode()
    )
    document = parsed(data)
    assert document.properties["subject"] == "Größe"
    assert "Wörter" in document.text


def test_bytes_without_headers_are_no_message():
    assert parsed(b"\n\nno headers").status is ParseStatus.MALFORMED


def test_messages_of_a_mailbox_become_documents_of_their_own():
    one = b"From a Mon\nFrom: a\nTo: b\nSubject: first\n\nx\n"
    two = b"From b Tue Mar  5 10:00:00 2024\nFrom: c\nTo: d\nSubject: second\n\ny\n"
    document = parsed(one + b"\n" + two, Kind.MBOX)
    assert [attachment.name for attachment in document.attachments] == ["message 1.eml", "message 2.eml"]
    assert document.text == "first\n\nsecond"


def test_a_line_that_a_mailbox_had_to_quote_is_as_it_was_written():
    mailbox = b"From a Mon\nFrom: a\nTo: b\nSubject: s\n\nHello\n>From here on\n"
    (message,) = parsed(mailbox, Kind.MBOX).attachments
    assert "Hello\nFrom here on" in parsed(message.data).text


def test_what_mail_programs_quote_in_html_is_told_from_what_is_new():
    mail = message("")
    mail.set_content(
        "<p>New.</p><div class='gmail_quote'><p>On Monday Bo wrote:</p><blockquote>Old.</blockquote></div>",
        subtype="html",
    )
    assert parts(parsed(mail))[1:] == [("body", "New."), ("quoted", "On Monday Bo wrote:\n\nOld.")]


def test_deeply_nested_parts_are_read_without_recursion():
    mail = b"From: a\nSubject: deep\n"
    for depth in range(60):
        mail += f'Content-Type: multipart/mixed; boundary="b{depth}"\n\n--b{depth}\n'.encode()
    mail += b"Content-Type: text/plain\n\nbottom\n"
    assert "bottom" in parsed(mail).text


def mixed(*parts_of_it):
    """Return a message of parts given as their headers and their content."""
    told = "".join(f"--x\n{headers}\n\n{content}\n" for headers, content in parts_of_it)
    return f"From: a@b.c\nSubject: s\nContent-Type: multipart/mixed; boundary=x\n\n{told}--x--\n".encode()


def test_a_part_without_a_name_that_is_no_text_of_the_message_is_an_attachment():
    document = parsed(
        mixed(
            ("Content-Type: text/plain", "See below"),
            ("Content-Type: application/pdf", "%PDF-1.4"),
            ("Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR"),
            ("Content-Type: image/png\nContent-ID: <1>", "logo"),
            ("Content-Type: text/css", "p { color: red }"),
        )
    )
    assert [one.name for one in document.attachments] == ["attachment 1.pdf", "attachment 2.ics"]


def test_a_page_that_word_saved_in_one_file_is_read_as_a_page():
    page = "<html><body><h1>Torques</h1><p>M8 =3D 18 Nm</p></body></html>"
    archive = (
        'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="x"\n\nThis is a Web archive\n\n'
        "--x\nContent-Location: file:///C:/a.htm\nContent-Transfer-Encoding: quoted-printable\n"
        f'Content-Type: text/html; charset="us-ascii"\n\n{page}\n'
        "--x\nContent-Location: file:///C:/a.png\nContent-Type: image/png\n\npixels\n--x--\n"
    ).encode()
    assert detect("guide.doc", archive) is Kind.EML
    document = parsed(archive)
    assert "M8 = 18 Nm" in document.text
    assert document.attachments == ()
