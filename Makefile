# Each target is one line of the program, and does all set-up itself.
#
#   make reproduce                    every scenario, model and study on virtual cells, quick profile
#   make reproduce STUDIES=           the five scenarios alone
#   make reproduce PROFILE=paper      the published schedules
#   make reproduce DATA=my-data       on imported cells
#   make reproduce ON=auto            networks on a card, where there is one
#   make round-trip                   all virtual cells by way of published files, and the scenarios from these
#   make smoke                        has any number moved? a minute
#   make readme                       the tables of the READMEs anew from the committed records
#   make schema                       experiments/schema.json and docs/experiments.md anew
#   make records                      the committed records beside the published numbers
#   make keep FROM=results/runs/x TO=results/records/x    what of an output folder is worth committing
#   make setup DEVICE=cuda            libtorch with CUDA
#   make torture                      the long forms of the tests behind docs/reliability.md
#   make faults PART=0/8              of these, the ends, refused calls and full disks, an eighth of them

PROFILE ?= quick
DATA ?= virtual
# on a processor the numbers are the same everywhere to the last digits; ON=auto takes a card where there is one
ON ?= cpu
OUT ?= results/runs/reproduce-$(PROFILE)-$(notdir $(DATA))
SCENARIOS = $(addprefix experiments/,matr-1.yaml matr-2.yaml hust.yaml mix-100.yaml mix-20.yaml)
# every ablation, the reference study and the transfers; the ablations on measured curves need those (README). By name, since files
# of your own may lie beside them
STUDIES = $(sort $(foreach scenario,matr-1 matr-2 hust mix-100 mix-20,$(foreach study,alpha branches features references, \
  experiments/ablations/$(scenario)-$(study).yaml))) experiments/reference-study.yaml \
  $(sort $(foreach target,lco nca nmc,experiments/transfer/$(target).yaml experiments/transfer/$(target)-code.yaml))
# whole workspace, always: another choice of packages or targets has other features and builds dependencies again
CARGO_FLAGS = --release --workspace --locked
BATLINET = target/release/batlinet
# all but `compare`, which `bench-compare` runs
BENCHES = classical networks encoder cleaning features data batlinet

.PHONY: setup build test torture faults mutants check reproduce smoke records readme schema keep bench bench-compare bench-import bench-cuda cuda-kernels device-pack round-trip data clean

setup:
	@bash scripts/setup.sh

build: setup
	cargo build $(CARGO_FLAGS)

# says at its end which tests were skipped, whatever their outcome
test: setup
	@rm -f "$${CARGO_TARGET_DIR:-target}/tmp/skipped"
	@cargo test $(CARGO_FLAGS); outcome=$$?; bash scripts/skipped.sh; exit $$outcome

# the long forms of what docs/reliability.md claims: every bit of a store and of a run's folder, 224 ends, a full disk and a refused call
# at every call that changes a file, eight processes on 400 runs, tens of thousands of damaged inputs
torture: setup
	BATLINET_FLIPS=all BATLINET_TORTURE=1 cargo test $(CARGO_FLAGS) --lib --test cells --test program --test experiments --test bundle \
	  -- flips:: two_at_once:: damage:: faults:: mutated:: a_bit_that_changes --nocapture

# of these the ends, full disks and refused calls at every call that changes a file, or the part K/N of them, K from 0 on: some
# 1,300 tries, hours in all. Of one kind, KIND=a_process, a_disk or a_call; of some commands alone, SCENES=transfer,merge
faults: PART = 0/1
faults: setup
	BATLINET_PART=$(PART) $(if $(SCENES),BATLINET_SCENES=$(SCENES)) BATLINET_TORTURE=1 \
	  cargo test $(CARGO_FLAGS) --test program -- faults::$(KIND) --nocapture

# of what decides over numbers, the part K/N of the changes that a test should notice: make mutants OF=statistics PART=0/18. Of files
# whose names have a word alone: OF=cells FILE=src/label; by some tests alone: TESTS=--lib. In a copy, which builds everything anew, unless
# WITH=--in-place: then the files here are changed and put back
OF = statistics
PART = 0/18
mutants:
	cargo mutants --package $(OF) $(FILE:%=--re '%') --shard $(PART) --sharding round-robin --output target/mutants-$(OF) $(WITH) \
	  -- $(TESTS)

