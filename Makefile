# `make demo` and `make test` set everything up on a machine that has Python 3.11+ and git.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test lint bench lock clean

setup: .venv/.ready

# The lock file holds a hash for every package; nothing is compiled. Then the kernels, once for this installation.
.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	$(BIN)/assay warm
	touch $@

demo: setup
	$(BIN)/assay sample-web runs/demo-web
	$(BIN)/assay run configs/quickstart.yaml 'runs/demo-web/*.warc*' --out runs/demo

test: setup
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Everything that has an aim, beside its peers: a quarter of an hour. `make bench BENCH="--documents posts.jsonl.gz"`
# gives it options. Peers have environments of their own; dolma is left out, and named, where it cannot be installed.
bench: setup .venv-bench/.ready
	$(BIN)/python -m benchmarks $(BENCH)

.venv-bench/.ready: benchmarks/requirements.txt benchmarks/requirements-dolma.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-bench/peers
	$(BIN)/uv pip install --quiet --python .venv-bench/peers/bin/python -r benchmarks/requirements.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-bench/dolma
	-$(BIN)/uv pip install --quiet --python .venv-bench/dolma/bin/python -r benchmarks/requirements-dolma.txt
	touch $@

lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --upgrade \
		--group dev pyproject.toml --output-file requirements.lock
	echo 'hatchling>=1.26' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --extra s3 --extra gcs --extra dataflow --constraint requirements.lock \
		pyproject.toml - --output-file deploy/container/requirements.lock

clean:
	rm -rf .venv .venv-bench runs
