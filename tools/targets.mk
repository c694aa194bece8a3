# targets.mk - what a user types. `make help` prints what stands behind `##` (for
# students), `##i` (for instructors) and `##c` (for who works on the course).

.PHONY: compile-command all qemu qemu-nox qemu-gdb gdb debug why map bochs bochs-debug files clean help stats doctor \
        compile_commands.json
all: $(image)           ## build the kernel and its disk image
	@echo "$(lab): $(image), kernel $$(( ($$(wc -c < $(image).kernel) + 1023) / 1024 )) KiB of $$(( $(read_max) / 1024 )) KiB"

# ---- run it --------------------------------------------------------------

ringstep = PYTHONPATH=tools $(PYTHON) -B -m ringstep $@ --image "$(image)" --kernel "$(kernel)" --last "$(BUILD)/last-run"
# As typed: $rip is GDB's.
override export GDBFLAGS := $(value GDBFLAGS)
on_port  = --port "$(GDBPORT)" --again "$(strip $(MAKEOVERRIDES))"

qemu: $(image)          ## boot it on QEMU, in a window where there is a display
	@$(ringstep)
qemu-nox: $(image)      ## boot it on QEMU, in this terminal
	@$(ringstep)
bochs: $(image)         ## boot it on Bochs, which is stricter
	@$(ringstep)
qemu-gdb: $(image)      ## boot it on QEMU, stopped until GDB attaches
	@$(ringstep) $(on_port)
gdb: $(image)           ## look inside with GDB, at `make qemu-gdb` in another terminal or a machine of its own
	@$(ringstep) $(on_port)
debug: $(image)         ## the machine and GDB side by side, in tmux
	@$(ringstep) $(on_port)
bochs-debug: $(image)   ## boot it in Bochs' own debugger
	@$(ringstep)

why:                    ## explain the end of the last run once more, with what Bochs says
	@$(ringstep)
map: $(image)           ## draw memory and address spaces [COMPARE=all]
	@$(ringstep) --lab "$(number)" --compare "$(COMPARE)"

# ---- look at the tree ----------------------------------------------------

files:                  ## list each source file and the layer that it comes from
	@printf '%s\n' $(kernel_sources) $(foreach p,$(PROGRAMS),$(call program_source,$p)) $(user_library) | \
	awk -F/ '{ who = "given"; if ($$1 == "solutions") who = "solution"; \
	    else if ($$1 == "grading") who = "test"; else if ($$3 == "exercises") who = "yours"; \
	    printf "%-14s %-9s %s\n", $$2, who, $$0 }'

# One line of its output compiles an exercise. The grader runs that, without make.
exercise_objects = $(addprefix $(objects)/,$(addsuffix .o,$(basename $(mine))))
compile-command:        ##i print how the exercises are compiled
	@$(MAKE) -s -n $(addprefix -W ,$(mine)) $(exercise_objects)

clean:                  ## remove all that was built
	rm -rf $(BUILD) compile_commands.json

doctor:                 ## say which tools are here, and what is missing
	@CC="$(CC)" LD="$(LD)" PYTHON="$(PYTHON)" sh tools/doctor.sh

listed = awk -F'$2 ' '/^[a-z][a-z_.-]*:.*$2 / { if (!n++) print "$1:"; sub(/:.*/, "", $$1); \
    printf "  %-24s%s\n", $$1, $$2 }' Makefile tools/*.mk

help:                   ## print this
	@echo "make TARGET [LAB=1|2|3] [SOLVED=...] [TEST=name] [CC=] [OPT=] [V=1]"
	@$(call listed,For students,##)
	@$(call listed,For instructors,##i)
	@$(call listed,For those who work on the course,##c)
	@echo "Now: LAB=$(lab)$(if $(SOLVED), SOLVED=$(SOLVED)). SOLVED= takes the solutions of an exercise (1.2), a lab (1), earlier, all."

# For clangd: exactly the flags that each file is compiled with.
# With its quotes, which JSON would take for its own.
prefix_map = "-ffile-prefix-map=$(CURDIR)/="
comma_join = $(subst } {,}$(comma) {,$(strip $1))
flags_of   = $(if $(findstring /user/,$1)$(findstring /programs/,$1),\
    $(user_flags) $(call includes,$(user_layer)) -Ilabs/$(user_layer)/user/lib,\
    $(kernel_flags) $(call includes,$(call lab_of_source,$1)))
every_source = $(filter-out %/program.S,$(wildcard $(foreach e,c S,labs/*/*.$e labs/*/*/*.$e labs/*/user/lib/*.$e \
    solutions/*/exercises/*.$e grading/lab*/*.$e grading/lab*/programs/*.$e)))

compile_commands.json:    ## write what clangd needs, for all labs
	@$(file >$@,[$(call comma_join,$(foreach f,$(every_source),\
	    {"directory": "$(CURDIR)"$(comma) "file": "$f"$(comma) "command": "$(strip $(CC) $(filter-out -MMD -MP,$(subst $(prefix_map),,$(call flags_of,$f)) $(call grading_includes,$f)) -c $f)"}))])
	@echo "$@: $(words $(every_source)) files"
