"""The exercises, and the students' files that are made from the solutions."""
