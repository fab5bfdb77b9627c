import os
import sys
import threading
import traceback

try:
    from harness.cli import main
except Exception:  # a broken environment; Python's own status for that, 1, would read as a verdict
    traceback.print_exc()
    sys.exit(70)

status = main(sys.argv[1:])
if any(not thread.daemon for thread in threading.enumerate()[1:]):  # a mode's, which would hold the end
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
sys.exit(status)
