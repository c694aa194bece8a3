"""What pipes must have done in lab 5's kernel, and the shell in ring 3."""
from typing import List

from grading.lab5.shared import MAIN, PIPING, SHELLS, gives, nothing_is_lost, reports, said, text_of
from ringstep.grading.harness import Group, NotReached, Run, test

BIG = 10007
CONSOLE, READ_END, WRITE_END = 1, 2, 3
FULL, TO_CAT, NO_FORK, NO_PIPE, LAST = 11, 14, 16, 17, 18    # lines of shells.c


# ---- 5.5 ----

@test("5.5", PIPING, "pipe_read")
def bytes_in_their_order(run: Run) -> None:
    """A read gives what is there, as much as it has room for, in the order of the writes."""
    gives(run, 100, "pipe()", 0)
    for what, call, expected in ((101, "write() of 5 bytes", 5), (102, "write() of 8 bytes", 8),
                                 (103, "read() of 3 bytes", 3), (104, "read() of the rest", 10)):
        gives(run, what, call, expected)
    run.equal("the bytes to be right:", said(run, 105, "that"), 1, "{}")


@test("5.5", PIPING, "pipe_write")
def bad_ends_and_buffers(run: Run) -> None:
    """The wrong end is -EBADF, a bad buffer -EFAULT, and then nothing was taken or put."""
    for what, call, error in ((106, "read() at the end to write to", "EBADF"),
                              (107, "write() at the end to read from", "EBADF"),
                              (108, "write() of a bad buffer", "EFAULT"),
                              (110, "read() to a read-only page", "EFAULT")):
        gives(run, what, call, error)
    gives(run, 111, "read() afterwards", 4)


@test("5.5", PIPING, "pipe_read")
def the_end(run: Run) -> None:
    """Once nobody can write, a read gives what is left and then 0; a write without a reader
    gives -EPIPE."""
    for what in (112, 113):
        gives(run, what, "read() of an empty pipe that nobody writes to", 0)
    gives(run, 114, "write() to a pipe that nobody reads", "EPIPE")


@test("5.5", PIPING, "pipe_write")
def more_than_fits(run: Run) -> None:
    """A write of more than a pipe holds waits for room, and puts in all."""
    for what, call, expected in ((200, f"write() of {BIG} bytes", BIG),
                                 (201, "write() of 100", 100),
                                 (202, "the bytes of all reads", BIG + 100),
                                 (203, "the count of wrong bytes", 0)):
        gives(run, what, call, expected)


@test("5.5", PIPING, "pipe_close")
def the_last_close_wakes(run: Run) -> None:
    """Who waits to read gets 0, and who waits to write what it has written, at the last close."""
    gives(run, 300, "read() that waited until the last writer was gone", 0)
    run.equal("the one that held the end to have come to its end:", said(run, 301, "it"), 1, "{}")
    gives(run, 302, "write() that waited until the last reader was gone",
          run.constant("PIPE_SIZE"))
    gives(run, 303, "the next one", "EPIPE")


@test("5.5", PIPING, "pipe_read")
def several_at_each_end(run: Run) -> None:
    """With two readers and two writers no byte is lost and none comes twice."""
    run.equal("the bytes that both readers have read:", said(run, 400, "them"), 2 * 12 * 150, "{}")


@test("5.5", PIPING, "pipe_read")
def across_the_end(run: Run) -> None:
    """Bytes that lie across the end of the ring come as they were put in, and only from there."""
    for what, call, expected in ((600, "read() of 2000 bytes", 2000),
                                 (601, "write() of 100, over the end of the ring", 100),
                                 (602, "read() of them", 100),
                                 (603, "the count of wrong bytes", 0),
                                 (604, "read() from another pipe", 6)):
        gives(run, what, call, expected)
    run.equal("the other pipe's bytes:", repr(text_of(said(run, 605, "them"))), "'others'", "{}")


