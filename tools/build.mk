# build.mk - from sources to a disk image.
#
# Included by the Makefile, which sets LABS and lab. Which sources these are is worked out by
# tools/selection.awk; here stands how each of them is built.

# ---- tools ---------------------------------------------------------------

# On another processor than x86-64 the native compiler is of no use.
ifeq ($(filter x86_64-% amd64-%,$(MAKE_HOST)),)
elf_linker    := $(shell command -v x86_64-elf-ld)
CROSS_COMPILE ?= $(if $(elf_linker),x86_64-elf-,x86_64-linux-gnu-)
endif
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin LD),default)
LD := $(CROSS_COMPILE)ld
endif
OBJCOPY ?= $(CROSS_COMPILE)objcopy

Q := $(if $(V),,@)

# ---- what is built -------------------------------------------------------

BUILD ?= build
empty    :=
space    := $(empty) $(empty)
compiler := $(notdir $(firstword $(CC)))$(subst $(space),,$(OPT))
objects  := $(BUILD)/$(compiler)/objects

# Every table and every source of the course.
course := labs/lab1-boot/include/memory_layout.h grading/*/exercises.txt labs/*/user/programs.txt \
    labs/*/user/lib/from_kernel.txt labs/*/user/ring3.txt labs/*/user/archive.txt \
    labs/*/boot/*.c labs/*/boot/*.S labs/*/kernel/*.c labs/*/kernel/*.S labs/*/main.c \
    labs/*/checks/*.c labs/*/user/*.c labs/*/user/lib/*.c labs/*/user/lib/*.S grading/*/*.c grading/*/programs/*.c

# Whoever types at the console gets a kernel that types nothing by itself.
interactive := $(filter shell shell-bochs,$(MAKECMDGOALS))

# As one word for the shell.
quoted = '$(subst ','\'',$1)'

# The answer is the name of a file with kernel_objects, program_objects, sources, course_objects,
# out (the folder for all that is this selection's own) and more, or what is wrong.
ifneq ($(filter-out $(builds_nothing),$(or $(MAKECMDGOALS),all)),)
selection := $(shell LC_ALL=C pid=$(JOB)$$$$ labs="$(LABS)" lab=$(lab) solved=$(call quoted,$(SOLVED)) \
    test=$(call quoted,$(TEST)) programs=$(call quoted,$(PROGRAMS)) build=$(BUILD)/$(compiler) \
    objects=$(objects) variant=$(interactive:%=-shell)$(addprefix +,$(notdir $(EXTRA))) \
    compiler=$(call quoted,$(CC)) tools="$(firstword $(CC)) $(LD) $(OBJCOPY)" \
    awk -f tools/selection.awk -f tools/rules.awk $(course))
ifneq ($(words $(selection)),1)
$(error $(or $(selection),tools/selection.awk failed))
endif
include $(selection)
endif

kernel := $(out)/kernel.elf
image  := $(out)/ringstep.img

# ---- flags ---------------------------------------------------------------

# Neutral against what a distribution's compiler switches on by itself.
common_flags = -std=gnu11 -ffreestanding -nostdinc -isystem $(compiler_headers) \
    -g $(OPT) -Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror) \
    -mgeneral-regs-only -mno-red-zone -fno-omit-frame-pointer -fno-strict-aliasing -fno-common \
    -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
    "-ffile-prefix-map=$(CURDIR)/=" $(clang_flags)
ifneq ($(findstring clang,$(CC)),)
clang_flags := --target=x86_64-unknown-linux-gnu -Wno-unused-command-line-argument
endif

# Position-independent without a global offset table: see handouts/tools.md.
kernel_flags = $(common_flags) -fpie -include tools/hidden.h
user_flags   = $(common_flags) -fno-pie -mcmodel=small

ld_flags := -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none \
    --orphan-handling=error

# ---- rules ---------------------------------------------------------------

# Two makes may build the same thing at once: each writes under a name of its own, and renames
# what is whole. A file's dependencies are there before it is. In a sandbox all have the same
# few process numbers: the grader gives each make a JOB.
new     = $@.$(JOB)$$$$
compile = test -d $(@D) || mkdir -p $(@D) && \
    $(CC) $1 $(headers) -MMD -MP -MT $@ -MF $(new).d -o $(new) $< && \
    mv $(new).d $(basename $@).d && mv $(new) $@
rules  := Makefile tools/build.mk

$(objects)/user/%.o: %.c $(rules)
	$(Q)$(call compile,$(user_flags) -c)

$(objects)/user/%.o: %.S $(rules)
	$(Q)$(call compile,$(user_flags) -c)

$(objects)/%.o: %.c $(rules)
	$(Q)$(call compile,$(kernel_flags) -c)

$(objects)/%.o: %.S $(rules)
	$(Q)$(call compile,$(kernel_flags) -c)

# Linker scripts take addresses from memory_layout.h.
$(objects)/%.ld: %.ld $(rules)
	$(Q)$(call compile,$(common_flags) -E -P -x c)

kernel_script := $(objects)/$(wildcard labs/*/boot/kernel.ld)
user_script   := $(addprefix $(objects)/,$(wildcard labs/*/user/lib/user.ld))

# A program is an ordinary static ELF file; the kernel gets it without debug information.
define link_program
	$(Q)mkdir -p $(@D)
	$(Q)$(LD) $(ld_flags) -T $< -o $(new) $(filter %.o,$^) && \
	    $(OBJCOPY) --strip-all $(new) $(new).packed && \
	    mv $(new).packed $@.packed && mv $(new) $@
endef
$(objects)/programs/%.elf: $(user_script) $(rules)
	$(link_program)

$(out)/programs/%.elf: $(user_script) $(rules)
	$(link_program)

# The archive of a lab whose programs are files, with others: the same bytes whoever makes it.
$(out)/archive.tar: $(archived) $(EXTRA) $(rules)
	$(Q)mkdir -p $(@D) && tar --format=ustar --blocking-factor=1 --owner=0 --group=0 \
	    --numeric-owner --mtime=@0 --mode=444 --transform='s,.*/,,;s,\.elf\.packed$$,,' \
	    -cf $(new) $(archived:.elf=.elf.packed) $(EXTRA) && mv $(new) $@

typed := $(wildcard labs/*/user/typed.txt)
$(out)/archive.o: $(wildcard labs/*/user/archive.S) $(typed) $(out)/archive.tar
	$(Q)$(call compile,$(common_flags) -c -DARCHIVE_FILE='"$(@:.o=.tar)"' \
	    $(if $(interactive),,-DTYPED_FILE='"$(typed)"'))

$(objects)/programs/%.o: $(wildcard labs/*/user/program.S) $(objects)/programs/%.elf
	$(Q)$(call compile,$(common_flags) -c -DPROGRAM_NAME='"$*"' -DPROGRAM_FILE='"$(@:.o=.elf.packed)"')

# $(selection) is new when other files are to be linked, even if all of them are older.
$(kernel): $(kernel_script) $(selection) $(kernel_objects) $(program_objects)
	$(Q)mkdir -p $(@D)
	$(Q)$(LD) $(ld_flags) --defsym=kernel_lab=$(number) -T $< -o $(new) \
	    $(kernel_objects) $(program_objects) && mv $(new) $@

# The boot sector and the loader, then the kernel.
$(image): $(kernel) tools/image.sh
	$(Q)OBJCOPY="$(OBJCOPY)" sh tools/image.sh $< $@ $(kernel_read_max)

# What the headers of all labs say, for the tools: they ask when a header has changed.
.PHONY: contract
contract:
	@CC="$(CC) $(clang_flags)" $(python) contract "$(CONTRACT)"

# All that is the course's own, for a grader that does not want to compile it each time.
.PHONY: objects FORCE
objects: $(course_objects)

# Made by tools/selection.awk: as new as they are.
$(selection): ;
%.seen %.objects: ;
FORCE:
.SECONDARY:
-include $(kernel_objects:.o=.d) $(program_objects:.o=.d) $(user_objects:.o=.d) \
    $(kernel_script:.ld=.d) $(user_script:.ld=.d)
