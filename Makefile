.PHONY: check lint format test docs

check:  ## What CI runs: the commands of the README, linters, types, faults, wheel, all Pythons
	.ci/run

lint:  ## Linter, format and types, in the active environment
	ruff check .
	ruff format --check .
	mypy

format:  ## Mend what ruff can mend
	ruff check --fix .
	ruff format .

test:  ## All tests, in the active environment
	pytest -n 2 --dist worksteal

docs:  ## The documentation site, in site/; needs the extra docs
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict
