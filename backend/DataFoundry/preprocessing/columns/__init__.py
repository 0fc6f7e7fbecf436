"""One module a kind: each has fit, encode, decode, restrict, typical, span, widths and beyond, on plain state."""

from types import ModuleType

from DataFoundry.preprocessing.columns import category, formatted_number, moment, number

KINDS: dict[str, ModuleType] = {
    "number": number,
    "category": category,
    "moment": moment,
    "formatted_number": formatted_number,
}
