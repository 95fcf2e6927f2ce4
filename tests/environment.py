"""
Loaded by pytest before Django's settings are read: a data directory of its own for every process.

So tests never touch the data of a developer's own Netra, and parallel workers not each other's.
"""

import atexit
import os
import shutil
import tempfile

home = tempfile.mkdtemp(prefix="netra-tests-")
atexit.register(shutil.rmtree, home, ignore_errors=True)
for name in [name for name in os.environ if name.startswith("NETRA_")]:
    if not name.startswith("NETRA_TEST_"):
        del os.environ[name]
os.environ["NETRA_DATA_DIR"] = home
