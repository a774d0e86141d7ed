"""PDFs as a RIS would print them, and one whose text takes for ever."""

import io

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject


def pdf(lines: list[str]) -> bytes:
    """A PDF of one page with these lines, in a font that every reader has."""
    return _page(" ".join(f"({line}) Tj T*" for line in lines))


def endless_pdf(mark: str = "x") -> bytes:
    """Twenty kilobytes of PDF with a million lines: minutes, where a second is allowed."""
    return _page(f"({mark}) Tj T* " * 1_000_000)


def _page(shown: str) -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(612, 792)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 72 720 Td 14 TL {shown} ET".encode())
    page[NameObject("/Contents")] = stream.flate_encode()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
