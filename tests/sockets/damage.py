"""Frames as a careless or hostile client sends them: a sound one with something wrong in it.

What is wrong follows from the command's own type: for each field every JSON type that it is not, its
bounds passed, characters that no text may hold. Frames are JSON texts from the start, because much of
what must be refused (NaN, lone surrogates, numbers without an end) is nothing that ``json.dumps`` writes.
"""

from __future__ import annotations

import json
import uuid
from functools import cache
from typing import Any

import msgspec.inspect as kinds
from hypothesis import strategies as st

Known = dict[str, str]
"""What a sound frame refers to: field name to JSON text."""

OF_EACH_TYPE = {
    "null": kinds.NoneType,
    "true": kinds.BoolType,
    "7": kinds.IntType,
    "1.5": kinds.FloatType,
    '"x"': kinds.StrType,
    "[]": kinds.ListType,
    '{"x":1}': kinds.DictType,
}
# Escaped, as they travel; none of them may stand in any text.
NO_TEXT = (
    *(r"\u0000", r"\u0001", r"\u0008", r"\u000b", r"\u000d", r"\u001b", r"\u007f", r"\u0085"),
    *(r"\ud800", r"\udfff", r"\ud800x", r"\udc00\ud800"),
)
NO_JSON = (
    "NaN",
    "Infinity",
    "-Infinity",
    "01",
    "+1",
    ".5",
    "1.",
    "undefined",
    "'x'",
    r'"\x41"',
    "",
)
DEEP = "[" * 500 + "]" * 500
UNBOUNDED_CHARS = 4_000


@cache
def fields_of(command: type) -> tuple[kinds.Field, ...]:
    described = kinds.type_info(command)
    assert isinstance(described, kinds.StructType)
    return described.fields


def tag_of(command: Any) -> str:
    return str(command.__struct_config__.tag)


def bare(kind: kinds.Type) -> kinds.Type:
    """The type without its ``| None``."""
    if isinstance(kind, kinds.UnionType):
        return next(one for one in kind.types if not isinstance(one, kinds.NoneType))
    return kind


def sound(command: type, known: Known) -> dict[str, str]:
    """A frame with every field, each as it should be."""
    frame = {"t": json.dumps(tag_of(command))}
    for field in fields_of(command):
        frame[field.encode_name] = known.get(field.encode_name) or sound_value(field.type)
    if "cmid" in frame:
        frame["cmid"] = json.dumps(str(uuid.uuid4()))
    return frame


def sound_value(kind: kinds.Type) -> str:
    kind = bare(kind)
    if isinstance(kind, kinds.LiteralType):
        return json.dumps(kind.values[0])
    if isinstance(kind, kinds.IntType):
        return str(max(kind.ge or 0, 1))
    if isinstance(kind, kinds.BoolType):
        return "true"
    if isinstance(kind, kinds.DictType):
        return an_object((sound_value(kind.key_type), sound_value(kind.value_type)))
    if isinstance(kind, kinds.TupleType):
        return "[" + ",".join(sound_value(one) for one in kind.item_types) + "]"
    if isinstance(kind, kinds.StructType):
        return written({one.encode_name: sound_value(one.type) for one in kind.fields})
    return '"en"'


def faults(kind: kinds.Type) -> list[str]:
    """JSON texts that this type must refuse."""
    optional = isinstance(kind, kinds.UnionType)
    kind = bare(kind)
    wrong = [text for text, its in OF_EACH_TYPE.items() if not isinstance(kind, its)]
    if isinstance(kind, kinds.StrType):
        longest = kind.max_length or UNBOUNDED_CHARS
        wrong += [json.dumps("x" * (longest + 1)), json.dumps("x" * (longest * 2))]
        wrong += [f'"{bad}"' for bad in NO_TEXT] + [f'"en{bad}"' for bad in NO_TEXT]
        wrong += ['""'] if kind.min_length else []
    elif isinstance(kind, kinds.IntType):
        wrong += ['"1"', "1e999", "-0.5", "1" * 400]
        wrong += [str(kind.ge - 1), "-1" + "0" * 30] if kind.ge is not None else []
        wrong += [str(kind.le + 1), "1" + "0" * 30] if kind.le is not None else []
    elif isinstance(kind, kinds.BoolType):
        wrong += ["0", "1", '"true"', '"on"']
    elif isinstance(kind, kinds.LiteralType):
        wrong += ['""', '"nonsense"', json.dumps(str(kind.values[0]).upper())]
    elif isinstance(kind, kinds.DictType):
        key, value = sound_value(kind.key_type), sound_value(kind.value_type)
        keys = [text for text in faults(kind.key_type) if text.startswith('"')]
        wrong = [text for text in wrong if text != '{"x":1}']
        wrong += [an_object((bad, value)) for bad in keys]
        wrong += [an_object((key, bad)) for bad in faults(kind.value_type)]
        too_many = range((kind.max_length or 0) + 1)
        wrong.append(an_object(*((f'"k{number}"', value) for number in too_many)))
    elif isinstance(kind, kinds.TupleType):
        wrong += ["[1]", "[1,2,3]"]
        wrong += [f"[{bad},1]" for bad in faults(kind.item_types[0])]
    elif isinstance(kind, kinds.StructType):
        wrong += _bad_structs(kind)
    return [text for text in wrong if not (optional and text == "null")] + [DEEP, *NO_JSON]


