"""What lab 5's kernel must have done with keys and with files."""
from grading.lab5.shared import (ARCHIVES, MAIN, TYPING, gives, nothing_is_lost, reports, result_is,
                                 said, text_of)
from ringstep.grading.harness import Run, test

FILES = 12


def line_is(run: Run, what: int, keys: str, expected: str, count: int = -1) -> None:
    """A read, reported under two numbers, and the first eight bytes that it gave."""
    gives(run, what, f"read() after the keys {keys!r}", len(expected) if count < 0 else count)
    run.equal(f"the bytes that {keys!r} gives:", repr(text_of(said(run, what + 1, "its bytes"))),
              repr(expected[:8]), "{}")


# ---- 5.1 ----

@test("5.1", TYPING, "console_read")
def a_line_at_a_time(run: Run) -> None:
    """A read gives one line, with its end; the next one gives the next."""
    line_is(run, 100, "hello\n", "hello\n")
    line_is(run, 106, "a\nbc\n", "a\n")
    line_is(run, 108, "a\nbc\n", "bc\n")
    line_is(run, 118, "\n", "\n")


@test("5.1", TYPING, "console_read")
def a_line_that_is_not_ready(run: Run) -> None:
    """While a line is being typed there is nothing to read: it comes as a whole."""
    line_is(run, 124, "par, and later t\n", "part\n")


@test("5.1", TYPING, "console_read")
def the_rest_of_a_line(run: Run) -> None:
    """A read with little room gives what fits, and the next one the rest of the line."""
    line_is(run, 102, "abcdef\n", "abc")
    line_is(run, 104, "abcdef\n", "def\n")


@test("5.1", TYPING, "console_read")
def end_of_file(run: Run) -> None:
    """Ctrl-D alone gives 0; behind some keys it ends their line, and is no part of it."""
    line_is(run, 110, "Ctrl-D", "")
    line_is(run, 112, "xyz Ctrl-D q\n", "xyz")
    line_is(run, 114, "xyz Ctrl-D q\n", "q\n")
    line_is(run, 116, "ab, erase, c\n", "ac\n")
    line_is(run, 120, "xyz Ctrl-D q\n", "xyz")
    line_is(run, 122, "xyz Ctrl-D q\n, once three bytes were read", "q\n")


@test("5.1", TYPING, "serial_interrupt")
def every_byte(run: Run) -> None:
    """As many bytes as the UART keeps come with one interrupt, and none is lost, or late."""
    line_is(run, 200, "0123456789abcdef and ghi\n", "01234567", 20)
    run.equal("lines of 75 that came wrong:", said(run, 202, "its count"), 0, "{}")


@test("5.1", TYPING, "console_read")
def bad_buffers(run: Run) -> None:
    """A buffer that ring 3 may not write gives -EFAULT, and the line is there for the next."""
    for what, where in ((300, "in the null page"), (301, "in the kernel's half"),
                        (302, "in read-only code")):
        gives(run, what, f"read() to a buffer {where}", "EFAULT")
    line_is(run, 304, "keep\n", "keep\n")


@test("5.1", TYPING, "console_read")
def who_waits_is_woken(run: Run) -> None:
    """A process waits in `readers` while there is no line; of two who wait one gets it."""
    run.equal("the PID that waits for a line:", said(run, 400, "who waits"),
              said(run, 401, "its PID"), "{}")
    line_is(run, 402, "to you\n", "to you\n")
    run.equal("the status of the first child that has a line", said(run, 411, "it"), 0x3100)
    run.equal("another one to wait still:", said(run, 412, "that"), 1, "{}")
    run.equal("the status of the second one", said(run, 413, "it"), 0x3200)
    run.equal("what their reads gave:", sorted(reports(run, 410)), [2, 3], "{}")


@test("5.1", TYPING, "serial_interrupt")
def control_c(run: Run) -> None:
    """Ctrl-C ends who sleeps, who waits for a line and who runs, and not who started them."""
    for what in (500, 502, 504):
        run.equal("a child to have ended:", said(run, what, "that"), 1, "{}")
        run.equal("its status", said(run, what + 1, "its status"), run.constant("SIGINT"), "{}")
    line_is(run, 510, "on\n", "on\n")
    nothing_is_lost(run)


@test("5.1", MAIN, "console_read")
def typed_in_the_lab(run: Run) -> None:
    """What the lab's own kernel types comes back from a program."""
    run.expect("Hello, ring 3!\r\nHello, ring 3!" in run.text
               or "Hello, ring 3!\nHello, ring 3!" in run.text.replace("\r", "").replace(
                   "4\b \b", ""), "the line, shown while it is typed, and from the program",
               run.stopped())


