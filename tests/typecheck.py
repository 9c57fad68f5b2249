"""The type checker that runs on every call: beartype, for which an int is also a float (as PEP 484 has it)."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))
