# Parley: build, run, test. `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
TOOLS := $(CURDIR)/.tools/bin
export KUBEBUILDER_ASSETS := $(CURDIR)/.tools/envtest

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Serve one project on this machine; needs Go alone. ARGS="--listen 127.0.0.1:9000" changes how
	@go build -o bin/chatserver ./cmd/chatserver
	@exec bin/chatserver dev $(ARGS)

.PHONY: build
build: ## Build all commands into bin/
	go build -o bin/ ./cmd/...

.PHONY: generate
generate: tools ## Write what is generated: deepcopy, CRDs, RBAC
	hack/generate

.PHONY: lint
lint: tools ## Check formatting, style and the direction of imports
	$(TOOLS)/golangci-lint run ./...

.PHONY: tools
tools:
	@hack/tools/install golangci-lint controller-gen kustomize

.PHONY: test
test: ## Everything that needs no cluster, with the race detector; installs what it needs
	hack/test

.PHONY: e2e
e2e: ## The tests on a real Kubernetes cluster, which they start and stop
	@hack/tools/install kustomize kubectl
	go test -tags e2e -count=1 -timeout 40m -v ./test/e2e/...

.PHONY: up
up: ## A cluster with the operator, PostgreSQL, Redis and the project demo
	@hack/tools/install kustomize kubectl
	@go run ./hack/up

.PHONY: down
down: ## Remove what `make up` made
	@go run ./hack/up --down

.PHONY: bench
bench: ## Measure a fleet against the budgets, and the hot functions against the last commit. ARGS="-scenario room" changes how
	hack/bench
	@go build -o bin/chatbench ./cmd/chatbench
	bin/chatbench -json bin/chatbench.json $(ARGS)

.PHONY: clean
clean: ## Remove what was built, but for the tools
	rm -rf bin
