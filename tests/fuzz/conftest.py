"""How many inputs: a few hundred in the suite; `pytest tests/fuzz --hypothesis-profile thorough` for 100,000 each."""

from hypothesis import HealthCheck, settings

COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("quick", max_examples=200, derandomize=True, **COMMON)
settings.register_profile("thorough", max_examples=100_000, print_blob=True, **COMMON)
settings.load_profile("quick")
