"""What lab 2's own kernel tries after each exercise (labs/lab2-process/checks): all that the
task names, with other values than the test kernels."""
from grading.lab2.shared import MAIN
from ringstep.grading.harness import Run, test


def nothing_is_wrong(run: Run, id: str, after: str) -> None:
    """The kernel came as far as the exercise `after`, and never stopped at this one."""
    wrong = [line for line in run.text.split("\n") if line.startswith(f"Exercise {id} is wrong")]
    run.expect(not wrong, "the lab's own kernel to find nothing wrong", wrong[0] if wrong else "")
    run.expect(f"\n{after} " in run.text, f"it to come to exercise {after}", run.stopped())


@test("2.1", MAIN, "frame_alloc")
def all_that_the_task_of_2_1_names(run: Run) -> None:
    """The lab's own kernel finds nothing wrong with exercise 2.1."""
    nothing_is_wrong(run, "2.1", "2.2")


@test("2.2", MAIN, "page_table_walk")
def all_that_the_task_of_2_2_names(run: Run) -> None:
    """The lab's own kernel finds nothing wrong with exercise 2.2."""
    nothing_is_wrong(run, "2.2", "2.3")


@test("2.3", MAIN, "page_map")
def all_that_the_task_of_2_3_names(run: Run) -> None:
    """The lab's own kernel finds nothing wrong with exercise 2.3."""
    nothing_is_wrong(run, "2.3", "2.4")


@test("2.4", MAIN, "create_user_page_table")
def all_that_the_task_of_2_4_names(run: Run) -> None:
    """The lab's own kernel finds nothing wrong with exercise 2.4."""
    nothing_is_wrong(run, "2.4", "2.5")


@test("2.5", MAIN, "allocate_kernel_stack")
def all_that_the_task_of_2_5_names(run: Run) -> None:
    """The lab's own kernel finds nothing wrong with exercise 2.5."""
    nothing_is_wrong(run, "2.5", "2.6")
