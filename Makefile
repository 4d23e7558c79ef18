# The commands of the project. Everything runs from the root of the checkout.
.PHONY: setup build install test check lint format demo clean fuzz bench-banking77 bench-products bench-train

setup:
	Scripts/setup

build: setup
	swift build -c release

# Executables, manual pages and completions: make install PREFIX=$$HOME/.local
install: build
	Scripts/install $(or $(PREFIX),/usr/local)

test: setup
	swift build -c release --build-tests
	swift test -c release --skip-build

check: setup
	Scripts/check

# Damaged files, ever new ones: 60 seconds for each of some twenty runs; FUZZ_SECONDS=600 takes longer.
fuzz: setup
	swift build -c release --build-tests
	RETORT_FUZZ_SECONDS=$${FUZZ_SECONDS:-60} swift test -c release --skip-build --no-parallel --filter FuzzTests

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks

format:
	swift format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

demo: build
	Scripts/demo

bench-banking77: build
	Benchmarks/banking77/run

# Products beside torch and OpenBLAS; $$BENCH_PYTHON is a Python that has torch.
bench-products: build
	"$${BENCH_PYTHON:-python3}" Benchmarks/products/run.py --json Benchmarks/results/products.json

# Training beside PEFT, in turn: table, Benchmarks/results/train.json, exit status 1 where a goal is missed.
bench-train: build
	Benchmarks/train/run

clean:
	rm -rf .build .retort