@test("5.5", PIPING, "pipe_read")
def half_a_buffer(run: Run) -> None:
    """A buffer of which only the second part is bad gives -EFAULT, and nothing was put or taken."""
    for what, call in ((606, "write() of 61 bytes, the last of them bad"),
                       (607, "read() over the ring's end, its second piece to a bad page")):
        gives(run, what, call, "EFAULT")
    gives(run, 608, "read() of four bytes afterwards", 4)
    run.equal("the first that was put in afterwards:", repr(text_of(said(run, 609, "it"))),
              "'keep'", "{}")


@test("5.5", PIPING, "pipe_read")
def one_is_quicker(run: Run) -> None:
    """Of two that wait and are woken one gets the bytes, and the other waits again."""
    said(run, 610, "what its read gave")
    run.equal("what the reads of both gave:", sorted(reports(run, 610)), [3, 4], "{}")


@test("5.5", PIPING, "pipe_close")
def frames_of_pipes(run: Run) -> None:
    """With both ends its frame is free, whichever is closed first."""
    run.equal("frames that twenty pipes have taken for good:", said(run, 500, "them"), 0, "{}")
    nothing_is_lost(run)


@test("5.5", MAIN, "pipe_write")
def in_the_lab_too(run: Run) -> None:
    """The lab's own programs pass 5,000 bytes."""
    run.expect("has read 5000 bytes, 0 of them wrong" in run.text, "5000 bytes, none of them wrong",
               run.stopped())


# ---- 5.6 ----

def line(run: Run, number: int) -> Group:
    """What the kernel saw when it typed a line of shells.c."""
    return next(group for group in lines(run) if group["line"] == number)


def lines(run: Run) -> List[Group]:
    return run.groups("line")


def lines_of_the_shell(run: Run) -> List[Group]:
    return [group for group in lines(run) if group["line"] != TO_CAT]


def answer(run: Run, typed: str) -> str:
    """What is printed behind a line that ends so, up to the next prompt."""
    return run.text.replace("\r", "").partition(f" {typed}\n")[2].partition("$ ")[0]


def executed(run: Run, number: int) -> List[Group]:
    """Who executed what after that line, in the order of their PIDs."""
    found: List[Group] = []
    at = -1
    for name, value in run.observed_so_far():
        if name == "line":
            at = value
        elif at == number and name == "executes":
            found.append(Group({name: value}))
        elif at == number and found and name not in found[-1]:
            found[-1][name] = value
    if at < number and not found:
        raise NotReached(f"the shell never came to line {number}: {run.stopped()}")
    return sorted(found, key=lambda group: group["executes"])


def name_is(run: Run, group: Group, expected: str) -> None:
    name = group.get("name", 0).to_bytes(8, "little").rstrip(b"\0").decode("latin-1")
    run.expect(name == expected[:8], f"{expected} to be executed", f"it is {name!r}")


@test("5.6", SHELLS, "run_line")
def one_command(run: Run) -> None:
    """A command runs in a child, with its arguments, at the console."""
    found = executed(run, 0)
    run.expect(len(found) == 1, "one process to execute a program", f"there are {len(found)}")
    name_is(run, found[0], "echo")
    run.equal("its number of arguments:", found[0]["arguments"], 2, "{}")
    run.equal("a child of the shell:", found[0]["its parent is the shell"], 1, "{}")
    for descriptor in (0, 1):
        run.equal(f"descriptor {descriptor} to be the console:",
                  found[0][f"descriptor {descriptor}"], CONSOLE, "{}")


def check_pipeline(run: Run, number: int, *names: str) -> None:
    found = executed(run, number)
    run.expect(len(found) == len(names), f"{len(names)} processes to execute programs",
               f"there are {len(found)}")
    for at, (group, name) in enumerate(zip(found, names)):
        name_is(run, group, name)
        run.equal(f"descriptor 0 of {name}:", group["descriptor 0"],
                  READ_END if at else CONSOLE, "{}")
        run.equal(f"descriptor 1 of {name}:", group["descriptor 1"],
                  WRITE_END if at + 1 < len(names) else CONSOLE, "{}")
        run.equal(f"open files of {name}:", group["open files"], 3, "{}")
        run.equal(f"{name} to be a child of the shell:", group["its parent is the shell"], 1, "{}")


