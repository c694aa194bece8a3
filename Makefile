# The front door. `make help` lists every target; each works here (with LAB=,
# a number or a name, default the last lab) and in a lab's directory.
#
# A kernel is built from layers: the directories of labs 1 to LAB. One object
# serves all labs and all selections of exercises, since its path mirrors its
# source's; only the link differs, and has a folder of its own for each selection.

MAKEFLAGS += --no-print-directory --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# ---- what to build -------------------------------------------------------

LABS   := $(notdir $(sort $(wildcard labs/lab*)))
LAB    ?= $(lastword $(LABS))
SOLVED ?=
TEST   ?=
OPT    ?= -Og
EX     ?=

ifeq ($(origin lab),command line)
$(error lab=$(lab): LAB= is written in capitals)
endif
lab    := $(firstword $(filter $(LAB) $(LAB)-% lab$(LAB)-%,$(LABS)))
number := $(firstword $(subst -, ,$(lab:lab%=%)))
ifeq ($(lab),)
$(error LAB=$(LAB): there is no such lab, only $(foreach l,$(LABS),$(firstword $(subst -, ,$(l:lab%=%)))): $(LABS))
endif

# Layers in order: this lab's is the last.
layers := $(foreach l,$(LABS),$(if $(stop),,$(l)$(if $(filter $l,$(lab)),$(eval stop := 1))))

include tools/build.mk
include tools/targets.mk
-include tools/handouts.mk

# ---- the course ----------------------------------------------------------

python = PYTHONPATH=tools $(PYTHON) -B -m ringstep
.PHONY: demo grade handin edition grade-all reset skeletons check check-all check-stable mutants bench

demo:                   ## boot the finished lab 3: Hello from Ring 3!
	@$(MAKE) qemu-nox LAB=$(lastword $(LABS)) SOLVED=all

grade:                  ## grade your work [LAB=n] [SUBMISSION=dir-or-tar.gz] [REPORT=dir] [ONLY=1.2]
	@$(python) grade --lab "$(chosen_lab)" \
	    --submission "$(SUBMISSION)" --report "$(REPORT)" --only "$(ONLY)"

chosen_lab = $(if $(filter file,$(origin LAB)),,$(number))

handin:                 ## pack your exercise files, of all labs or of LAB=n
	@$(python) classroom handin $(chosen_lab)

edition:                ##i write the tree that students get for LAB=n
	@$(python) classroom edition $(number)

grade-all:              ##i grade each hand-in of a folder: DIR=… [LAB=n] [REPORT=dir]
	@$(python) classroom grade-all "$(DIR)" "$(chosen_lab)" "$(REPORT)"

reset:                  ## start one exercise over, keeping your version: EX=1.2
	@$(python) skeleton reset "$(EX)"

# ---- for those who work on the course ------------------------------------

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
