"""Which heavy packages a command imports, seen in a process of its own."""

import subprocess
import sys
from pathlib import Path

_PROGRAM = """\
import sys
from ringfence.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    print('status', ended.code)
heavy = {'pulumi', 'pulumi_aws', 'boto3', 'botocore', 'rich', 'scapy', 'grpc'}
print('heavy', sorted(heavy & set(sys.modules)))
"""


def run_and_list(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command at the project's root; the last two lines say its exit code, and what it imported."""
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
