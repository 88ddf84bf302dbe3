"""What processors are rated for: thermal design power and cores, as their makers state them.

A processor is looked up by its name in ``/proc/cpuinfo``. One of a family that is listed stands for the whole family;
virtual machines often name no more than that. Watts per core differ by less than half between the members of a family.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Rating:
    """A processor's rating.

    Attributes:
        name: of the processor that stands for its family.
        tdp_watts: thermal design power.
        cores: physical ones that share it.
    """

    name: str
    tdp_watts: float
    cores: int


#: Taken where no name is known: between a server's 4 W and a desktop's 8 W for each core.
UNKNOWN = Rating("unknown: 6 W for each core", 6, 1)

#: Patterns of names and who stands for them; the first that matches counts.
_RATINGS = (
    (r"EPYC 9\d\d5", Rating("AMD EPYC 9755", 500, 128)),
    (r"EPYC 97\d4", Rating("AMD EPYC 9754", 360, 128)),
    (r"EPYC 9", Rating("AMD EPYC 9654", 360, 96)),
    (r"EPYC 7\w\w3", Rating("AMD EPYC 7763", 280, 64)),
    (r"EPYC 7\w\w2", Rating("AMD EPYC 7742", 225, 64)),
    (r"EPYC 7\w\w1", Rating("AMD EPYC 7601", 180, 32)),
    (r"EPYC", Rating("AMD EPYC 7763", 280, 64)),
    (r"Threadripper", Rating("AMD Ryzen Threadripper PRO 5995WX", 280, 64)),
    (r"Ryzen \d( PRO)? \d+(U|HS)\b", Rating("AMD Ryzen 7 7840U", 28, 8)),
    (r"Ryzen \d( PRO)? \d+HX?\b", Rating("AMD Ryzen 7 5800H", 45, 8)),
    (r"Ryzen 9", Rating("AMD Ryzen 9 5950X", 105, 16)),
    (r"Ryzen 7", Rating("AMD Ryzen 7 5800X", 105, 8)),
    (r"Ryzen", Rating("AMD Ryzen 5 5600X", 65, 6)),
    (r"Xeon.* 69\d\d", Rating("Intel Xeon 6980P", 500, 128)),
    (r"Xeon.* Platinum 8[45]", Rating("Intel Xeon Platinum 8480+", 350, 56)),
    (r"Xeon.* Platinum 83", Rating("Intel Xeon Platinum 8380", 270, 40)),
    (r"Xeon.* Platinum", Rating("Intel Xeon Platinum 8280", 205, 28)),
    (r"Xeon.* Gold \d[45]", Rating("Intel Xeon Gold 6430", 270, 32)),
    (r"Xeon.* Gold \d3", Rating("Intel Xeon Gold 6330", 205, 28)),
    (r"Xeon.* Gold", Rating("Intel Xeon Gold 6230", 125, 20)),
    (r"Xeon.* Silver", Rating("Intel Xeon Silver 4310", 120, 12)),
    (r"Xeon.* E5", Rating("Intel Xeon E5-2680 v4", 120, 14)),
    (r"Xeon.* E-?\d", Rating("Intel Xeon E-2288G", 95, 8)),
    (r"Xeon", Rating("Intel Xeon Platinum 8280", 205, 28)),
    (r"Core.* Ultra \d \d+[KS]", Rating("Intel Core Ultra 9 285K", 125, 24)),
    (r"Core.* Ultra", Rating("Intel Core Ultra 7 155H", 28, 16)),
    (r"Core.* i\d-1[234]\d\d\d?[PUH]", Rating("Intel Core i7-1260P", 28, 12)),
    (r"Core.* i\d-(\d{4,5}U|1\d\d\dG\d)", Rating("Intel Core i7-1165G7", 28, 4)),
    (r"Core.* i\d-\d+H", Rating("Intel Core i7-10750H", 45, 6)),
    (r"Core.* i9-1[234]", Rating("Intel Core i9-12900K", 125, 16)),
    (r"Core.* i7-1[234]", Rating("Intel Core i7-12700K", 125, 12)),
    (r"Core.* i5-1[234]", Rating("Intel Core i5-12400", 65, 6)),
    (r"Core.* i[79]", Rating("Intel Core i7-8700K", 95, 6)),
    (r"Core.* i[35]", Rating("Intel Core i5-8400", 65, 6)),
    (r"Ampere|Neoverse", Rating("Ampere Altra Q80-30", 210, 80)),
)


def rating(name: str) -> Rating:
    """The rating of a processor by its name, without the signs of trade marks."""
    plain = re.sub(r"\((R|TM)\)", "", name, flags=re.IGNORECASE)
    return next((known for pattern, known in _RATINGS if re.search(pattern, plain)), UNKNOWN)
