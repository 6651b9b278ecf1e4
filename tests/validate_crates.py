"""Check folders with rocrate-validator at level RECOMMENDED, offline.

    python tests/validate_crates.py DIR...

Needs ``pip install '.[crate]'``. The validator wants the JSON-LD context of RO-Crate 1.1 from
the network; here its cache is filled with the copy that ships with ``rocrate``.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

CONTEXTS = ("https://w3id.org/ro/crate/1.1/context", "http://w3id.org/ro/crate/1.1/context")


def fill_cache(path: Path) -> None:
    """Make a cache of HTTP in which the context of RO-Crate 1.1 lies."""
    import urllib3
    from requests.adapters import HTTPAdapter
    from requests_cache import CachedSession

    content = files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()

    class Shipped(HTTPAdapter):
        """Answers from the shipped file in place of the network."""

        def send(self, request: Any, *_: Any, **__: Any) -> Any:
            raw = urllib3.HTTPResponse(
                BytesIO(content),
                {"Content-Type": "application/ld+json"},
                200,
                preload_content=False,
                request_url=request.url,
            )
            return self.build_response(request, raw)

    with CachedSession(str(path), backend="sqlite", expire_after=-1) as session:
        for begin in ("https://", "http://"):
            session.mount(begin, Shipped())
        for url in CONTEXTS:
            session.get(url).raise_for_status()


def issues(folder: Path, cache: Path) -> list[str]:
    """Return what the validator says against a crate, at the level RECOMMENDED."""
    from rocrate_validator import services
    from rocrate_validator.models import Severity

    found: list[str] = []
    for profile in ("ro-crate-1.1", "process-run-crate-0.5"):
        settings = services.ValidationSettings(
            rocrate_uri=str(folder),
            profile_identifier=profile,
            requirement_severity=Severity.RECOMMENDED,
            offline=True,
            cache_path=str(cache),
        )
        result = services.validate(settings)
        if not result.executed_checks:
            found.append(f"{profile}: no check was made")
        found += [f"{profile}: {issue.message}" for issue in result.get_issues()]
        print(f"{folder}: {profile}: {len(result.executed_checks)} checks")
    return found


def main(arguments: Sequence[str]) -> int:
    """Check all folders; return 1 if anything was found against one of them."""
    with tempfile.TemporaryDirectory() as place:
        cache = Path(place) / "http"
        fill_cache(cache)
        found = [one for folder in arguments for one in issues(Path(folder), cache)]
    for one in found:
        print(one, file=sys.stderr)
    return int(bool(found) or not arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