@test("5.6", SHELLS, "run_line")
def pipelines(run: Run) -> None:
    """Each command has the ends of its pipes as descriptors 0 and 1, and no other file of them."""
    check_pipeline(run, 1, "echo", "cat")
    check_pipeline(run, 2, "echo", "cat", "wc")
    check_pipeline(run, 3, "cat", "cat", "cat", "wc")


@test("5.6", SHELLS, "run_line")
def all_start_before_one_is_waited_for(run: Run) -> None:
    """A command that fills its pipe does not keep the next one from being started."""
    for number, names in ((4, ["yes", "head"]), (FULL, ["cat", "true"])):
        found = executed(run, number)
        run.expect(len(found) == 2, f"{' and '.join(names)} to be executed",
                   f"only {len(found)} was: the shell waits, and nobody reads")


@test("5.6", SHELLS, "run_line")
def no_child_or_no_pipe(run: Run) -> None:
    """When a fork or a pipe is refused the shell says so, and waits for who was started."""
    for number, what, last in ((NO_FORK, "fork", "3"), (NO_PIPE, "pipe", "6")):
        count = len(executed(run, number))
        run.expect(count == 1 or what == "pipe" and count == 0,  # pipes may all come first
                   f"one command that is executed when the second {what} is refused",
                   f"commands that are executed: {count}")
        run.expect(bool(answer(run, f"echo {last}").strip()),
                   f"words about it when the second {what} is refused", "there are none")


@test("5.6", SHELLS, "run_line")
def what_comes_out(run: Run) -> None:
    """What the last command prints is there, and right."""
    text = run.text.replace("\r", "")
    for words in ("$ echo one\none\n", "a b\n$ ", "      1       1       6\n",
                  "      5      58     310\n", "y\n" * 10 + "$ "):
        run.expect(words in text, f"{words!r} on the console", run.stopped())


@test("5.6", SHELLS, "run_line")
def a_name_that_is_none(run: Run) -> None:
    """A name that cannot be executed is said, its child ends with 127, and the shell goes on."""
    run.expect(run.text.count("nosuch: no file of that name") == 3,
               "\"nosuch: no file of that name\" three times",
               f"it is there {run.text.count('nosuch: no file of that name')} times; "
               f"{run.stopped()}")
    statuses = [group["with"] for group in run.groups("exits")]
    run.expect(statuses.count(run.constant("EXIT_NO_PROGRAM")) == 3,
               "three children that exit with 127", f"statuses are {statuses}")


@test("5.6", SHELLS, "run_line")
def all_are_waited_for(run: Run) -> None:
    """When the next line is read no child is left, and the shell has no file more than before."""
    last = lines(run)[-1]["line"]
    run.equal("the last line that the shell reads:", last, LAST, "{}")
    for group in lines_of_the_shell(run):
        number = group["line"]
        run.equal(f"processes before line {number}:", group["processes"], 1, "{}")
        run.equal(f"open files of the shell before line {number}:",
                  group["open files of the shell"], 3, "{}")
        run.equal(f"who reads line {number} to be the shell:", group["reader is the shell"], 1,
                  "{}")


@test("5.6", SHELLS, "run_line")
def a_fault_and_the_end(run: Run) -> None:
    """A program that faults costs nothing, and after exit all frames are free."""
    for typed, says in (("crash", True), ("cat | crash", True), ("crash | cat", False)):
        words = answer(run, typed)
        run.expect(("ended by signal 11" in words) == says,
                   f"the shell to say {'' if says else 'nothing '}of signal 11 after `{typed}`",
                   f"it says {words!r}; {run.stopped()}")
    free = {group["free"] for group in lines_of_the_shell(run)[1:]}
    run.expect(len(free) == 1, "as many free frames before each line", f"there are {sorted(free)}")
    nothing_is_lost(run)


@test("5.6", MAIN, "run_line")
def the_whole_lab(run: Run) -> None:
    """The lab's own kernel comes to its end, with all frames free."""
    run.expect("Lab 5 is complete: no process is left" in run.text, "the end of lab 5",
               run.stopped())
    run.ended_well()
