"""The numbers that the labs' headers define. Nothing here writes one a second time."""
import re
from functools import lru_cache
from pathlib import Path


@lru_cache()
def constants(root):
    """The numbers that the labs' headers define: name → value."""
    found = {}
    for header in sorted(Path(root).glob("labs/*/include/*.h")):
        for name, value in re.findall(r"^\s*#define\s+(\w+)\s+(0x[0-9A-Fa-f]+|\d+)\b",
                                      header.read_text(), re.M):
            found[name] = int(value, 0)
    return found
