# lab.mk - every target of the root Makefile, in a lab's folder.
include ../../tools/typed.mk
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := all
.PHONY: all FORCE
all:
	@$(MAKE) -C ../.. LAB="$${PWD##*/}" all
# FORCE: a lab may have a folder that is called like a target.
%: FORCE
	@$(MAKE) -C ../.. LAB="$${PWD##*/}" $@
FORCE: ;
Makefile ../../tools/lab.mk ../../tools/typed.mk: ;
