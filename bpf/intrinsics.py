"""What passes are made of that Python has no word for: loads and stores in order, memory seen as records and arrays.

All addresses and numbers are signed ones of 64 bits.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload
from numba.np.arrayobj import make_array, populate_array
from numba.np.numpy_support import from_dtype

from bpf import words
from bpf.block import ARRAYS
from bpf.record import RECORD
from bpf.steps import Described

_WORD = ir.IntType(64)


def _loads(bits: int, ordering: str | None) -> Any:
    """Make a load from an address: an unsigned number of so many bits, as a signed one of 64."""

    @intrinsic
    def loading(_typing: Any, _address: Any) -> Any:
        def generate(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], ir.IntType(bits).as_pointer())
            if ordering is None:
                value = builder.load(pointer, align=1)
            else:
                value = builder.load_atomic(pointer, ordering, bits // 8)
            return value if bits == 64 else builder.zext(value, _WORD)

        return types.int64(types.int64), generate

    return loading


def _stores(ordering: str | None) -> Any:
    """Make a store of 64 bits at an address."""

    @intrinsic
    def storing(_typing: Any, _address: Any, _value: Any) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
            pointer = builder.inttoptr(arguments[0], _WORD.as_pointer())
            if ordering is None:
                builder.store(arguments[1], pointer, align=1)
            else:
                builder.store_atomic(arguments[1], pointer, ordering, 8)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64), generate

    return storing


acquire, acquire_32 = _loads(64, "acquire"), _loads(32, "acquire")
load, load_32 = _loads(64, None), _loads(32, None)
release, store = _stores("release"), _stores(None)


@intrinsic
def settled(_typing: Any) -> Any:
    """Keep what was loaded before it before what is loaded after it."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, _arguments: Any) -> Any:
        builder.fence("acquire")
        return context.get_dummy_value()

    return types.void(), generate


@intrinsic
def record_at(_typing: Any, _address: Any) -> Any:
    """Lay a record over an address."""
    kind = from_dtype(RECORD)

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(kind))

    return kind(types.int64), generate


@intrinsic
def _address(_typing: Any, array: Any) -> Any:
    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(make_array(array)(context, builder, arguments[0]).data, _WORD)

    return types.int64(array), generate


def arrays_of(about: Described) -> Any:
    """Make what returns the arrays of a step, as the block says where they lie."""
    kinds = [types.Array(from_dtype(each), 1, "C") for each in about.arrays]

    @intrinsic
    def arrays(_typing: Any, _block: Any) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
            block = builder.inttoptr(arguments[0], _WORD.as_pointer())
            made = []
            for number, kind in enumerate(kinds):
                at, length = (
                    builder.load(builder.gep(block, [ir.Constant(_WORD, ARRAYS + 2 * number + each)]))
                    for each in (0, 1)
                )
                array = make_array(kind)(context, builder)
                element = context.get_data_type(kind.dtype)
                item_bytes = ir.Constant(_WORD, context.get_abi_sizeof(element))
                populate_array(
                    array,
                    data=builder.inttoptr(at, element.as_pointer()),
                    shape=[length],
                    strides=[item_bytes],
                    itemsize=item_bytes,
                    meminfo=None,
                )
                made.append(array._getvalue())
            return context.make_tuple(builder, types.Tuple(kinds), made)

        return types.Tuple(kinds)(types.int64), generate

    return arrays


@overload(words.put_word, strict=False)
def _compiled_put_word(target: Any, at: Any, word: Any) -> Any:  # noqa: ARG001 - the kinds of what the next takes
    def put_word(target: Any, at: Any, word: Any) -> None:
        store(_address(target) + at, word)

    return put_word


@intrinsic
def _copy_block(_typing: Any, _to: Any, _of: Any) -> Any:
    """Copy a block at once, in the widest words that the processor has."""
    kind = ir.VectorType(_WORD, words.BLOCK_BYTES // 8)

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        to, of = (builder.inttoptr(each, kind.as_pointer()) for each in arguments)
        builder.store(builder.load(of, align=1), to, align=1)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), generate


@overload(words.copy_blocks, strict=False)
def _compiled_copy_blocks(target: Any, at: Any, source: Any, begin: Any, size: Any) -> Any:  # noqa: ARG001 - as above
    def copy_blocks(target: Any, at: Any, source: Any, begin: Any, size: Any) -> None:
        to, of = _address(target) + at, _address(source) + begin
        for done in range(0, size, words.BLOCK_BYTES):
            _copy_block(to + done, of + done)

    return copy_blocks


@intrinsic
def _place_of(_typing: Any, record: Any) -> Any:
    def generate(_context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        return builder.ptrtoint(arguments[0], _WORD)

    return types.int64(record), generate


@overload(words.put_record, strict=False)
def _compiled_put_record(target: Any, at: Any, record: Any) -> Any:  # noqa: ARG001 - as above
    def put_record(target: Any, at: Any, record: Any) -> None:
        _copy_block(_address(target) + at, _place_of(record))

    return put_record