# formatting, lints, the links of the documentation, and that the fuzz targets compile
check: setup
	cargo fmt --all --check
	cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc $(CARGO_FLAGS) --no-deps --document-private-items
	CARGO_TARGET_DIR="$${CARGO_TARGET_DIR:-target}" cargo check --release --locked --manifest-path fuzz/Cargo.toml

reproduce: build
	$(BATLINET) run $(SCENARIOS) $(STUDIES) --profile $(PROFILE) --data $(DATA) --device $(ON) --out $(OUT)
	$(BATLINET) report $(OUT)

# every model, study and preset once, small, on virtual cells and this processor, beside the numbers that are committed; what
# moved is named. A change that is meant: make smoke ACCEPT="the reason"; what lands is kept by
# make smoke HISTORY=results/history.csv
SMOKE = results/runs/smoke
smoke: build
	@rm -rf $(SMOKE)
	$(BATLINET) run experiments/smoke/*.yaml --device cpu --out $(SMOKE) > /dev/null
	$(BATLINET) gate --baseline results/records/smoke --candidate $(SMOKE) $(if $(ACCEPT),--accept "$(ACCEPT)") \
	  $(if $(HISTORY),--history $(HISTORY))

records: build
	@for folder in results/records/*/; do $(BATLINET) report $$folder --to results/runs/records/$$(basename $$folder) || exit; done
	$(BATLINET) report results/records/curves-card results/records/curves --to results/runs/records/together
	@# what README says of the choices beyond the paper, beside BatLiNet as published; a verdict is no error
	@for choice in 'beyond:select[stack]' 'arms:select[mixed]' 'arms:select[third]'; do \
	  $(BATLINET) compare results/records/curves-card:batlinet "results/records/$$choice"; [ $$? -ne 2 ] || exit 2; done

# a test fails where these tables are stale
readme: build
	$(BATLINET) report results/records --splice README.md results/records/README.md

# what an experiment file may hold, for editors and for people; a test fails where these are stale
schema: build
	$(BATLINET) schema > experiments/schema.json.new && mv experiments/schema.json.new experiments/schema.json
	$(BATLINET) schema --page > docs/experiments.md.new && mv docs/experiments.md.new docs/experiments.md

# scores, declarations and what every run predicted; neither weights nor pairs.csv nor what follows from these
keep:
	@test -f $(FROM)/scores.csv && mkdir -p $(TO)
	@cd $(FROM) && find scores.* experiments runs -name '*.json' -o -name 'scores.*' -o -name predictions.csv \
	  -o -name deviations.csv -o -name selection.csv -o -name intervals.csv -o -name sides.csv -o -name losses.csv \
	  | LC_ALL=C sort | tar -cf - -T - | tar -C $(abspath $(TO)) -xf -

# leaves results/bench/criterion.csv and growth.csv; figures of benches that are gone must not stay in them
bench: setup
	rm -rf target/criterion
	cargo bench --workspace --locked $(BENCHES:%=--bench %)
	@python3 scripts/bench_table.py

# our program beside PyTorch and scikit-learn: results/bench/compare.csv; with AUTHORS=FOLDER beside the authors' own too
bench-compare: setup
	@bash scripts/bench_compare.sh

# importers beside pandas, h5py and openpyxl: results/bench/import.csv
bench-import: build
	cargo build $(CARGO_FLAGS) --examples
	python3 -m venv .oracle-import
	.oracle-import/bin/pip --disable-pip-version-check install -q -r scripts/oracle/requirements-import.txt
	.oracle-import/bin/python scripts/oracle/import_speed.py

# our kernels beside PyTorch on the same card: results/bench/cuda.csv
bench-cuda: build
	@bash scripts/bench_cuda.sh

# what the driver gets, from baselines/cuda/kernels/*.cu*; no card is needed
cuda-kernels:
	@bash scripts/cuda_kernels.sh

# what scripts/device_check.sh needs on a machine with a card and without Rust; STORE=FOLDER takes cells along
device-pack: setup
	@bash scripts/device_pack.sh $(STORE)

# 403 cells written as their publishers would, imported and compared: docs/parity.md; a quarter of an hour and 9 GB
round-trip: build
	cargo build $(CARGO_FLAGS) --examples
	@bash scripts/round_trip.sh

data: build
	$(BATLINET) data list --data $(DATA)

clean:
	cargo clean