def _bad_structs(kind: kinds.StructType) -> list[str]:
    good = {field.encode_name: sound_value(field.type) for field in kind.fields}
    found = [written({**good, "surplus": "1"})]
    for field in kind.fields:
        name = field.encode_name
        if field.required:
            found.append(written({key: text for key, text in good.items() if key != name}))
        found += [written({**good, name: bad}) for bad in faults(field.type)]
    return found


def each_fault(command: type, known: Known) -> list[str]:
    """The sound frame with one fault, for every fault there is."""
    whole = sound(command, known)
    found = [written({**whole, "surplus": "1"})]
    for field in fields_of(command):
        name = field.encode_name
        found += [written({**whole, name: bad}) for bad in faults(field.type)]
        if field.required:
            found.append(written({key: text for key, text in whole.items() if key != name}))
    return found


def written(frame: dict[str, str]) -> str:
    return an_object(*((json.dumps(name), text) for name, text in frame.items()))


def an_object(*members: tuple[str, str]) -> str:
    return "{" + ",".join(f"{name}:{value}" for name, value in members) + "}"


@st.composite
def bad_text(draw: st.DrawFn) -> str:
    """A text somewhere in which stands what no text may hold."""
    before, after = draw(st.text(max_size=20)), draw(st.text(max_size=20))
    bad = draw(st.sampled_from(NO_TEXT))
    return json.dumps(before)[:-1] + bad + json.dumps(after)[1:]


@st.composite
def damaged(draw: st.DrawFn, command: type, known: Known) -> str:
    """A frame of the command with one or several faults."""
    frame = sound(command, known)
    fields = fields_of(command)
    required = [field.encode_name for field in fields if field.required]
    for field in fields:
        if not field.required and draw(st.booleans()):
            del frame[field.encode_name]
    hurt = draw(st.lists(st.sampled_from(["field", "missing", "surplus", "type"]), min_size=1))
    for how in set(hurt):
        if how == "missing" and required:
            frame.pop(draw(st.sampled_from(required)), None)
        elif how == "surplus":
            name = draw(st.sampled_from(["surplus", "CONV", "conv ", "__class__", "", "é"]))
            frame[name] = draw(st.sampled_from([*OF_EACH_TYPE, DEEP]))
        elif how == "type" and draw(st.booleans()):
            frame["t"] = draw(st.sampled_from(['""', '"T"', '"opens"', *OF_EACH_TYPE, *NO_JSON]))
        else:
            field = draw(st.sampled_from(fields))
            bad = st.sampled_from(faults(field.type))
            frame[field.encode_name] = draw(
                bad | bad_text() if isinstance(bare(field.type), kinds.StrType) else bad
            )
    return written(frame)


@st.composite
def truncated(draw: st.DrawFn, command: type, known: Known) -> str:
    whole = written(sound(command, known))
    return whole[: draw(st.integers(0, len(whole) - 1))]


GARBAGE: list[str | bytes] = [
    *("", " ", "null", "true", "7", '"open"', "[]", "{", "}", "{}{}", "[{}]", "{'t':'open'}"),
    *("NaN", '{"t":NaN}', '{"t":"open","ref":NaN}', '{"t":"open","ref":"r"}x', "\x00", "\ufeff{}"),
    *('{"t":"open","ref":"r",}', '{"t":"open" "ref":"r"}', '{"t":["open"]}', '{"t":null}', "{}"),
    *('{"\\ud800":1,"t":"open"}', '{"t":"\\ud800"}', '{"T":"open","ref":"r"}', "// open", "ping"),
    *("[" * 10_000, '{"t":' * 3_000, "[" * 8_000 + "]" * 8_000),
    '{"t":"open","ref":' + "[" * 8_000 + "]" * 8_000 + "}",
    *(b"", b"\x00", b'{"t":"open","ref":"binary"}', b"\xff\xfe" * 100, b"x" * 20_000),
]
garbage = st.sampled_from(GARBAGE) | st.text(max_size=200) | st.binary(max_size=200)
