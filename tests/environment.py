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
# Nobody listens there: a test that needs Redis starts one, and none writes into a developer's.
os.environ["NETRA_REDIS_URL"] = "redis://127.0.0.1:1/0"
if database := os.environ.get("NETRA_TEST_DATABASE_URL"):
    os.environ["NETRA_DATABASE_URL"] = database
    # Threads that end with a test keep their connections from the pool.
    os.environ["NETRA_DATABASE_POOL_SIZE"] = "100"
