# handouts.mk - the course's pages.

handouts_tool = PYTHONPATH=tools $(PYTHON) -B -m ringstep handouts

.PHONY: handouts handouts-refresh handouts-check
handouts:               ## build the handouts as a site and a PDF, in build/handouts
	@$(handouts_tool) site && $(handouts_tool) pdf
handouts-refresh:       ##c renew what the handouts quote from the code and from runs of it
	@$(handouts_tool) refresh
handouts-check:         ##c check the handouts against the code
	@$(handouts_tool) check
