"""What lab 3's kernel must not have let a program do."""
import re

from grading.lab3.shared import (EBADF, EFAULT, FAULTED, FAULTS, GP, MAIN, RANGES, SYS_WRITE,
                                 WRITES, calls_of, lines_between)
from ringstep.grading.harness import signed, test
from ringstep.kernel import decode, symbols


def numbers(line, what):
    """What the number behind a word in a line can be: hexadecimal, or decimal without 0x."""
    found = re.search(rf"\b{what}:? *(0x)?([0-9a-fA-F]+)\b", line)
    if not found:
        return set()
    return {int(found[2], 16)
            } | ({int(found[2])} if not found[1] and found[2].isdecimal() else set())


# ---- 3.4 ----

LONGER = 900                    # output.c: by so much its bytes are more than one write takes


@test("3.4", WRITES, "sys_write")
def greeting_from_ring_3(run):
    """A text that the harness has chosen reaches the serial port from ring 3."""
    calls = [call for call in calls_of(run, "hello") if call.number == SYS_WRITE and call.rdx]
    run.expect(calls, "a system call write from ring 3", f"there was none: {run.stopped()}")
    call = calls[0]
    run.expect(call.rdi == 1 and call.rdx == len(run.greeting), f"write(1, …, {len(run.greeting)})",
               f"it was write({call.rdi}, …, {call.rdx})")
    run.equal("the system call to come from CS", call.cs, run.constant("SELECTOR_USER_CODE"))
    run.equal("the system call to come from SS", call.ss, run.constant("SELECTOR_USER_DATA"))
    start = run.starts()[0]
    text = start.memory.virtual(call.cr3, call.rsi, call.rdx)
    run.expect(text == run.greeting, f"the buffer to hold {run.greeting}", f"it holds {text}")
    run.expect(
        run.record.serial.count(run.greeting.replace(b"\n", b"\r\n")) == 1,
        f"{run.greeting.decode()!r} on the serial port, once", f"the text is {run.text[-200:]!r}")
    run.equal("the result of write", run.reports("hello").get(1), len(run.greeting), "{}")


@test("3.4", WRITES, "sys_write")
def write_of_nothing(run):
    """A write of no bytes gives 0, on the file descriptor 2 as well."""
    run.equal("write(2, text, 0) to give",
              signed(run.report("hello", 2, "what the second write gave")), 0, "{}")


@test("3.4", WRITES, "sys_write")
def whole_output(run):
    """File descriptor 2 prints, too; a long buffer arrives whole, whatever bytes are in it."""
    text = b"This is for file descriptor 2.\n"
    run.equal(f"write(2, text, {len(text)}) to give",
              signed(run.report("output", 1, "what write to 2 gave")), len(text), "{}")
    run.expect(run.record.serial.count(text.replace(b"\n", b"\r\n")) == 1,
               f"{text.decode()!r} on the serial port, once", f"the text is {run.text[-200:]!r}")
    sent = bytes(0 if i % 97 == 96 else ord("A") + i % 23
                 for i in range(run.constant("WRITE_MAX") + LONGER))
    run.report("output", 2, "what the long write gave")
    arrived = next(n for n in range(len(sent), -1, -1) if sent[:n] in run.record.serial)
    run.expect(
        arrived == len(sent),
        f"the {len(sent)} bytes of two writes on the serial port, with NUL bytes among them",
        f"only the first {arrived} are there in a row")


@test("3.4", WRITES, "sys_write")
def bounded_write(run):
    """A write takes WRITE_MAX bytes at most, and says so: no timer comes before it has ended."""
    most = run.constant("WRITE_MAX")
    whole = run.constant("USER_HALF_END") - run.program_symbol("output", "bytes")
    for what, length, expected in ((2, most + LONGER, most), (3, LONGER, LONGER),
                                   (4, 1 << 40, most), (5, whole, most)):
        run.equal(f"write(1, bytes, {length}) to give",
                  signed(run.report("output", what, f"what the write of {length} bytes gave")),
                  expected, "{}")


