"""Name drop reasons as the running kernel does: the numbers change between kernels."""

from typing import Self

from bpf.btf import KernelTypes

SUBSYSTEM_SHIFT = 16  # SKB_DROP_REASON_SUBSYS_SHIFT, include/net/dropreason.h

# Where each subsystem's own reasons stand. Only its name and the prefix of its values are ours; the numbers are the
# kernel's. (openvswitch's and mac80211's enums live in their modules' BTF, and bear these names there.)
_SUBSYSTEM_ENUMS = {
    "SKB_DROP_REASON_SUBSYS_MAC80211_UNUSABLE": ("mac80211_drop_reason", "RX_DROP_U_"),
    "SKB_DROP_REASON_SUBSYS_MAC80211_MONITOR": ("mac80211_drop_reason", "RX_DROP_M_"),
    "SKB_DROP_REASON_SUBSYS_OPENVSWITCH": ("ovs_drop_reason", "OVS_DROP_"),
}


class Reasons:
    """Names of drop reasons by number, of the running kernel."""

    def __init__(self, names: dict[int, str], subsystems: dict[int, str]) -> None:
        self._names = names
        self._subsystems = subsystems

    @classmethod
    def of_kernel(cls, types: KernelTypes) -> Self:
        """Read the names from BTF. Raises KeyError where the kernel has no drop reasons (before 5.17)."""
        names = {
            value: name.removeprefix("SKB_DROP_REASON_") for name, value in types.enum_values("skb_drop_reason").items()
        }
        subsystems = {}
        try:
            kernel_subsystems = types.enum_values("skb_drop_reason_subsys")
        except KeyError:  # before 6.4 there was only the core
            kernel_subsystems = {}
        for name, number in kernel_subsystems.items():
            if name.endswith(("_CORE", "_NUM")):
                continue
            subsystems[number] = name.removeprefix("SKB_DROP_REASON_SUBSYS_")
            enum, prefix = _SUBSYSTEM_ENUMS.get(name, (None, ""))
            if enum is not None:
                try:
                    own = types.enum_values(enum)
                except KeyError:  # built as a module: its numbers are shown instead
                    continue
                names |= {
                    value: key.removeprefix(prefix) for key, value in own.items() if value >> SUBSYSTEM_SHIFT == number
                }
        return cls(names, subsystems)

    def name(self, reason: int) -> str:
        """Return a reason's name; one that the kernel's BTF does not name is shown as SUBSYSTEM:number."""
        known = self._names.get(reason)
        if known is not None:
            return known
        subsystem = self._subsystems.get(reason >> SUBSYSTEM_SHIFT, str(reason >> SUBSYSTEM_SHIFT))
        return f"{subsystem}:{reason & 0xFFFF}"

    def number(self, name: str) -> int | None:
        """Return the number of a reason's name, or None."""
        return next((number for number, known in self._names.items() if known == name), None)

    def by_name(self) -> dict[str, int]:
        return {name: number for number, name in self._names.items()}
