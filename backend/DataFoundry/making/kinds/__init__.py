"""One module a kind that is made anew; in a registry one can read.

Each module has

- `learn(values, others, salt) -> state`: plain data about the values (n,) of a column that are there, and the other
  columns of the same rows that are known before;
- `make(state, numbers, rows, salt) -> (n,) object`: a value for each entity's number (n,) and its row of the known
  columns: the same for the same number, in the dtype that `making.columns` gives it;
- `HOW`: how it was replaced, as the end of the sentence "Its values are ...".
"""

from types import ModuleType

from DataFoundry.making.kinds import (
    address,
    card_number,
    email,
    iban,
    ip_address,
    key,
    national_id,
    person_name,
    phone,
    postcode,
    text,
    url,
    user_name,
)

MAKERS: dict[str, ModuleType] = {
    "key": key,
    "person_name": person_name,
    "email": email,
    "phone": phone,
    "user_name": user_name,
    "url": url,
    "ip_address": ip_address,
    "iban": iban,
    "card_number": card_number,
    "national_id": national_id,
    "address": address,
    "postcode": postcode,
    "text": text,
}
