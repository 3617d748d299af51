# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables and verdicts of what needs no booted guest: start-up and accesses."""

import access_cost
from results import Part
from startup import Start
from subjects import FAST, FORK, STOCK, Spread
from tables import NOISE, ratio

#: By the number of ports and the subject's name.
Starts = dict[tuple[int, str], list[Start]]

#: Seconds per access, by kind and the subject's name.
Accesses = dict[tuple[str, str], list[float]]


def report_startup(part: Part, starts: Starts) -> None:
    """Table and verdicts of QEMU's start-up.

    The verdict goes by processor time, as that of the guest's boot does.
    """
    clock = {key: Spread([start.seconds for start in found])
             for key, found in starts.items()}
    used = {key: Spread([start.processor for start in found])
            for key, found in starts.items()}
    part.add_table(
        "startup", "QEMU's start: milliseconds from exec to QMP's first "
        "answer, and of processor time (medians, and the least)",
        ["root ports", "QEMU", "clock", "least", "/stock", "processor",
         "least", "/stock"],
        [[str(ports), name,
          *(cell for spreads in (clock, used) for cell in (
              f"{spreads[ports, name].median * 1000:.1f}",
              f"{spreads[ports, name].least * 1000:.1f}",
              ratio(spreads[ports, name].median,
                    spreads[ports, STOCK].median)))]
         for ports, name in starts])
    for ports, name in starts:
        if name == FORK:
            fork, stock = (used[ports, found].median
                           for found in (FORK, STOCK))
            part.judge(f"fork, processor time of the start with {ports} ports "
                       f"not above stock's ({NOISE:.0%} allowed for noise)",
                       fork, stock * (1 + NOISE),
                       f"{fork * 1000:.1f} to {stock * 1000:.1f} ms")
    part.values["startup"] = {
        f"{name}, {ports} ports": {"clock": clock[ports, name].as_json(),
                                   "processor": used[ports, name].as_json()}
        for ports, name in starts}


def report_accesses(part: Part, accesses: Accesses) -> None:
    """Table of a guest's accesses.

    The least of many is compared: what disturbs an access makes it slower.
    """
    def cells(kind: str) -> list[str]:
        row = [f"{Spread(accesses[kind, STOCK]).least * 1e9:.0f}"]
        for name in (FORK, FAST):
            least = Spread(accesses[kind, name]).least
            row += [f"{least * 1e9:.0f}",
                    ratio(least, Spread(accesses[kind, STOCK]).least)]
        return row

    part.add_table(
        "guest", f"A guest's accesses, {access_cost.PORTS} root ports: "
        "nanoseconds (least)",
        ["access", STOCK, FORK, "/stock", FAST, "/stock"],
        [[kind, *cells(kind)] for kind in access_cost.KINDS.values()])
    part.values["guest"] = {
        f"{name}, {kind}": Spread(values).as_json()
        for (kind, name), values in accesses.items()}


def report_model(part: Part, rows: list[tuple[str, float, float]]) -> None:
    """Table of the model's cost."""
    part.add_table(
        "model", "The model of ACPI's registers alone: nanoseconds per access "
        "(median)",
        ["access", "1 bus", "256 buses", "256/1"],
        [[name, f"{one:.1f}", f"{every:.1f}", ratio(every, one)]
         for name, one, every in rows])
    part.values["model"] = rows
