# targets.mk - what a user types. `make help` lists what stands behind `##`.

.PHONY: compile-command all shell shell-bochs linux-program qemu qemu-nox qemu-gdb gdb debug why map timeline \
        bochs bochs-debug files clean help stats doctor \
        compile_commands.json
all: $(image)           ## build the kernel and its disk image
	@echo "$(lab): $(image), kernel $$((($$(wc -c < $(image).kernel) + 1023) / 1024)) KiB" \
	    "of $$(($(kernel_read_max) / 1024)) KiB"

# ---- run it --------------------------------------------------------------

ringstep = PYTHONPATH=tools $(PYTHON) -B -m ringstep $@ --image "$(image)" --kernel "$(kernel)" --last "$(BUILD)/last-run"
on_port  = --port "$(GDBPORT)" --again "$(strip $(MAKEOVERRIDES))"

qemu: $(image)          ## boot it on QEMU, in a window where there is a display
	@$(ringstep)
qemu-nox: $(image)      ## boot it on QEMU, in this terminal
	@$(ringstep)
shell: $(image)         ## sit at its console, on QEMU: from lab 5 on
shell-bochs: $(image)   ## the same on Bochs
shell shell-bochs:
	$(if $(wildcard labs/$(lab)/user/archive.txt),,$(error make $@: LAB=$(lab) has no shell))
	@$(ringstep)
linux-program:          ## the same, with a static Linux program in its archive: FILE=program
	@case "$$FILE" in *[!A-Za-z0-9._/-]*) false;; *) test -f "$$FILE";; esac || \
	    { echo "make linux-program: FILE=$$FILE is no file, or has a strange name" >&2; exit 2; }
	@$(MAKE) shell EXTRA="$$FILE"
bochs: $(image)         ## boot it on Bochs, which is stricter
	@$(ringstep)
qemu-gdb: $(image)      ## boot it on QEMU, stopped until GDB attaches
	@ln -sf "$(kernel:$(BUILD)/%=%)" "$(BUILD)/waiting.elf"      # an editor's GDB looks there
	@$(ringstep) $(on_port)
gdb: $(image)           ## look inside with GDB, at `make qemu-gdb` in another terminal or a machine of its own
	@$(ringstep) $(on_port)
debug: $(image)         ## the machine and GDB side by side, in tmux
	@$(ringstep) $(on_port)
bochs-debug: $(image)   ## boot it in Bochs' own debugger
	@$(ringstep)

.PHONY: watch
watch:                  ## boot and check the exercise at hand again whenever a file is saved
	@$(ringstep) --lab "$(number)"

why:                    ## explain the end of the last run once more, with what Bochs says
	@$(ringstep)
map: $(image)           ## draw memory and address spaces [COMPARE=all]
	@$(ringstep) --lab "$(number)" --compare "$(COMPARE)"
timeline: $(image)      ## draw the run: who was where, and when
	@$(ringstep)

# ---- look at the tree ----------------------------------------------------

files:                  ## list each source file and the layer that it comes from
	@printf '%s\n' $(sources) | \
	awk -F/ '{ who = "given"; if ($$1 == "solutions") who = "solution"; \
	    else if ($$1 == "grading") who = "test"; else if ($$3 == "exercises") who = "yours"; \
	    printf "%-14s %-9s %s\n", $$2, who, $$0 }'

# One line of its output compiles an exercise. The grader runs that, without make.
compile-command:        ##i print how the exercises are compiled
	@$(MAKE) -snB V=1 $(exercise_objects) | sed -n -e '/ -c /!d' \
	    -e 's/^test .* mkdir -p [^ ]* && //' -e 's/ && .*//' \
	    -e 's/ -MMD -MP -MT \([^ ]*\) -MF [^ ]* -o [^ ]*/ -MMD -MP -o \1/p'

clean:                  ## remove all that was built
	rm -rf $(BUILD) compile_commands.json

doctor:                 ## say which tools are here, and what is missing
	@CC="$(CC)" LD="$(LD)" PYTHON="$(PYTHON)" sh tools/doctor.sh

help:                   ## print this
	@echo "make TARGET [LAB=$(subst $(space),|,$(numbers))] [SOLVED=...] [TEST=name] [CC=] [OPT=] [V=1]"
	@awk -f tools/help.awk Makefile tools/*.mk
	@echo "Now: LAB=$(lab)$(if $(SOLVED), SOLVED=$(SOLVED))." \
	    "SOLVED= takes the solutions of an exercise (1.2), a lab (1), earlier, all."

# For clangd, from what make would do. Solutions and exercises are there, of all labs.
compile_commands.json:  ## write what clangd needs, for all labs
	@for solved in '' all; do $(MAKE) -nB LAB=$(last) SOLVED=$$solved V=1 TEST= objects all; done | \
	    awk -v folder="$(CURDIR)" -f tools/compile_commands.awk > $@
	@echo "$@: $$(grep -c '"file"' $@) files"