@test("3.4", WRITES, "user_range_check")
def bad_pointers(run):
    """Buffers that ring 3 may not read give -EFAULT, and print nothing."""
    calls = [call for call in calls_of(run, "pointers") if call.number == SYS_WRITE]
    for number in range(29):
        what = f"write(1, {calls[number].rsi:#x}, {calls[number].rdx:#x})" if number < len(
            calls) else "write"
        result = signed(run.report("pointers", number, f"what {what} gave"))
        if number < 4:
            run.equal(f"the good {what} to give", result, (1, 6, 1, 0)[number], "{}")
        else:
            run.equal(f"{what} to give", result, EFAULT, "{}")
    printed = re.sub(r"PID \d+: (first )?system call.*\n|PID \d+ exits with.*\n|No process.*\n", "",
                     lines_between(run, "pointers"))
    own = [e for e in run.exceptions() if e.cpl == 0]
    run.expect(not own, "each to be refused before the kernel touches it",
               f"{len(own)} exceptions came in the kernel, in copy_from_user() or elsewhere")
    run.expect(printed == "<across!", 'only "<across!" on the serial port',
               f"there is {printed[:200]!r}")


@test("3.4", WRITES, "sys_write")
def bad_file_descriptors(run):
    """Other file descriptors than 1 and 2 give -EBADF."""
    for what, fd in ((100, 0), (101, 3), (102, -1)):
        run.equal(f"write({fd}, …) to give",
                  signed(run.report("pointers", what, f"what write({fd}, …) gave")), EBADF, "{}")


@test("3.4", RANGES, "user_range_check")
def every_level_counts(run):
    """A page is the program's when P and U are set on all four levels; no byte is always fine."""
    run.equal("the check of three good pages to give", signed(run.groups("good")[0]["result"]), 0,
              "{}")
    for what, bit in (("level without PTE_U", "PTE_U"), ("level without PTE_P", "PTE_P")):
        groups = run.groups(what)
        run.expect(len(groups) == 4, "four levels", f"there are {len(groups)}")
        for group in groups:
            run.equal(f"the check of a page whose entry at level {group[what]} lacks {bit} to give",
                      signed(group["result"]), EFAULT, "{}")
    for group in run.groups("no byte at"):
        run.equal(f"the check of 0 bytes at {group['no byte at']:#x} to give",
                  signed(group["result"]), 0, "{}")


@test("3.4", RANGES, "user_range_check")
def every_page_counts(run):
    """Each page of a range counts, not only the first and the last one."""
    groups = run.groups("hole in page")
    run.expect(len(groups) == 3, "three pages", f"there are {len(groups)}")
    for group in groups:
        for what, pages in (("result", "three pages"), ("odd result",
                                                        "a range across three pages")):
            run.equal(
                f"the check of {pages}, of which number {group['hole in page'] + 1} is not "
                "mapped, to give",
                signed(group[what]), EFAULT, "{}")


@test("3.4", RANGES, "user_range_check")
def a_check_changes_nothing(run):
    """Where there is no table, the check makes none: a program would spend the kernel's memory."""
    for group in run.groups("no table at"):
        run.equal(f"the check of {group['no table at']:#x} to give", signed(group["result"]),
                  EFAULT, "{}")
    run.equal("frames that the checks take:", run.value("frames used by checks"), 0, "{}")


@test("3.4", MAIN, "sys_write")
def system_call_from_ring_3(run):
    """Hello from Ring 3: the lines of the first program, each written from ring 3."""
    expected = ["[Ring 3 Test] Hello from Ring 3!", "[Ring 3 Test] Hello from user space!",
                "[Ring 3 Test] Current PID: 1", "[Ring 3 Test] All tests passed! Exiting..."]
    lines = [line for line in run.text.split("\n") if "[Ring 3 Test]" in line]
    run.expect(lines == expected, f"the lines {expected}",
               f"there are {lines or 'none'}; {run.stopped()}")
    writes = [call for call in calls_of(run, "ring3_test")
              if call.number == SYS_WRITE and call.cs == run.constant("SELECTOR_USER_CODE")
              and call.ss == run.constant("SELECTOR_USER_DATA")]
    run.expect(
        sum(call.rdx == len(line) + 1 for line in expected for call in writes) >= 4,
        "a system call from ring 3 for each of them", f"{len(writes)} writes came from there")