# ---- 5.2 ----

def letters(run: Run, number: int, start: int, count: int) -> bytes:
    """Bytes of file `number` from this run's letters, as archives.c makes them."""
    text = run.greeting[-32:]
    return bytes(text[(at + number + 1) % 32] for at in range(start, start + count))


def digest(data: bytes) -> int:
    value = 0
    for byte in data:
        value = (value * 31 + byte) % (1 << 64)
    return value


@test("5.2", ARCHIVES, "archive_find")
def each_file_is_found(run: Run) -> None:
    """A file's bytes are those behind its own header, as many as that says, whatever its size."""
    made = run.groups("made at", FILES)
    for number, (file, found) in enumerate(zip(made, run.groups("found", FILES))):
        name = f"file{number}"
        result_is(run, f'archive_find("{name}")', found["found"], 0)
        run.equal(f"the place of {name}:", found["at"], file["made at"])
        run.equal(f"the size of {name}:", found["size"], file["made size"], "{}")


@test("5.2", ARCHIVES, "archive_find")
def names(run: Run) -> None:
    """A name is the whole name, with its prefix, up to the last byte of the field."""
    places = run.values("place", 4)
    for what, place, size in (("longest", 0, 20), ("with a prefix", 1, 30), ("twice", 2, 40)):
        found = run.groups(what)[0]
        result_is(run, f"archive_find() of a name ({what})", found[what], 0)
        run.equal(f"its place ({what}):", found["at"], places[place])
        run.equal(f"its size ({what}):", found["size"], size, "{}")
    for what, error in (("a part of a name", "EIO"), ("a name and more", "EIO"),
                        ("without its prefix", "EIO"), ("absent", "ENOENT"),
                        ("a folder", "EISDIR")):
        result_is(run, f"archive_find() of {what}", run.value(what), error)


@test("5.2", ARCHIVES, "archive_find")
def damaged(run: Run) -> None:
    """Behind a damaged header nothing is known: -EIO; so it is with a file that is cut short."""
    result_is(run, "archive_find() behind a damaged header",
              run.value("behind a damaged header"), "EIO")
    result_is(run, "archive_find() once it is mended", run.value("mended"), 0)
    result_is(run, "archive_find() of a file that is cut short", run.value("cut short"), "EIO")


@test("5.2", ARCHIVES, "file_read")
def bytes_of_files(run: Run) -> None:
    """Reads in pieces give all bytes in their order, and then 0."""
    for number, file in enumerate(run.groups("made at", FILES)):
        size = file["made size"]
        run.equal(f"the bytes that reads of file{number} give:",
                  said(run, 100 + number, f"the bytes of {number}"), size, "{}")
        run.equal(f"a digest of the bytes of file{number}:", said(run, 200 + number, "it"),
                  digest(letters(run, number, 0, size)))
        gives(run, 300 + number, "read() at the end of it", 0)


@test("5.2", ARCHIVES, "file_read")
def places(run: Run) -> None:
    """A read goes on where the last one ended, or where lseek() says; past the end it gives 0."""
    size = run.groups("made at", FILES)[9]["made size"]
    gives(run, 404, "read() from byte 8000 on", 100)
    run.equal("a digest of these bytes:", said(run, 405, "it"), digest(letters(run, 9, 8000, 100)))
    for what in (407, 409):
        gives(run, what, f"read() of a file of {size} bytes, past its end", 0)
    gives(run, 410, "read() of more than there is, five bytes before the end", 5)


@test("5.2", ARCHIVES, "file_read")
def two_at_once(run: Run) -> None:
    """The same file, opened twice, has two places."""
    for what, call, expected in ((411, "read() of 1000 bytes", 1000),
                                 (412, "read() of 100 by the second descriptor", 100)):
        gives(run, what, call, expected)
    for what, which, place in ((413, "first", 1000), (414, "second", 100)):
        run.equal(f"a digest of 100 bytes by the {which} descriptor, from {place} on:",
                  said(run, what, "it"), digest(letters(run, 9, place, 100)))


@test("5.2", ARCHIVES, "file_read")
def files_to_bad_buffers(run: Run) -> None:
    """A buffer that ring 3 may not write gives -EFAULT, and the place does not change."""
    for what, where in ((400, "in the kernel's half"), (401, "in read-only code")):
        gives(run, what, f"read() to a buffer {where}", "EFAULT")
    gives(run, 402, "lseek(0, SEEK_CUR) after it", 0)
    nothing_is_lost(run)
