# course.mk - for those who run the course and who change it. An edition has no such file.

.PHONY: edition grade-all skeletons check check-all check-stable mutants bench stats \
    handouts-refresh handouts-check

edition:                ##i write the tree that students get for LAB=n
	@$(python) classroom edition $(number)

grade-all:              ##i grade each hand-in of a folder: DIR=… [LAB=n] [REPORT=dir]
	$(if $(ONLY),$(error ONLY=$(ONLY): grade-all grades whole labs))
	@$(python) classroom grade-all "$$DIR" "$(chosen_lab)" "$$REPORT"

skeletons:              ##c make the students' files anew from the solutions
	@$(python) skeleton write

pytest = PYTHONPATH=tools $(PYTHON) -B -m pytest -q -p no:cacheprovider -n $(shell nproc 2>/dev/null || echo 2)

check:                  ##c the tests, in about 90 seconds
	@$(python) skeleton check
	@$(pytest) -m "not slow" tests
	@$(python) mutants quick

check-all: check        ##c every test there is
	@$(pytest) -m slow tests
	@tools/matrix.sh
	@$(MAKE) mutants

mutants:                ##c grade every wrong kernel, every cheat and every other right solution
	@$(python) mutants full
	@$(python) mutants right
	@$(python) mutants cheats

check-stable:           ##c grade the same things 20 times, half of them beside busy loops
	@$(python) bench stable

bench:                  ##c how long things take here
	@$(python) bench

handouts-refresh:       ##c renew what the handouts quote from the code and from runs of it
	@$(python) handouts refresh

handouts-check:         ##c check the handouts against the code
	@$(python) handouts check

stats:                  ##c count lines by folder and language
	@$(python) stats
