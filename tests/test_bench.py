"""make bench: counts that are exact, and a budget that is kept."""
from pathlib import Path
from typing import List

import pytest

from ringstep.bench import budget, command, growth, guest
from ringstep.bench.build import build
from ringstep.course.labs import CourseError, labs
from ringstep.machine.record import MachineError

ROOT = Path(__file__).parent.parent
CALLS = [row for row in guest.rows(ROOT) if row.test == "calls"]


def test_two_runs_differ_by_nothing() -> None:
    first, second = guest.count(ROOT, CALLS), guest.count(ROOT, CALLS)
    assert len(first) == len(CALLS) > 5 and first == second
    assert first["null call, the kernel's part"] < first["null call, as the program sees it"] < \
        first["write of 1 byte, the kernel's part"] < first["write of 64 bytes, the kernel's part"]


def test_the_two_emulators_count_the_same() -> None:
    """A call's way through the kernel, once by Bochs' breakpoints and once by QEMU's clock.
    QEMU counts one more for each `rep`; the compiler copies a trap frame with one."""
    bochs = guest.count(ROOT, CALLS)["null call, as the program sees it"]
    curves = growth.by_processes(ROOT, 64, 1)
    (processes, qemu), *_ = curves["null call"]
    assert processes == 1 and 0 <= qemu - bochs <= 3, (qemu, bochs)


@pytest.mark.slow
def test_sleepers_cost_nothing() -> None:
    """A switch, a fork and an end cost the same beside 1 and beside 1,000 processes that sleep;
    wait4() finds the record by its PID, which takes a few instructions for each process."""
    curves = growth.boot(build(ROOT, 4, "growth_sleepers").image, 256, 0)
    for what in ("switch", "fork", "the end of a process"):
        costs = [cost for _, cost in curves[what]]
        assert len(costs) == 4 and max(costs) <= 1.02 * min(costs), (what, curves[what])
    (few, least), *_, (many, most) = curves["wait4"]
    assert most - least <= 6 * (many - few), curves["wait4"]


def test_every_lab_has_rows_of_its_own() -> None:
    rows = guest.rows(ROOT)
    assert {row.lab for row in rows} == {lab.number for lab in labs(ROOT)}
    assert len({row.name for row in rows}) == len(rows)


def test_a_place_that_is_not_there_is_one_line() -> None:
    row = guest.Row("nothing", 1, "", "no_such_function", "kmain")
    with pytest.raises(MachineError, match="has no symbol no_such_function"):
        guest.count(ROOT, [row])
    row = guest.Row("never", 1, "", "kmain", "kmain#2")
    with pytest.raises(MachineError, match="has not come to kmain#2$"):
        guest.count(ROOT, [row])


def test_more_than_two_percent_is_a_sentence() -> None:
    allowed = {"null call": 100, "tick": 200, "gone": 1}
    assert list(budget.over(allowed, {"null call": 102, "tick": 150, "gone": 1})) == []
    said = list(budget.over(allowed, {"null call": 103, "new": 7}))
    assert len(said) == 4 and '"null call" costs 103 instructions, the budget is 100' in said[0]
    assert '"new" costs 7' in said[1] and {'"tick"', '"gone"'} == {s.split()[0] for s in said[2:]}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with a budget of its own, and rows that are not counted again."""
    counts = {"null call": 100, "tick": 200}
    (tmp_path / "grading").mkdir()
    tools = budget.tools(build(ROOT, 1).kernel)
    budget.write(tmp_path, tools, counts)
    rows: List[guest.Row] = []
    monkeypatch.setattr(guest, "rows", lambda root: rows)
    monkeypatch.setattr(guest, "count", lambda root, only: counts)
    monkeypatch.setattr(command, "made_by", lambda root: tools)
    return tmp_path


def test_a_changed_number_fails_the_check(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.check(tree) == 0 and "2 rows" in capsys.readouterr().out
    file = tree / budget.FILE
    file.write_text(file.read_text().replace(" 100  null call", "  97  null call"))
    assert command.check(tree) == 1
    assert capsys.readouterr().err.startswith(
        '"null call" costs 100 instructions, the budget is 97: make it cheaper')
    assert command.accept(tree) == 0 and capsys.readouterr().out == "null call: 97 → 100\n"
    assert command.check(tree) == 0


def test_another_compiler_is_not_compared(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tree / budget.FILE
    file.write_text(file.read_text().replace("for: gcc ", "for: gcc 99.").replace("100", "1"))
    assert command.check(tree) == 0 and "not compared" in capsys.readouterr().out
    file.write_text("nothing")
    with pytest.raises(CourseError, match="make bench-accept"):
        command.check(tree)
