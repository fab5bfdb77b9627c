"""Sign the files of a plan, and tell by whom one was signed: by ssh-keygen, with the keys that ssh uses already."""

import os
import subprocess
import tempfile
from pathlib import Path

from bpf.errors import CannotRun
from bpf.own_code import read_source
from results.errors import BadInput

# What is signed for another purpose is no shard (ssh-keygen(1), -n).
NAMESPACE = "shard@bench"
# Where it stands, no shard runs on this machine that none of these has signed.
ALLOWED_SIGNERS = Path("/etc/bench/allowed_signers")


def sign(content: bytes, key: Path) -> bytes:
    """Return the signature of a content by a private key, or by a public one whose other half is in an agent.

    Raises BadInput where the key cannot sign; ssh-keygen asks for a passphrase itself.
    """
    made = _ssh_keygen("sign", "-f", str(key), "-n", NAMESPACE, content=content)
    if made.returncode:
        raise BadInput(f"--sign {key} cannot sign: {_complaint(made)}")
    return made.stdout


def signer(content: bytes, signature: bytes | None, allowed: Path) -> str:
    """Name who signed a content, among those whom a list allows to. Raises BadInput where it is none of them.

    The list is in the form of ssh-keygen(1), and must be one that nobody but root, or who calls, could have written.
    """
    signers = read_source(allowed, "list of signers", "says whose shards run as root")
    if signature is None:
        raise BadInput(f"it is not signed, and {allowed} is there: sign its plan (bench fleet plan … --sign KEY)")
    with tempfile.TemporaryDirectory() as folder:
        list_file, signature_file = Path(folder, "allowed_signers"), Path(folder, "signature")
        list_file.write_bytes(signers)
        signature_file.write_bytes(signature)
        of = ("-f", str(list_file), "-s", str(signature_file))
        found = _ssh_keygen("find-principals", *of)
        answers = {
            name: _ssh_keygen("verify", *of, "-I", name, "-n", NAMESPACE, content=content)
            for name in found.stdout.decode(errors="replace").split("\n")
            if name and not found.returncode
        }
    if not answers:
        raise BadInput(f"it is signed by nobody whom {allowed} names ({_complaint(found)})")
    proved = [name for name, answer in answers.items() if answer.returncode == 0]
    if not proved:
        why = _complaint(next(iter(answers.values()))).replace(str(list_file), str(allowed))
        raise BadInput(
            f"it was altered since {' or '.join(answers)} signed it, or was not signed as a shard ({why}); take it and "
            "its signature from its plan once more"
        )
    return proved[0]


def _ssh_keygen(do: str, *words: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["ssh-keygen", "-Y", do, *words],
            input=content, capture_output=True, check=False, env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    except FileNotFoundError as error:
        raise CannotRun(
            "ssh-keygen is not installed, and signatures are its work", "apt install openssh-client"
        ) from error


def _complaint(answer: subprocess.CompletedProcess[bytes]) -> str:
    """Return what ssh-keygen says last, which is why."""
    return (answer.stderr or answer.stdout).decode(errors="replace").strip().split("\n")[-1].strip()
