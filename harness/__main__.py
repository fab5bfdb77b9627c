import sys
import traceback

try:
    from harness.cli import main
except Exception:  # a broken environment; Python's own status for that, 1, would read as a verdict
    traceback.print_exc()
    sys.exit(70)

sys.exit(main(sys.argv[1:]))
