"""The commands of `bench`: a file each, listed by the folder.

A command has a docstring (its help), `add_arguments(parser)`, `run(arguments) -> exit status`, and a line
`NEEDS = "nothing"`, `"root"`, or `"kernel"` (root, or the capabilities of harness/machine/privileges.py, and the
system's packages: bcc and nft). ./bench reads that line too, to know what to install.
"""
