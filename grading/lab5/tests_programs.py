"""What lab 5's kernel must have done to turn one program into another."""
from typing import Dict, List

from grading.lab5.shared import (BLOCKS, EXECUTING, MAIN, gives, nothing_is_lost, result_is, said,
                                 text_of)
from ringstep.grading.harness import Group, Run, test

WORD = 8


def blocks(run: Run) -> Dict[str, Group]:
    """The blocks of blocks.c, by what was put into them."""
    names = ("no arguments", "an empty one", "seven", "eight", "three hundred", "a long one",
             "too many", "too long")
    return {name: run.groups(name, 1)[0] for name in names}


class Block:
    """A block as the program would find it: read from the frame, by the program's addresses."""

    def __init__(self, run: Run, name: str, group: Group):
        self.run, self.name = run, name
        self.top = run.constant("USER_STACK_TOP")
        self.bottom = self.top - run.constant("PAGE_SIZE")
        self.page = run.memory.read(group["frame"], run.constant("PAGE_SIZE"))
        self.rsp = group["rsp"]
        run.expect(self.bottom <= self.rsp < self.top, f"a stack pointer in the last page ({name})",
                   f"it is {self.rsp:#x}")

    def word(self, number: int) -> int:
        at = self.rsp - self.bottom + WORD * number
        return int.from_bytes(self.page[at:at + WORD], "little")

    def string(self, number: int) -> bytes:
        address = self.word(1 + number)
        self.run.expect(self.bottom <= address < self.top,
                        f"argv[{number}] to be in the page ({self.name})", f"it is {address:#x}")
        return self.page[address - self.bottom:].split(b"\0")[0]


def made(run: Run) -> Dict[str, List[bytes]]:
    """What blocks.c has put into them, from this run's letters: the first byte is fixed."""
    letters = run.greeting[-32:]

    def one(number: int, length: int, first: int) -> bytes:
        return bytes(letters[(at + number) % 32] if at else first for at in range(length))
    return {
        "no arguments": [], "an empty one": [b""],
        "seven": [one(i, 1 + 5 * i, ord("a") + i) for i in range(7)],
        "eight": [one(i, 4, ord("A") + i) for i in range(8)],
        "three hundred": [one(i, 1, ord("0") + i % 10) for i in range(300)],
        "a long one": [one(0, 3900, ord("L"))],
    }


# ---- 5.3 ----

@test("5.3", BLOCKS, "arguments_push")
def the_count_and_the_alignment(run: Run) -> None:
    """The stack pointer is a multiple of 16, and argc lies there."""
    for name, group in blocks(run).items():
        if name.startswith("too"):
            continue
        result_is(run, f"arguments_push() ({name})", group["result"], 0)
        block = Block(run, name, group)
        run.expect(block.rsp % 16 == 0, f"a stack pointer that is a multiple of 16 ({name})",
                   f"it is {block.rsp:#x}")
        run.equal(f"argc ({name}):", block.word(0), group[name], "{}")


@test("5.3", BLOCKS, "arguments_push")
def every_string(run: Run) -> None:
    """argv has the address of each string, in their order, as the program sees it."""
    for name, expected in made(run).items():
        block = Block(run, name, blocks(run)[name])
        for number, string in enumerate(expected):
            run.equal(f"argv[{number}] ({name}):", block.string(number), string, "{}")


@test("5.3", BLOCKS, "arguments_push")
def ends_of_the_vectors(run: Run) -> None:
    """argv ends with 0, the environment, too, and then comes the auxiliary vector."""
    for name, expected in made(run).items():
        block, count = Block(run, name, blocks(run)[name]), len(expected)
        words = [block.word(1 + count + i) for i in range(6)]
        run.equal(f"the words behind argv ({name}):", words,
                  [0, 0, run.constant("AT_PAGESZ"), run.constant("PAGE_SIZE"),
                   run.constant("AT_NULL"), 0], "{}")


@test("5.3", BLOCKS, "arguments_push")
def no_room(run: Run) -> None:
    """What has no room in the page gives -E2BIG, and nothing is written."""
    for name in ("too many", "too long"):
        group = blocks(run)[name]
        result_is(run, f"arguments_push() ({name})", group["result"], "E2BIG")
        run.equal(f"bytes that were written ({name}):", group["bytes in use"], 0, "{}")
    run.ended_well()


@test("5.3", BLOCKS, "arguments_push")
def near_the_limit(run: Run) -> None:
    """Up to the last byte that fits a block is right, and nowhere is it outside of its page."""
    for what in ("blocks that are wrong", "bytes outside of the page", "taken though too large",
                 "refused though there is room"):
        run.equal(f"of 188 sizes near the limit, {what}:", run.value(what), 0, "{}")


