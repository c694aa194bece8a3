# course.mk - for those who run the course and who change it. An edition has no such file.

.PHONY: autograder edition gather grade-all gradebook skeletons check lint check-all \
    check-nightly check-stable mutants bench bench-accept bench-pictures stats handouts-refresh handouts-check \
    hostile fuzz demo-attacks

edition:                ##i write the tree that students get: LAB=n [TO=dir] [REPO_URL=] [TITLE=] [HINTS=0..3]
	@$(python) classroom edition $(number) --to "$$TO" --repo-url "$$REPO_URL" --title "$$TITLE" \
	    --hints "$$HINTS"

grade-all:              ##i grade each hand-in of a folder: DIR=… [LAB=n] [ROSTER=csv] [JOBS=n] [REPORT=dir]
	$(if $(ONLY),$(error ONLY=$(ONLY): grade-all grades whole labs))
	@$(python) classroom grade-all --dir "$$DIR" --lab "$(chosen_lab)" --report "$$REPORT" \
	    --roster "$$ROSTER" --jobs "$$JOBS"

gather:                 ##i the table of what a cluster has graded: DIR=… [LAB=n] [ROSTER=csv] [REPORT=dir]
	@$(python) classroom gather --dir "$$DIR" --lab "$(chosen_lab)" --report "$$REPORT" --roster "$$ROSTER"

# Of a checkout only what belongs to the course.
autograder:             ##i the zip that Gradescope wants, for LAB=n: build/autograder-labN.zip
	@rm -rf $(BUILD)/autograder $(BUILD)/autograder-lab$(number).zip && mkdir -p $(BUILD)/autograder/course
	@{ git ls-files 2>/dev/null | grep . || find . -type f | sed 's,^\./,,'; } | \
	    grep -E '^(Makefile|setup|(labs|solutions|grading|tools)/)' | grep -Ev '^grading/mutants/|\.pyc$$' | \
	    tar cf - -T - | tar xf - -C $(BUILD)/autograder/course
	@sed 's/--lab LAB/--lab $(number)/' tools/adapters/run_autograder > $(BUILD)/autograder/run_autograder
	@cp tools/adapters/setup.sh $(BUILD)/autograder && chmod +x $(BUILD)/autograder/run_autograder
	@cd $(BUILD)/autograder && $(PYTHON) -m zipfile -c ../autograder-lab$(number).zip setup.sh run_autograder course
	@rm -r $(BUILD)/autograder && echo "$(BUILD)/autograder-lab$(number).zip"

gradebook:              ##i what was graded as Moodle or Canvas imports it: ROSTER=csv [LAB=n] [REPORT=dir]
	@$(python) classroom gradebook --lab "$(chosen_lab)" --report "$$REPORT" --roster "$$ROSTER"

skeletons:              ##c make the students' files anew from the solutions
	@$(python) skeleton write

cores  = $(shell nproc 2>/dev/null || echo 2)
pytest = PYTHONPATH=tools $(PYTHON) -B -m pytest -q -p no:cacheprovider -n $(cores)

# Of the wrong kernels: those that a change since BASE touches, and a SHARE of the others,
# another one at each commit.
SHARE ?= 1/1
BASE  ?= $(shell git rev-parse -q --verify HEAD~1 2>/dev/null)
share  = --share $(SHARE) --seed "$(shell git rev-parse HEAD 2>/dev/null)"
some   = $(share) $(BASE:%=--changed %)

check:                  ##c the tests, in about four minutes
	@$(python) skeleton check
	@$(python) bench check
	@$(pytest) -m "not slow" tests

lint:                   ##c what linters say: flake8, mypy, shellcheck, cppcheck, clang-format
	@tools/lint.sh

check-all: check lint   ##c what runs before a change lands [BASE=commit]
	@$(python) mutants quick $(some:1/1=1/4)
	@$(pytest) -m slow $(share:1/1=1/4) tests
	@tools/matrix.sh
	@$(MAKE) mutants SHARE=1/8

check-nightly: check lint ##c every test there is, with every wrong kernel
	@$(pytest) -m slow tests
	@tools/matrix.sh
	@$(MAKE) mutants

mutants:                ##c grade every wrong kernel, every cheat and every other right solution
	@$(python) mutants full $(some)
	@$(python) mutants right $(some)
	@$(python) mutants cheats $(some)

check-stable:           ##c grade the same things 20 times, half of them beside busy loops
	@$(pytest) tests/stable.py

hostile:                ##c programs that want the kernel's end, on both emulators [ROW=name]
	@$(python) hostile rows "$$ROW"

demo-attacks:           ##c five attacks, on a kernel without the defence and on the finished one
	@$(python) attacks

fuzz:                   ##c random programs in ring 3 [SEED=n] [PROGRAMS=n]
	@$(python) hostile fuzz "$$SEED" "$$PROGRAMS"

bench:                  ##c what things cost: guest instructions, exactly, and CPU time here
	@$(python) bench

bench-accept:           ##c make what things cost now the budget that `make check` compares with
	@$(python) bench accept
	@$(python) handouts refresh further

bench-pictures:         ##c draw what things cost beside many processes and in much memory
	@$(python) bench pictures

handouts-refresh:       ##c renew what the handouts quote from the code and from runs of it
	@$(python) handouts refresh

handouts-check:         ##c check the handouts against the code
	@PYTHONPATH=tools $(PYTHON) -B tests/page_checks.py

stats:                  ##c count lines by folder and language
	@tools/stats.sh

# The compiler does not say what an assembler includes.
$(foreach file,lab3/hostile lab4/hostile_forks lab5/hostile_syscalls lab5/hostile_files, \
    $(objects)/grading/$(file).o): $(wildcard grading/hostile/*.S)
