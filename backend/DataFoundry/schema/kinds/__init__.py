"""One module a kind of column; in a registry one can read.

Each module has

- `PERSONAL`: whether values of this kind tell who somebody is;
- `MODELLED`: whether a network models it (else its values are made anew);
- `recognise(evidence) -> Finding | None`: whether a column is of this kind, by its values (the name only helps);
- `check(values, format) -> (n,) bool`: which present values are written as the format says;
- where values have an order and distances, `to_numbers(values, format) -> ((n,) float64 or int64, (n,) bool missing)`
  and `write(numbers, format) -> (n,) object`: back to what stands in the table, to the character.

The surest claim wins; among equals the one that stands first here.
"""

from types import ModuleType

from DataFoundry.schema.kinds import (
    address,
    boolean,
    card_number,
    category,
    constant,
    email,
    empty,
    formatted_number,
    iban,
    ip_address,
    key,
    moment,
    national_id,
    nested,
    number,
    person_name,
    phone,
    postcode,
    text,
    url,
    user_name,
)

KINDS: dict[str, ModuleType] = {
    "empty": empty,
    "nested": nested,
    "constant": constant,
    "email": email,
    "url": url,
    "ip_address": ip_address,
    "iban": iban,
    "card_number": card_number,
    "national_id": national_id,
    "moment": moment,
    "formatted_number": formatted_number,
    "phone": phone,
    "boolean": boolean,
    "postcode": postcode,
    "key": key,
    "address": address,
    "person_name": person_name,
    "user_name": user_name,
    "text": text,
    "number": number,
    "category": category,
}
