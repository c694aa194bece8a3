# targets.mk - what a user types. `make help` prints what stands behind `##`.

# An exit status other than 0 is what the kernel said: make need not repeat it.
ringstep = PYTHONPATH=tools $(PYTHON) -B -m ringstep $1 --image $(image) --kernel $(kernel)

.PHONY: all qemu qemu-nox bochs
all: $(image)   ## build the kernel and its disk image
	@echo "$(lab): $(image), kernel $$(( ($$(wc -c < $(image).kernel) + 1023) / 1024 )) KiB of $$(( $(read_max) / 1024 )) KiB"

qemu: $(image)          ## boot it on QEMU, in a window where there is a display
	@$(call ringstep,qemu)

qemu-nox: $(image)      ## boot it on QEMU, here in the terminal
	@$(call ringstep,qemu-nox)

bochs: $(image)         ## boot it on Bochs, which checks more than QEMU does
	@$(call ringstep,bochs)
