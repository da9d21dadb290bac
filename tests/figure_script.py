"""What the functions of a figure's script answer, asked under Node."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from lossgrad.book.figures.drawing import SCRIPTS

NODE = Path(sys.executable).with_name("node")


def answered(kind: str, program: str, given: Any) -> Any:
    """What ``program``, the body of a function of ``script`` (the module) and ``given``, returns."""
    address = (SCRIPTS / f"{kind}.js").as_uri()
    source = f"""
        import * as script from {json.dumps(address)};
        let text = "";
        for await (const part of process.stdin) text += part;
        const answer = ((given) => {{ {program} }})(JSON.parse(text));
        process.stdout.write(JSON.stringify(answer));
    """
    ran = subprocess.run(
        [NODE, "--input-type=module", "--eval", source], input=json.dumps(given), capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)
