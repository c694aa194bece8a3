# typed.mk - what a user types reaches the tools as it is: $(rm) in a file's name, say, is
# obeyed by neither make nor the shell, where a recipe writes "$$SUBMISSION".
override export SUBMISSION := $(value SUBMISSION)
override export REPORT     := $(value REPORT)
override export DIR        := $(value DIR)
override export ROSTER     := $(value ROSTER)
override export JOBS       := $(value JOBS)
override export FILE       := $(value FILE)
override export ONLY       := $(value ONLY)
override export EX         := $(value EX)
override export ROW        := $(value ROW)
override export GDBFLAGS   := $(value GDBFLAGS)