@test("5.3", MAIN, "arguments_push")
def in_the_lab(run: Run) -> None:
    """The lab's own kernel goes on with the next exercise."""
    run.expect("\n5.4 " in run.text.replace("\r", ""), "exercise 5.4 to be reached", run.stopped())


# ---- 5.4 ----

@test("5.4", EXECUTING, "sys_execve")
def what_cannot_be_executed(run: Run) -> None:
    """A program that is not there, a folder, a text, a bad address: the error, and it goes on."""
    for what, why, error in ((100, "that is not there", "ENOENT"), (102, "the folder /", "ENOENT"),
                             (104, "that is a text", "ENOEXEC"),
                             (106, "with a name of 299 bytes", "ENAMETOOLONG"),
                             (108, "at a bad address", "EFAULT"),
                             (110, "with a bad argv", "EFAULT"),
                             (112, "with a bad argv[1]", "EFAULT"),
                             (114, "with 599 arguments", "E2BIG")):
        gives(run, what, f"execve() of a program {why}", error)
        run.equal(f"frames that are lost by execve() of a program {why}:",
                  said(run, what + 1, "them"), 0, "{}")


@test("5.4", EXECUTING, "sys_execve")
def memory_runs_out(run: Run) -> None:
    """Where frames run out in the middle: -ENOMEM, the caller goes on, and none is lost."""
    run.equal("failures for want of memory:", said(run, 120, "them"), 7, "{}")
    run.equal("frames that are lost:", said(run, 121, "them"), 0, "{}")


@test("5.4", EXECUTING, "sys_execve")
def it_starts_anew(run: Run) -> None:
    """Registers are those of a program's start, in a page table of its own."""
    done = [group for group in run.groups("execve") if group["execve"] == 0]
    run.expect(len(done) == 2, "two processes that have executed a program",
               f"there are {len(done)}; {run.stopped()}")
    for group in done:
        run.equal("RIP, the file's entry point:", group["rip"], run.constant("USER_PROGRAM_BASE"))
        run.equal("CS", group["CS"], run.constant("SELECTOR_USER_CODE"))
        run.equal("SS", group["SS"], run.constant("SELECTOR_USER_DATA"))
        run.equal("RFLAGS", group["rflags"], 0x202)
        run.equal("all general registers, or-ed:", group["any other register"], 0)
        run.expect(group["rsp"] % 16 == 0 and group["rsp"] < run.constant("USER_STACK_TOP"),
                   "RSP as arguments_push() says", f"it is {group['rsp']:#x}")
        run.equal("CR3, the record's page table:", group["CR3"], group["page table"])
        run.expect(group["page table"] != group["the old one"], "another page table",
                   f"it is still {group['the old one']:#x}")
    for stop in run.snapshots("destroy_user_page_table"):
        run.expect(stop.registers.cr3 != stop.registers["rdi"],
                   "a page table to be destroyed that is not in CR3",
                   f"{stop.registers['rdi']:#x} is in CR3 still")


@test("5.4", EXECUTING, "sys_execve")
def arguments_arrive(run: Run) -> None:
    """The program gets argc and argv, and its data and zeroes are fresh."""
    for what, meaning, expected in ((201, "argc", 4), (202, "the four strings to be right:", 1),
                                    (203, "argv[argc] to be NULL:", 1),
                                    (206, "the sum of zeroes", 0)):
        run.equal(meaning, said(run, what, meaning), expected, "{}")


@test("5.4", EXECUTING, "sys_execve")
def same_process(run: Run) -> None:
    """PID, parent and open files stay."""
    run.equal("the child's PID after execve():", said(run, 200, "it"), said(run, 133, "its PID"),
              "{}")
    run.equal("its parent to have waited for it:", said(run, 131, "that"), 1, "{}")
    run.equal("its status", said(run, 132, "it"), 7 * 256, "{}")
    gives(run, 204, "read() of a file that was open before", 8)
    run.equal("the bytes from its place on:", said(run, 205, "them").to_bytes(8, "little"),
              b"te went ", "{}")
    names = [text_of(group["its name"]) for group in run.groups("execve") if not group["execve"]]
    run.equal("the names in /processes, of both that were executed:", names,
              ["executed", "executed"], "{}")


@test("5.4", EXECUTING, "sys_execve")
def execve_leaves_nothing(run: Run) -> None:
    """Of the old program no frame is left, and none was freed that somebody shares."""
    nothing_is_lost(run)
