from __future__ import annotations

import platform
import subprocess
import sys

# Three arrays together are more than glibc keeps of its own accord.
ROUNDS = """
import resource
import numpy as np
from model_eval.evaluate.allocator import keep_freed_memory

def arrays():
    return [np.ones(2_000_000) for _ in range(3)]

def new_pages(n_rounds):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(n_rounds):
        arrays()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

new_pages(3)
before = new_pages(20)
keep_freed_memory()
new_pages(3)
print(before, new_pages(20))
"""


def test_memory_of_one_batch_serves_the_next_without_new_pages() -> None:
    done = subprocess.run([sys.executable, "-c", ROUNDS], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    if platform.libc_ver()[0] == "glibc":
        assert after < 20 < before
