"""Find the drop kinds: the files of traffic/kinds, files of the user's own, and mixes of them."""

import importlib
import pkgutil

import traffic.kinds
import traffic.situations
from bpf.own_code import is_file
from results.errors import unknown
from traffic.kind import DropKind
from traffic.mix import PREFIX, Mix, parse_mix
from traffic.own_kind import OwnKind
from traffic.situation import Situation
from traffic.synthetic import Synthetic, is_synthetic


def kind_names() -> list[str]:
    """List the kinds: the files of traffic/kinds."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(traffic.kinds.__path__))


def situation_names() -> list[str]:
    """List the situations: the files of traffic/situations."""
    found = pkgutil.iter_modules(traffic.situations.__path__)
    return sorted(module.name.replace("_", "-") for module in found if not module.ispkg)  # what they share is in parts


def load_situation(name: str) -> Situation:
    """Return the situation of one of these names."""
    module = importlib.import_module(f"traffic.situations.{name.replace('-', '_')}")
    situation: Situation = module.Case(name)
    return situation


def load_kind(name: str) -> DropKind:
    """Return the kind of that name or file, the mix spelled as mix:a=70+b=30, or synthetic load.

    Raises BadInput for a kind that there is not, with the nearest name, for kinds that cannot be mixed, and for a file
    that is none or that others could have written.
    """
    if is_synthetic(name):
        return Synthetic(name)
    if name.startswith(PREFIX):
        return Mix([(load_kind(part), weight) for part, weight in parse_mix(name)])
    if is_file(name):
        return OwnKind(name)
    if name not in kind_names():
        raise unknown(f"no traffic '{name}'", name, kind_names(), "see bench traffic for what there is")
    module = importlib.import_module(f"traffic.kinds.{name.replace('-', '_')}")
    kind: DropKind = module.Kind(name)
    return kind


def own_files(name: str) -> list[str]:
    """List the files of the user's own among what traffic names: itself, or the parts of a mix. Raises BadInput."""
    parts = [part for part, _weight in parse_mix(name)] if name.startswith(PREFIX) else [name]
    return [part for part in parts if is_file(part)]
