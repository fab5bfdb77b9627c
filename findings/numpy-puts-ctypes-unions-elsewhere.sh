#!/bin/bash
# Guess: np.dtype(S) of a ctypes Structure has S's fields, offsets and size, or is a TypeError, as it is for bit-fields: np.frombuffer(data, S) is the plain way to read a ring's records as an array.
# Really: offsets are worked out anew, and not by ctypes. A union counts as unaligned: after an odd field it is put at once,
#   and with it what follows; a record that holds one may end early. Fields of a base class are left out. frombuffer
#   then reads wrong values, and where the size differs, more records than there are: no error, no
#   warning. np.asarray() of such a ctypes array is as wrong, or a RuntimeError. With _pack_ = 8, which changes
#   nothing for ctypes, the union is right. A struct of plain fields and arrays is right.
# Seen with: numpy 2.4.6, CPython 3.11.7.
# Bites: events whose address is IPv4 or IPv6, that is a union, and records that begin with a common header as base class.
# Source: numpy/_core/_dtype_ctypes.py: _from_ctypes_structure reads _fields_ alone and passes align=True,
#   _from_ctypes_union gives offsets and no alignment; github.com/numpy/numpy pull requests 12342 and 12405.
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir"
"$dir/bin/pip" install -q --disable-pip-version-check numpy==2.4.6
cd "$dir"
bin/python -W error - <<'PYTHON'
import ctypes, platform
import numpy as np

print("numpy", np.__version__, "Python", platform.python_version())

class Address(ctypes.Union):
    _fields_ = [("v4", ctypes.c_uint32), ("v6", ctypes.c_uint64 * 2)]

class Inside(ctypes.Structure):
    _fields_ = [("family", ctypes.c_uint8), ("address", Address), ("ns", ctypes.c_uint64)]

class Short(ctypes.Structure):
    _fields_ = [("family", ctypes.c_uint8), ("address", Address), ("port", ctypes.c_uint16)]

class Header(ctypes.Structure):
    _fields_ = [("ns", ctypes.c_uint64)]

class Derived(Header):
    _fields_ = [("reason", ctypes.c_uint64)]

class Packed(ctypes.Structure):
    _pack_ = 8
    _fields_ = Inside._fields_

class Plain(ctypes.Structure):
    _fields_ = [("family", ctypes.c_uint8), ("address", ctypes.c_uint64 * 2), ("port", ctypes.c_uint16)]

def names(kind):
    return [name for base in reversed(kind.__mro__) for name, *_ in base.__dict__.get("_fields_", ())]

same = {}
for kind in (Inside, Short, Derived, Packed, Plain):
    dtype = np.dtype(kind)
    mine = {name: getattr(kind, name).offset for name in names(kind)}
    theirs = {name: offset for name, (_, offset) in dtype.fields.items()}
    print(f"{kind.__name__}: ctypes {ctypes.sizeof(kind)} bytes {mine}, numpy {dtype.itemsize} bytes {theirs}")
    same[kind] = mine == theirs and dtype.itemsize == ctypes.sizeof(kind)
assert same == {Inside: False, Short: False, Derived: False, Packed: True, Plain: True}, same

records = (Inside * 3)()
for number, record in enumerate(records, 1):
    record.family, record.address.v4, record.ns = 2, 0x0A000000 + number, number
read = np.frombuffer(bytes(records), Inside)
print("addresses written", [hex(record.address.v4) for record in records], "read", [hex(value) for value in read["address"]["v4"]])
assert [record.address.v4 for record in records] != read["address"]["v4"].tolist() and read["ns"].tolist() == [1, 2, 3]

derived = (Derived * 3)(*[(100 + number, number) for number in range(3)])
read = np.frombuffer(bytes(derived), Derived)
print("reasons written", [record.reason for record in derived], "read", read["reason"].tolist())
assert read["reason"].tolist() == [100, 0, 101, 1, 102, 2]

short = (Short * 5)(*[(2, Address(v4=number), 8000 + number) for number in range(5)])
read = np.frombuffer(bytes(short), Short)
print("ports written", [record.port for record in short], "read", read["port"].tolist())
assert len(read) == 8 and read["port"].tolist() != [record.port for record in short]
print("as described")
PYTHON
