"""Showing what a kernel sends over its serial port, on a terminal that it must not command."""
import codecs
import sys
from typing import Dict

# C0 but for tab, newline and carriage return; DEL; C1.
CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
VISIBLE: Dict[int, str] = {code: f"\\x{code:02x}" for code in CONTROLS if chr(code) not in "\t\n\r"}


class Terminal:
    """Gets serial bytes as they come, and shows them: control characters, and what is no
    UTF-8, as \\x1b and the like."""

    def __init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def __call__(self, data: bytes, last: bool = False) -> None:
        text = self.decoder.decode(data, last).translate(VISIBLE)
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()

    def end(self) -> None:
        """The last character may have been cut off."""
        self(b"", last=True)
