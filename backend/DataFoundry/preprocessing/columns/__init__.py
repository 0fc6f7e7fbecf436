"""One module a kind: each has fit, encode, decode, restrict, typical, span, widths and beyond, on plain state."""

from types import ModuleType

from DataFoundry.preprocessing.columns import category, moment, number

KINDS: dict[str, ModuleType] = {
    "number": number,
    "category": category,
    "moment": moment,
}
