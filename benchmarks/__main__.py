"""`python -m benchmarks`: everything that is measured, as one table. Times are wall times of cold processes.

``--sizes`` are the fleets that are enforced, ``--policy`` the ones that are compiled to the policy only; ``--quick``
leaves out the program, the proof, the quotas, the engines and the browser. Numbers are read by people: nothing fails
for being slow.
"""

import argparse
import math
import platform
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ringfence.engine.suricata import HOW_TO_GET, find_engines, missing_versions

from benchmarks.cold import ROOT, Run, python, task
from benchmarks.engine import Row, measure
from benchmarks.fleet import NEEDS
from benchmarks.page import interactions
from benchmarks.work import EXAMPLE

_COMMAND = ("-c", "from ringfence.cli import program; program()")
"""`ringfence` itself, as it is installed."""
_SMALL = 200
"""Fleets up to this size are run three times, and the fastest counts."""


def main() -> None:
    """Measure, and print each row when it is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What Ringfence costs, as one table.")
    parser.add_argument("--sizes", default="10,100,1000", help="fleets to enforce, by number of agents")
    parser.add_argument("--policy", default="10,100,1000,10000", help="fleets to compile to the policy")
    parser.add_argument(
        "--proved", default="1000,2000,4000", help="fleets to prove, after the program has run for each"
    )
    parser.add_argument("--quick", action="store_true", help="no program, proof, quotas, engines or browser")
    arguments = parser.parse_args()
    sizes, policies, proved = (
        [int(size) for size in each.split(",")] for each in (arguments.sizes, arguments.policy, arguments.proved)
    )
    print(f"{platform.machine()}, Python {platform.python_version()}, {NEEDS} needs an agent\n")
    print("| measured | result |\n| --- | --- |")
    with tempfile.TemporaryDirectory(prefix="ringfence-benchmarks-") as name:
        root = Path(name)
        for size in sorted({*sizes, *policies}):
            _write(root / str(size), size, *([] if size in sizes else ["--no-addresses"]))
        for label, value in _rows(root, sizes, policies, [] if arguments.quick else proved, arguments.quick):
            print(f"| {label} | {value} |", flush=True)


def _write(folder: Path, size: int, *options: str) -> None:
    """A fleet, written by a process of its own: one that is started shows the memory of who started it as its own."""
    python("-m", "benchmarks.fleet", str(folder), str(size), *options)


def _rows(
    root: Path, sizes: Sequence[int], policies: Sequence[int], proved: Sequence[int], quick: bool
) -> Iterator[Row]:
    yield from _growth("check + policy", "policy", root, policies)
    yield from _growth("check + policy + enforcement", "enforcement", root, sizes)
    yield from _commands(root)
    yield from _resources(root, sizes)
    yield from _explained(root)
    for inspection in ("requests", "names") if proved else ():
        yield from _proved(inspection, root, proved)
    if not quick:
        yield from _program(root, min(sizes, key=lambda size: abs(size - 100)))
        yield from _quotas(root)
        yield from _engines(root, max(sizes))
        yield from _pages(root, max(sizes))


def _growth(label: str, name: str, root: Path, sizes: Sequence[int]) -> Iterator[Row]:
    """Seconds and memory by size, and how they grow from the last size but one, above what a bare process takes."""
    start, _ = task("nothing", root / str(sizes[0]), 3)
    runs: list[tuple[int, Run]] = []
    for size in sizes:
        run, _ = task(name, root / str(size), 3 if size <= _SMALL else 2 if size <= 1000 else 1)
        runs.append((size, run))
        yield f"{label}, {size:,} agents", f"{run.seconds:.2f} s, {run.memory:.0f} MiB"
    bare = f"{start.seconds:.2f} s, {start.memory:.0f} MiB"
    yield from _exponents(
        label, sizes, [(run.seconds - start.seconds, run.memory - start.memory) for _, run in runs], bare
    )


def _exponents(label: str, sizes: Sequence[int], above: Sequence[tuple[float, float]], bare: str) -> Iterator[Row]:
    """How seconds and memory grow from the last size but one, above what a ``bare`` process takes."""
    if len(sizes) > 1:
        grows = [
            math.log(max(large, 1e-3) / max(small, 1e-3)) / math.log(sizes[-1] / sizes[-2])
            for small, large in zip(*above[-2:], strict=True)
        ]
        value = f"{grows[0]:.2f} in time, {grows[1]:.2f} in memory, above a bare start ({bare})"
        yield f"{label}, exponent from {sizes[-2]:,} to {sizes[-1]:,}", value


def _proved(inspection: str, root: Path, sizes: Sequence[int]) -> Iterator[Row]:
    """The proof of fleets as they are registered: of all that is read, and how it grows."""
    label = f"`inspection: {inspection}`: proof"
    above: list[tuple[float, float]] = []
    start, _ = task("nothing", root, 3)
    for size in sizes:
        folder = root / f"{inspection}-{size}"
        _write(folder, size, "--inspection", inspection)
        _, resources = task("registered", folder)
        run, told = task("proof", folder, 3 if size <= _SMALL else 2)
        reading, _ = task("read", folder)
        above.append((told["seconds"], run.memory - start.memory))
        whole = f"the whole process {run.seconds:.2f} s, {run.memory:.0f} MiB ({reading.memory:.0f} when all is read)"
        yield (
            f"{label}, {size:,} agents, {resources:,} resources",
            f"{told['seconds']:.2f} s, {told['findings']} findings; {whole}",
        )
    for number in range(2, len(sizes) + 1):
        yield from _exponents(label, sizes[:number], above[:number], f"{start.memory:.0f} MiB")


def _explained(root: Path) -> Iterator[Row]:
    """One question about the example fleet, cold, answered from a file, without Pulumi."""
    task("exported", root)
    question = ("explain", "pr-contributor", "POST https://api.github.com/user/repos", "--env", "prod")
    command = (*_COMMAND, *question, "--stack-export", str(root / EXAMPLE))
    answered = python(*command, times=5)
    yield "`ringfence explain` from a file, the example fleet", f"{answered.seconds:.2f} s, {answered.memory:.0f} MiB"


def _commands(root: Path) -> Iterator[Row]:
    ten = root / "ten"
    _write(ten, 10)
    checked = python(*_COMMAND, "check", "--root", str(ten), times=5)
    yield "`ringfence check`, ten profiles", f"{checked.seconds:.2f} s, {checked.memory:.0f} MiB"
    example = python(*_COMMAND, "check", "--root", str(ROOT), times=5)
    yield "`ringfence check`, the example fleet in all its environments", f"{example.seconds:.2f} s"
    yield "`ringfence --help`", f"{python(*_COMMAND, '--help', times=5).seconds:.2f} s"


def _resources(root: Path, sizes: Sequence[int]) -> Iterator[Row]:
    """Resources an agent by type, at each size; without what a whole environment has but a few of."""
    counted = [(size, task("counts", root / str(size))[1]) for size in sizes]
    for kind in sorted({kind for _, counts in counted for kind in counts}):
        each = [counts.get(kind, 0) / size for size, counts in counted]
        if each[-1] >= 0.1:
            yield f"{kind.rpartition(':')[2]} an agent", _by_size(sizes, each)
    yield "all resources an agent", _by_size(sizes, [sum(counts.values()) / size for size, counts in counted])


def _by_size(sizes: Sequence[int], numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:.2f} at {size:,}" for size, number in zip(sizes, numbers, strict=True))


def _program(root: Path, size: int) -> Iterator[Row]:
    _, compared = task("program", root / str(size))
    ours, bare, resources = compared["ours"], compared["bare"], compared["resources"]
    yield (
        f"Pulumi program, {size:,} agents, {resources:,} resources",
        f"{ours:.2f} s, the bare SDK {bare:.2f} s: {ours / bare:.2f} times",
    )


def _quotas(root: Path) -> Iterator[Row]:
    for number, zones in ((2, "a,b"), (3, "a,b,c")):
        fits, over = 0, 256
        first: Sequence[tuple[str, int, int]] = ()
        while over - fits > 1:
            size = (fits + over) // 2
            folder = root / f"quotas-{number}-{size}"
            _write(folder, size, "--zones", zones, "--default-quotas", "--no-addresses")
            _, exceeded = task("broken", folder)
            if exceeded:
                over, first = size, exceeded
            else:
                fits = size
        breaks = ", ".join(f"{quota} ({used} of {default})" for quota, used, default in first)
        yield f"largest fleet in AWS's default quotas, {number} zones", f"{fits} agents; one more breaks {breaks}"


def _pages(root: Path, size: int) -> Iterator[Row]:
    folder = root / str(size)
    _write(folder / "before", 1)
    run, _ = task("page", folder)
    yield f"review's page, {size:,} agents, all widened", f"written in {run.seconds:.2f} s, {run.memory:.0f} MiB"
    for label, value in interactions(folder / "review.html"):
        yield f"review's page, {size:,} agents: {label}", value


def _engines(root: Path, size: int) -> Iterator[Row]:
    folder = root / str(size)
    _, told = task("prepare", folder)
    merged = f"{told['alone']:,} before merging by distinct destination, {told['merged']:,} after"
    yield f"rules about {size:,} agents", f"{merged}, in {told['groups']} groups"
    yield "longest rule, largest group", f"{told['longest']:,} characters, a capacity of {told['largest']:,}"
    yield "capacity of all groups", f"{told['capacity']:,}"
    engines = find_engines()
    for engine in engines:
        yield from measure(engine, folder, told["packets"])
    for version in missing_versions(engines):
        yield f"Suricata {version}", f"skipped, it is not here: {HOW_TO_GET}"


if __name__ == "__main__":
    main()
