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

lab    := $(firstword $(filter $(LAB) lab$(LAB)-%,$(LABS)))
number := $(firstword $(subst -, ,$(lab:lab%=%)))
ifeq ($(lab),)
$(error LAB=$(LAB): there is no such lab, only $(LABS))
endif

# Layers in order: this lab's is the last.
layers := $(foreach l,$(LABS),$(if $(stop),,$(l)$(if $(filter $l,$(lab)),$(eval stop := 1))))

include tools/build.mk
include tools/targets.mk
