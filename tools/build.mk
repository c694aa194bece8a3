# build.mk - from sources to a disk image.
#
# Included by the Makefile, which sets lab, number and layers.

# ---- tools ---------------------------------------------------------------

# On another processor than x86-64 the native compiler is of no use.
ifeq ($(origin CROSS_COMPILE),undefined)
ifeq ($(filter x86_64 amd64,$(shell uname -m)),)
CROSS_COMPILE := $(firstword $(foreach p,x86_64-linux-gnu- x86_64-elf-,\
                   $(if $(shell command -v $(p)ld),$(p))))
endif
endif
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin LD),default)
LD := $(CROSS_COMPILE)ld
endif
OBJCOPY ?= $(CROSS_COMPILE)objcopy
PYTHON  ?= $(firstword $(wildcard /usr/bin/python3) python3)

Q := $(if $(V),,@)

# A missing tool is said once, in one line; what builds nothing works without.
ifneq ($(filter-out doctor help clean,$(or $(MAKECMDGOALS),all)),)
absent := $(strip $(foreach t,$(firstword $(CC)) $(firstword $(LD)) $(firstword $(OBJCOPY)),\
            $(if $(shell command -v $t 2>/dev/null),,$t)))
ifneq ($(absent),)
$(error $(absent): not installed. Type ./setup, or `make doctor` for a list)
endif
endif

# ---- folders -------------------------------------------------------------

BUILD ?= build
compiler := $(subst /,_,$(notdir $(firstword $(CC))))$(subst $(eval) ,,$(OPT))
objects  := $(BUILD)/$(compiler)/objects

# ---- exercises -----------------------------------------------------------

# "id:file" for each exercise of the layers. An id is solved when SOLVED names
# it, its lab, `all`, or `earlier` and the lab is an earlier one.
comma := ,
table     := $(foreach l,$(LABS),$(shell awk '/^[0-9]/ { print $$1 ":$l/exercises/" $$3 }' \
                 grading/$(firstword $(subst -, ,$l))/points.txt))
exercises := $(foreach e,$(table),$(if $(filter $(layers),$(word 2,$(subst :, ,$(subst /, ,$e)))),$e))
ids       := $(foreach e,$(exercises),$(firstword $(subst :, ,$e)))
wanted    := $(subst $(comma), ,$(SOLVED))
unknown   := $(filter-out all earlier $(ids) $(LABS) $(foreach l,$(LABS),$(firstword $(subst -, ,$(l:lab%=%)))),$(wanted))
ifneq ($(unknown),)
$(error SOLVED=$(SOLVED): $(firstword $(unknown)) is no exercise of $(lab), only $(ids), a lab, earlier, all)
endif
lab_of    = $(firstword $(subst ., ,$1))
is_solved = $(strip $(filter all $1 $(call lab_of,$1) $(filter lab$(call lab_of,$1)-%,$(LABS)),$(wanted))\
              $(and $(filter earlier,$(wanted)),$(filter-out $(number),$(call lab_of,$1))))
solved    := $(strip $(foreach i,$(ids),$(if $(call is_solved,$i),$i)))
file_of    = $(lastword $(subst :, ,$(filter $1:%,$(exercises))))
exercise_source = $(if $(filter $1,$(solved)),solutions,labs)/$(call file_of,$1)

earlier_ids := $(filter-out $(number).%,$(ids))
selection := $(if $(solved),$(if $(filter-out $(solved),$(ids)),$(if \
    $(filter-out $(earlier_ids),$(solved))$(filter-out $(solved),$(earlier_ids)),$(subst $(eval) ,+,$(solved)),earlier),all),none)

# ---- sources -------------------------------------------------------------

# TEST= names a test kernel, which takes main.c's place, or programs for ring 3,
# with commas between them, which run instead of the lab's own.
tests         := $(subst $(comma), ,$(TEST))
test_kernel   := $(wildcard $(patsubst %,grading/lab$(number)/%.c,$(tests)))
test_programs := $(patsubst grading/lab$(number)/programs/%.c,%,$(wildcard \
                     $(patsubst %,grading/lab$(number)/programs/%.c,$(tests))))
unknown       := $(filter-out $(test_programs) $(patsubst grading/lab$(number)/%.c,%,$(test_kernel)),$(tests))
ifneq ($(unknown),)
$(error TEST=$(firstword $(unknown)): there is no grading/lab$(number)/$(firstword $(unknown)).c \
    and no grading/lab$(number)/programs/$(firstword $(unknown)).c)
