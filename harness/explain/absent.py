"""Read nothing: be handed the first event, and sleep through the trial."""

import time

from modes import null

# Longer than any trial of the experiment; what the ring held is read afterwards.
ABSENT_S = 2.0


class NullAbsent(null.Null):
    def on_record(self, ctx: int, data: int, size: int) -> int:
        if not self.consumed:
            time.sleep(ABSENT_S)
        return super().on_record(ctx, data, size)
