# lab.mk - every target of the root Makefile, in a lab's folder.
include ../../tools/typed.mk
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := all
.PHONY: all
all:
	@$(MAKE) -C ../.. LAB="$${PWD##*/}" all
%:
	@$(MAKE) -C ../.. LAB="$${PWD##*/}" $@
Makefile ../../tools/lab.mk ../../tools/typed.mk: ;