# ---- 3.6 ----

@test("3.6", MAIN, "process_fault")
def privilege_protection(run):
    """cli in ring 3 is a #GP(0) at that instruction; only that process dies."""
    faults = [e for e in run.exceptions() if e.cpl == 3]
    run.expect([e.vector for e in faults] == [GP], "one #GP from ring 3",
               f"{[decode.vector(e.vector) for e in faults]}; {run.stopped()}")
    run.equal("its error code", faults[0].error_code, 0)
    program = "ring3_privilege_test"
    line = re.search(r"^#GP in PID 3: .*error code (?:0x)?0, rip (0x[0-9a-f]+), CPL 3$", run.text,
                     re.M)
    run.expect(line is not None,
               'the line "#GP in PID 3: general protection, error code 0, rip 0x…, CPL 3"',
               run.stopped())
    for rip in {int(line[1], 16), faults[0].rip or int(line[1], 16)}:
        code = symbols.load(run.programs[program]).bytes_at(rip, 1)
        run.expect(code == b"\xFA", "the address of the cli in it", f"it is {rip:#x}")
    run.ended_well()


@test("3.6", FAULTED, "process_fault")
def faults_kill_one_process(run):
    """Each of twelve forbidden things is an exception that kills its process and no other."""
    faults = [e for e in run.exceptions() if e.cpl == 3]
    for program, fault in zip(FAULTS, faults):
        vector, code, tried = FAULTS[program]
        run.expect(fault.vector == vector, f"{decode.vector(vector)} after {tried}",
                   f"{decode.vector(fault.vector)} came")
        if code is not None:
            run.equal(f"the error code after {tried}", fault.error_code, code)
        if fault.rip is not None and program != "run_stack":
            run.equal(f"the exception after {tried} at", fault.rip,
                      run.program_symbol(program, "the_fault"))
    run.expect(len(faults) == len(FAULTS), f"{len(FAULTS)} exceptions from ring 3",
               f"there were {len(faults)}; {run.stopped()}")
    run.start("exit_pid")
    run.ended_well()


@test("3.6", FAULTED, "process_fault")
def faults_are_reported(run):
    """Each exception is reported in one line with its process, name, error code, rip and CPL."""
    faults = dict(zip(FAULTS, (e for e in run.exceptions() if e.cpl == 3)))
    for program, (vector, code, tried) in FAULTS.items():
        mnemonic, name = decode.VECTORS[vector]
        start = f"{mnemonic} in PID {run.pid_of(program)}:"
        lines = [line for line in run.text.split("\n") if line.startswith(start)]
        run.expect(
            len(lines) == 1, f'one line "{start} …" after {tried}',
            f"there are {len(lines)}; {run.stopped()}")
        run.expect("CPL 3" in lines[0] and "rip 0x" in lines[0], "rip and CPL in it",
                   f'it is "{lines[0]}"')
        run.expect(name in lines[0], f'the name "{name}" in it', f'it is "{lines[0]}"')
        event = faults.get(program)
        if program == "run_stack":
            rip = run.constant("USER_STACK_TOP") - run.constant("ARGUMENT_BLOCK_SIZE")
        else:
            rip = run.program_symbol(program, "the_fault")
        run.expect(rip in numbers(lines[0], "rip"),
                   f"rip {rip:#x} in it, where the program has tried {tried}",
                   f'it is "{lines[0]}"')
        if event and event.vector == vector and event.error_code is not None:
            run.expect(event.error_code in numbers(lines[0], "error code"),
                       f"error code {event.error_code:#x} in it, which the processor has pushed",
                       f'it is "{lines[0]}"')
    run.expect(not re.search(r"FAILED|PANIC", run.text), "no panic", run.stopped())


@test("3.6", FAULTED, "process_fault")
def nothing_after_a_fault(run):
    """A process that has faulted executes nothing any more."""
    for program in FAULTS:
        run.expect(not run.reports(program), f"{program}.c to end at its fault",
                   "it went on after it")
    run.equal("secret.c to read what it wrote:", run.reports("secret").get(2), ord("s"))