endif

given := $(foreach l,$(layers),$(wildcard $(foreach d,boot kernel,labs/$l/$d/*.c labs/$l/$d/*.S)))
mine  := $(foreach i,$(ids),$(call exercise_source,$i))
# A lab's own kernel, and what it tries: no other kernel has its checks.
main  := $(or $(test_kernel),labs/$(lab)/main.c $(wildcard labs/$(lab)/checks/*.c))
missing := $(filter-out $(wildcard $(mine)),$(mine))
id_of    = $(firstword $(subst :, ,$(filter %:$(1:labs/%=%),$(exercises))))

# Programs for ring 3, once a layer has them. They run in this order.
user_layer   := $(firstword $(foreach l,$(layers),$(if $(wildcard labs/$l/user),$l)))
ifneq ($(user_layer),)
PROGRAMS     ?= $(or $(foreach t,$(tests),$(filter $t,$(test_programs))),$(shell cat labs/$(user_layer)/user/programs.txt))
program_dirs := labs/$(user_layer)/user grading/lab$(number)/programs
program_source = $(firstword $(wildcard $(foreach d,$(program_dirs),$d/$1.c)) labs/$(user_layer)/user/$1.c)
user_library := $(wildcard labs/$(user_layer)/user/lib/*.c labs/$(user_layer)/user/lib/*.S) \
                $(foreach f,format string,labs/lab1-boot/kernel/$f.c)
else
PROGRAMS     :=
endif

out := $(BUILD)/$(compiler)/$(lab)/$(selection)$(if $(TEST),-$(subst $(comma),+,$(TEST)))

# ---- flags ---------------------------------------------------------------

# Neutral against what a distribution's compiler switches on by itself.
common_flags := -std=gnu11 -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) \
    -g $(OPT) -Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror) \
    -mgeneral-regs-only -mno-red-zone -fno-omit-frame-pointer -fno-strict-aliasing -fno-common \
    -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
    "-ffile-prefix-map=$(CURDIR)/=" -MMD -MP
ifneq ($(findstring clang,$(CC)),)
common_flags += --target=x86_64-unknown-linux-gnu -Wno-unused-command-line-argument
endif

# Position-independent without a global offset table: see handouts/tools.md.
kernel_flags := $(common_flags) -fpie -include tools/hidden.h
user_flags   := $(common_flags) -fno-pie -mcmodel=small

# A layer's files see the headers of their own lab and of the earlier ones only.
upto     = $(foreach l,$(LABS),$(if $(filter $1,$(firstword $(sort $l $1))),$(if $(filter $l,$1),$l),$l))
includes = $(foreach l,$(call upto,$1),-Ilabs/$l/include)
grading_includes = $(if $(filter grading/%,$1),-Igrading/include)
lab_named = $(firstword $(filter lab$1-% $1,$(LABS)))
# The lab that a source belongs to: the second part of its path.
lab_of_source = $(call lab_named,$(patsubst lab%,%,$(firstword $(subst -, ,$(word 2,$(subst /, ,$1))))))

# ---- rules ---------------------------------------------------------------

kernel_sources := $(given) $(mine) $(main)
kernel_objects := $(addprefix $(objects)/,$(addsuffix .o,$(basename $(kernel_sources))))
program_objects := $(foreach p,$(PROGRAMS),$(out)/programs/$p.o)
user_objects   := $(addprefix $(objects)/user/,$(addsuffix .o,$(basename $(user_library))))

kernel := $(out)/kernel.elf
image  := $(out)/ringstep.img

$(objects)/user/%.o: %.c Makefile tools/build.mk
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(user_flags) $(call includes,$(user_layer)) -Ilabs/$(user_layer)/user/lib $(call grading_includes,$<) -c -o $@ $<

$(objects)/user/%.o: %.S Makefile tools/build.mk
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(user_flags) $(call includes,$(user_layer)) -Ilabs/$(user_layer)/user/lib $(call grading_includes,$<) -c -o $@ $<

$(objects)/%.o: %.c Makefile tools/build.mk
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(kernel_flags) $(call includes,$(call lab_of_source,$<)) $(call grading_includes,$<) -c -o $@ $<

$(objects)/%.o: %.S Makefile tools/build.mk
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(kernel_flags) $(call includes,$(call lab_of_source,$<)) $(call grading_includes,$<) -c -o $@ $<

$(objects)/%.ld: %.ld Makefile tools/build.mk
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(common_flags) $(call includes,$(call lab_of_source,$<)) -MT $@ -E -P -x c -o $@ $<

ld_flags := -nostdlib -static -z max-page-size=4096 -z noexecstack --build-id=none --orphan-handling=error

# An ordinary static ELF file each; the kernel gets it without debug information.
$(objects)/programs/%.elf: $(objects)/labs/$(user_layer)/user/lib/user.ld
	$(Q)mkdir -p $(@D)
	$(Q)$(LD) $(ld_flags) -T $< -o $@ $(filter %.o,$^)
	$(Q)$(OBJCOPY) --strip-all $@ $@.packed
$(foreach p,$(PROGRAMS),$(eval $(objects)/programs/$p.elf: \
    $(objects)/user/$(basename $(call program_source,$p)).o $(user_objects)))

$(out)/programs/%.o: labs/$(user_layer)/user/program.S $(objects)/programs/%.elf
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(common_flags) -DPROGRAM_NAME='"$*"' -DPROGRAM_FILE='"$(objects)/programs/$*.elf.packed"' \
	    -c -o $@ $<

# What is linked, in a file: another selection links again even if every file is older.
$(out)/objects.txt: FORCE $(missing)
	$(Q)mkdir -p $(@D)
	@echo $(kernel_objects) $(program_objects) | cmp -s - $@ || \
	    echo $(kernel_objects) $(program_objects) > $@

$(kernel): $(out)/objects.txt $(objects)/labs/lab1-boot/boot/kernel.ld $(kernel_objects) $(program_objects)
	$(Q)$(LD) $(ld_flags) -T $(objects)/labs/lab1-boot/boot/kernel.ld -o $@ \
	    $(kernel_objects) $(program_objects)

# The boot sector and the loader, then the kernel. Bochs wants whole cylinders
# (16 heads, 63 sectors of 512 bytes).
read_max = $(shell echo $$(($$(awk '$$2 == "KERNEL_READ_MAX" { print $$3 }' labs/lab1-boot/include/memory_layout.h))))
$(image): $(kernel)
	$(Q)$(OBJCOPY) -O binary -j .boot $< $@.boot
	$(Q)$(OBJCOPY) -O binary -R .boot -R .bss $< $@.kernel
	@size=$$(wc -c < $@.kernel); test $$size -le $(read_max) || { \
	    echo "$(lab): the kernel has $$size bytes, the boot sector can load $(read_max)" >&2; exit 1; }
	$(Q)cat $@.boot $@.kernel > $@.part
	$(Q)truncate -s %516096 $@.part
	$(Q)mv $@.part $@

# All that is the course's own, for a grader that does not want to compile it each time.
object_of = $(addprefix $(objects)/$1,$(addsuffix .o,$(basename $2)))
.PHONY: objects
objects: $(call object_of,,$(wildcard $(foreach e,c S,labs/*/boot/*.$e labs/*/kernel/*.$e labs/*/main.$e \
             labs/*/checks/*.$e solutions/*/exercises/*.$e) grading/lab*/*.c)) \
         $(call object_of,user/,$(user_library) $(wildcard labs/*/user/*.c grading/lab*/programs/*.c))

# An exercise is compiled when its text has changed: an older copy that was put back
# counts, too, and so does a file that has gone.
seen = $(objects)/$1.seen
ifneq ($(filter-out doctor help clean reset grade handin stats skeletons,$(or $(MAKECMDGOALS),all)),)
$(shell for f in $(wildcard $(mine)); do cmp -s $$f $(objects)/$$f.seen || \
    { mkdir -p $(objects)/$${f%/*} && cp $$f $(objects)/$$f.seen; }; done 2>/dev/null)
endif
$(foreach f,$(mine),$(eval $(call object_of,,$f): $(call seen,$f)))
%.seen: ;
$(missing): FORCE
	@echo "$@ is missing: \`make reset EX=$(call id_of,$@)\` brings it back" >&2; exit 1

# Phony: .SECONDARY would take them for files that nobody needs any more.
.PHONY: FORCE $(missing)
FORCE:
.SECONDARY:
-include $(patsubst %.o,%.d,$(kernel_objects) $(program_objects) $(user_objects) \
           $(foreach p,$(PROGRAMS),$(objects)/user/$(basename $(call program_source,$p)).o))
