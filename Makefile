# Headrace. `make help` lists the targets; each sets up what it needs by itself.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
export NODE_NO_WARNINGS := 1

NODE_STAMP := node_modules/.package-lock.json
CLUSTER := node e2e/cluster/main.ts

.PHONY: help install demo test check unit integration e2e bench wakes simulate plots mutants generate format images up down env clean

help: ## this list
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9]+):.*## (.*)/  make \1\t\2/; s/\$$\$$/$$/g' | expand -t 22

install: $(NODE_STAMP) ## the exact Node and packages of package-lock.json

$(NODE_STAMP): package-lock.json package.json
	@command -v npm >/dev/null || { echo "npm is missing. On Debian: apt-get install npm"; exit 1; }
	@echo "· installing Node and the pinned packages"
	@npm ci --no-fund --no-audit --loglevel=error
	@touch $(NODE_STAMP)

demo: install ## the whole system on a real cluster: Kafka, Headrace, the auction, live; then checked
	@node e2e/demo/main.ts

up: install ## the cluster with Kafka, without Headrace
	@$(CLUSTER) up

images: install ## build Headrace's images and load them into the cluster
	@$(CLUSTER) images

env: $(NODE_STAMP) ## for your shell: eval "$$(make -s env)"
	@$(CLUSTER) env

down: install ## removes the cluster, its namespaces, mounts, routes and processes
	@$(CLUSTER) down

check: install ## types, lint, format, tree rules, generated files (seconds)
	@node e2e/checks.ts

unit: install ## pure tests, no network (seconds)
	@vitest run --project unit

integration: install ## against a real broker and a real API server
	@vitest run --project 'integration:*'

test: install ## unit and integration
	@vitest run --project unit
	@vitest run --project 'integration:*'

e2e: install ## the scenarios on the cluster
	@vitest run --project e2e

bench: install ## throughput, latency, CPU and memory; tables to docs/performance.md (BENCH_ONLY=drain,latency; BENCH_SHORT=1)
	@node e2e/bench/main.ts

wakes: install ## twenty wakes from zero on the cluster, part by part; the table to docs/performance.md
	@HEADRACE_WAKES=20 vitest run --project e2e e2e/scenarios/wakes-in-time.e2e.ts

chaos: install ## random faults on real processes for HEADRACE_CHAOS_MINUTES (30), every round checked, seeds printed
	@node e2e/faults/chaos.ts

simulate: install ## the scaling decision against models of KEDA and Numaflow on ten load shapes (virtual time)
	@node operator/simulate/main.ts

plots: install ## the scaling scenarios on the cluster, drawn into docs/scaling (minutes)
	@HEADRACE_PLOTS=1 vitest run --project e2e e2e/scenarios/scaling-shapes.e2e.ts

mutants: install ## mutation testing of the scaling decision: at least 85 % must be noticed (minutes)
	@stryker run operator/mutants/stryker.config.mjs

generate: install ## types, reference and chart templates from crds/*.yaml
	@node crds/generate.ts

format: install ## format and sort imports
	@biome check --write .

clean: down ## down, and the installed packages
	@rm -rf node_modules coverage
