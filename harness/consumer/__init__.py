"""The measured process of a trial: python -m harness.consumer."""
