# NEXO: everything that a developer runs. `make help` explains.
SHELL := /bin/sh
GO ?= go
PATH := $(PATH):/usr/local/go/bin
export PATH

# Tools that are fetched live here; the directory may be thrown away.
CACHE := $(CURDIR)/.cache
FUZZTIME ?= 30s

.DEFAULT_GOAL := help
.PHONY: help run run-stores build test check bench fuzz chaos chaos-ha compat migrate-test restore-test soak vuln release e2e install clean

help: ## this page
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build and start everything on the embedded default; Ctrl-C stops it
	@exec bin/nexo serve

run-stores: build ## the same with its tables on a DynamoDB-compatible and its objects on an S3-compatible server
	@exec tools/stores

build: ## bin/nexo
	@command -v $(GO) >/dev/null || { echo "Falta o Go 1.26: https://go.dev/dl · Go 1.26 is missing" >&2; exit 1; }
	@mkdir -p bin
	$(GO) build -o bin/nexo ./cmd/nexo

test: install ## every test, end-to-end journeys included; installs what it needs
	@tools/test all

check: ## in under four minutes: format, vet, house rules, unit and database tests
	@tools/test check

e2e: install build ## the program as its users see it: MCP conformance, the inspector, a browser
	@tools/test e2e

install: ## what the tests need from the system's package managers
	@tools/install

bench: ## the tables of docs/performance.md; writes bench/results.json
	@$(GO) run ./tools/bench

fuzz: ## every fuzz target for FUZZTIME each (30s)
	@tools/test fuzz $(FUZZTIME)

chaos: ## kill -9, cut connections, full disks
	@tools/test chaos

chaos-ha: ## a standby is promoted under load, twelve times over
	@tools/test ha

compat: ## the version before and this one on one database, in every order
	@$(GO) run ./tools/compat

migrate-test: ## the new migrations over NEXO_MIGRATE_ROWS movements (1,000,000) under load
	@tools/test migrate

restore-test: ## a database brought back as it was at a moment
	@tools/test restore

soak: ## NEXO_SOAK_TIME (10m) of work while program and database are killed at random; NEXO_SOAK_ITEMS=dynamodb
	@tools/test soak

vuln: ## known vulnerabilities in what we build on
	@tools/test vuln

release: ## dist/: the program of the last commit, built twice alike, with its parts list
	@tools/release

clean: ## what was built and fetched; never the data
	rm -rf bin dist $(CACHE)
