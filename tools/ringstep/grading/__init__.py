"""From a submission to a verdict; and the grader's own tests."""
