"""What a trial is, the result file, statistics, verdicts and reports.

Imports none of the project's other packages and runs without root, bcc or scapy, on any machine.
"""
