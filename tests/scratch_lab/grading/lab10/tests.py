"""What lab 10's kernel must have done."""
from ringstep.grading.harness import Boot, Run, test

MAIN = Boot(10)
KERNEL = Boot(10, "answer_kernel")
PROGRAM = Boot(10, "nothing")


@test("10.1", KERNEL, "answer")
def the_answer(run: Run) -> None:
    """answer() gives ANSWER."""
    run.equal("answer()", run.seen("answer"), run.constant("ANSWER"), "{}")


@test("10.1", MAIN, "answer")
def the_answer_in_ring_3(run: Run) -> None:
    """A program gets the answer from a system call."""
    run.expect("[Answer Test] The answer is 42" in run.text, "the program's line", run.text[-80:])
