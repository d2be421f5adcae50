# Thin on purpose: each target is one script that bootstraps for itself, so that nothing has to be exported or installed first.
.DEFAULT_GOAL := help
.PHONY: help bootstrap demo test lint format bench soak soak-kill soak-telegram soak-departments fuzz nlu-train notices clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

bootstrap: ## build both Python environments (every other target does it when needed)
	@bash scripts/bootstrap.sh

demo: ## start everything on this machine; Ctrl-C stops it
	@bash scripts/run.sh demo

test: ## all tests, with their own set-up; names at the end what could not run here
	@bash scripts/test.sh

lint: ## ruff, mypy, import-linter and the repository's own checks
	@bash scripts/lint.sh

format: ## let ruff rewrite the formatting
	@bash scripts/format.sh

bench: ## a whole turn beside stock Rasa, memory, growth to a million cases; starts what it needs
	@bash scripts/run.sh bench

soak: ## talk to a running `make demo` for SOAK_MINUTES (10) and watch memory, losses and doubles
	@bash scripts/run.sh soak

soak-kill: ## 200 rounds of whole journeys, in each a process killed at a random place (KILL_ROUNDS, KILL_SEED)
	@bash scripts/run.sh soak-kill $(if $(KILL_ROUNDS),--rounds $(KILL_ROUNDS)) $(if $(KILL_SEED),--seed $(KILL_SEED))

soak-telegram: ## the Telegram bot against a simulated Telegram: 10,000 updates with faults, a broadcast to 100,000
	@bash scripts/run.sh soak-telegram

soak-departments: ## 50,000 cases wait for a department that does not answer, then drain
	@bash scripts/run.sh soak-departments

fuzz: ## drive the property tests of the personal-data finder by coverage for FUZZ_SECONDS (600)
	@bash scripts/run.sh fuzz $(if $(FUZZ_SECONDS),--seconds $(FUZZ_SECONDS))

nlu-train: ## train the Rasa model if data, domain, config, code or city changed
	@bash scripts/run.sh nlu-train

notices: ## write THIRD_PARTY_NOTICES.md anew from both lock files
	@bash scripts/run.sh notices

clean: ## remove caches; asks before it removes var/ (database, model, logs)
	@bash scripts/clean.sh
