# Only Go and make are needed. `make help` lists what there is.
GO      ?= go
GOFLAGS ?=
export CGO_ENABLED ?= 0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
LDFLAGS  = -s -w -buildid= -X main.version=$(VERSION)
BUILD    = $(GO) build -trimpath -buildvcs=false -ldflags "$(LDFLAGS)"
GOLANGCI = github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 20s
KILLS    ?= 500
FAULTS   ?= 12
BENCH    ?= .
PEERS     = localmon/history/benchpeer
DEMO_DIR ?= demo

.PHONY: all build demo test race crash books threats bench bench-peers fuzz golden lint repro clean help
all: build ## build bin/darksite and bin/casedesk

build:
	@mkdir -p bin
	$(BUILD) -o bin/ ./cmd/darksite ./cmd/casedesk

demo: build ## the whole journey in one terminal: array, alert, runbook, bundle, desk, reply
	bin/darksite demo --out $(DEMO_DIR) --casedesk bin/casedesk

test: ## all tests: unit, scripts of both commands, stock tools where installed
	$(GO) test -shuffle=on ./...

race: ## all tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race ./...

crash: ## for longer: kills, full disks, failures and power cuts at every write; flipped bits; a million pseudonyms of each type; each defence of an approval taken out; every solution of every lab
	JOURNEY_FAULTS=$(FAULTS) $(GO) test -count=1 -timeout 120m -v -run TestTheJourneySurvives ./cmd/darksite | grep -v '=== '
	REDACT_LONG=1 $(GO) test -count=1 -timeout 60m -run 'ManySmallFiles|ManyMembers' ./bundle/redact
	PSEUDONYM_VALUES=1000000 $(GO) test -count=1 -timeout 60m -run TestNeverShared ./bundle/redact/pseudonym
	INTAKE_EVERY_FIXTURE=1 INTAKE_BUNDLES=100 $(GO) test -count=1 -timeout 60m -run 'EveryNumbered|Killed' ./bundle/desk/intake
	INTAKE_EVERY_FAULT=1 $(GO) test -count=1 -timeout 30m -v -run TestTheDeskNamesEveryFault ./bundle/desk/intake | grep -v '=== '
	DARKSITE_ALL_LABS=1 $(GO) test -count=1 -timeout 60m -run TestLabs ./cmd/internal/sitecmd/lab ./cmd/darksite
	MUTATIONS=1 $(GO) test -count=1 -timeout 60m -run TestEveryDefenceIsMissed ./bundle/pipeline
	HISTORY_KILLS=$(KILLS) HISTORY_EVERY_FAULT=1 HISTORY_FLIPS=$(KILLS) $(GO) test -count=1 -timeout 120m -v \
	  -run 'NothingAcknowledged|SurvivesAKill|SurvivesKills|TheNthWriteOrFsyncFails|Flipped' ./localmon/history | grep -v '=== '

books: ## every runbook on typed worlds and on simulated arrays, each case, killed and lost at every screen; prints both tables
	$(GO) test -count=1 -v -run TestEveryRunbookComesThrough ./runbooks/content | grep -v -e '=== ' -e '--- '
	RUNBOOKS_LONG=1 $(GO) test -count=1 -timeout 120m -v -run TestEveryRunbookOnTheSimulator ./cmd/internal/runtarget | grep -v -e '=== ' -e '--- PASS'

threats: ## switch off every defence of bundle/THREATS.md in turn; its test must fail
	THREATS=1 $(GO) test -count=1 -timeout 120m -v -run TestThreats ./bundle | grep -v '=== '

bench: ## benchmarks with bytes and allocations, then bench-peers; BENCH=regexp chooses; BENCH=Redact REDACT_BENCH_MB=10240 for 10 GB of logs
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 90m ./...
	@if [ '$(BENCH)' != . ]; then :; \
	elif (cd $(PEERS) && $(GO) list -test -deps . >/dev/null 2>&1); then $(MAKE) --no-print-directory bench-peers; \
	else echo "The table beside the Prometheus TSDB is left out: its modules are not here and cannot be downloaded. Where there is a network: make bench-peers"; fi

bench-peers: ## history beside the Prometheus TSDB, in a module of its own (downloads it)
	cd $(PEERS) && $(GO) test -run '^TestPeer$$' -v -count=1 -timeout 60m .

fuzz: ## every fuzz target for FUZZTIME each
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p 2>/dev/null | grep '^Fuzz'); do \
	    echo "== $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
	  done; \
	done

golden: ## rewrite the golden files; look at the difference before you commit it
	$(GO) test $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n1 dirname | sort -u) -update

lint: ## vet, format and golangci-lint (pinned)
	$(GO) vet ./...
	@test -z "$$(gofmt -l cmd bundle localmon runbooks training)" || { gofmt -l cmd bundle localmon runbooks training; echo "run gofmt -w on these"; exit 1; }
	$(GO) run $(GOLANGCI) run ./...

repro: ## build twice from different folders and compare
	@rm -rf bin/.repro && mkdir -p bin/.repro/a bin/.repro/b/src
	$(BUILD) -o bin/.repro/a/ ./cmd/darksite ./cmd/casedesk
	@git archive HEAD | tar -x -C bin/.repro/b/src
	cd bin/.repro/b/src && $(BUILD) -o .. ./cmd/darksite ./cmd/casedesk
	cmp bin/.repro/a/darksite bin/.repro/b/darksite && cmp bin/.repro/a/casedesk bin/.repro/b/casedesk
	@rm -rf bin/.repro && echo "both builds are the same to the byte"

clean: ## remove what was built and the demo folder
	rm -rf bin $(DEMO_DIR)

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | sort | expand -t12
