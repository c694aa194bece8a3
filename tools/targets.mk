# targets.mk - what a user types.
.PHONY: all
all: $(image)
	@echo "$(lab): $(image), kernel $$(( ($$(wc -c < $(image).kernel) + 1023) / 1024 )) KiB of $$(( $(read_max) / 1024 )) KiB"
