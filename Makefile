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

# Sorted as numbers: those of one digit, then those of two.
LABS   := $(notdir $(wildcard labs/lab?-*) $(wildcard labs/lab??-*))
LAB    ?= $(lastword $(LABS))
SOLVED ?=
TEST   ?=
OPT    ?= -Og
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)

number_of = $(firstword $(subst -, ,$(1:lab%=%)))
numbers   := $(foreach l,$(LABS),$(call number_of,$l))
ifeq ($(origin lab),command line)
$(error lab=$(lab): LAB= is written in capitals)
endif
lab       := $(firstword $(filter $(LAB) $(LAB)-% lab$(LAB)-%,$(LABS)))
number    := $(call number_of,$(lab))
ifeq ($(lab),)
$(error LAB=$(LAB): there is no such lab, only $(numbers): $(LABS))
endif

# They work without a compiler, and where nothing can be written.
builds_nothing := clean contract doctor fuzz grade handin help linux-program open stats

include tools/typed.mk
include tools/build.mk
include tools/targets.mk
-include tools/course.mk

# ---- the course ----------------------------------------------------------

python = PYTHONPATH=tools $(PYTHON) -B -m ringstep
.PHONY: demo grade handin open reset handouts

last = $(lastword $(LABS))
demo:                   ## boot the last lab, finished
	$(if $(wildcard solutions/$(last) demo/*.img),,$(error make demo: the solutions of $(last) are not in this tree))
	@$(if $(wildcard solutions/$(last)),$(MAKE) qemu-nox LAB=$(last) SOLVED=all, \
	    $(python) qemu-nox --image demo/ringstep.img --kernel "" --last "$(BUILD)/last-run")

grade:                  ## grade your work [LAB=n] [SUBMISSION=dir-or-tar.gz] [REPORT=dir] [ONLY=1.2] [SEED=x]
	@$(python) grade --lab "$(chosen_lab)" \
	    --submission "$$SUBMISSION" --report "$$REPORT" --only "$$ONLY"

# All labs, unless one was named.
ifneq ($(origin LAB),file)
chosen_lab := $(number)
endif

handin:                 ## pack your exercise files, of all labs or of LAB=n
	@$(python) classroom handin $(chosen_lab)

open:                   ## write a tree with a hand-in's exercises, to boot them: SUBMISSION=dir-or-tar.gz
	@$(python) classroom open "$$SUBMISSION"

reset:                  ## start one exercise over, keeping your version: EX=1.2
	@$(python) skeleton reset "$$EX"

handouts:               ## build the handouts as a site and a PDF, in build/handouts
	@$(python) handouts site && $(python) handouts pdf
