# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables and verdicts of what was measured on booted guests."""

import hotplug
import native
from results import Part
from subjects import FAST, FORK, STOCK, Spread

#: What the project expects of the fork: accesses for an event, latency with
#: the most ports by that with the fewest, anything by stock's.
MOST_ACCESSES = 8
MOST_GROWTH = 1.3
MOST_OVERHEAD = 1.03

#: Two medians of the same thing differ by about this part.
NOISE = 0.05

#: Latencies, and what they are called.  The plug's is that of QEMU's answer to
#: device_add and then the guest's.
LATENCIES = {"plug": "plug", "answer": "plug, QEMU's answer",
             "guest": "plug, guest's part", "unplug": "unplug",
             "deleted": "DEVICE_DELETED"}

#: What the boots of each subject gave, by its name and the number of ports.
Boots = dict[tuple[str, int], list[hotplug.Boot]]


def milliseconds(seconds: float) -> str:
    """A time as a table cell."""
    return f"{seconds * 1000:.0f}"


def ratio(value: float, base: float) -> str:
    """A ratio as a table cell."""
    return f"{value / base:.2f}" if base else "–"


def latencies(results: Boots, name: str, ports: int) -> dict[str, Spread]:
    """All latencies of a subject with so many ports."""
    total = hotplug.Latency()
    for result in results[name, ports]:
        total.extend(result.latency)
    return total.spreads()


def report_accesses(part: Part, results: Boots, ports: list[int]) -> None:
    """Table and verdicts of port accesses."""
    rows = []
    for count in ports:
        stock = results[STOCK, count][-1]
        for name in (STOCK, FORK, FAST):
            last = results[name, count][-1]
            row = [str(count), name]
            for accesses, base in (
                    (last.plug_accesses, stock.plug_accesses),
                    (last.unplug_accesses, stock.unplug_accesses)):
                row += [str(accesses.event), ratio(accesses.event, base.event),
                        str(accesses.naming)]
            rows.append(row)
    part.add_table(
        "accesses",
        "Accesses to the hotplug registers: to handle the event, and to name "
        "the device",
        ["ports", "QEMU", "plug", "/stock", "naming", "unplug", "/stock",
         "naming"], rows)
    most = max(max(result.plug_accesses.event, result.unplug_accesses.event)
               for count in ports for result in results[FAST, count])
    part.judge(f"fast scan: at most {MOST_ACCESSES} accesses per event",
               most, MOST_ACCESSES, str(most))


Spreads = dict[tuple[str, int], dict[str, Spread]]


def _judge_latency(part: Part, spreads: Spreads, ports: list[int],
                   kind: str, title: str) -> None:
    """Verdicts about one kind of latency."""
    if len(ports) > 1 and kind != "answer":
        low, high = (spreads[FAST, count][kind].median
                     for count in (min(ports), max(ports)))
        part.judge(f"fast scan, {title} at {max(ports)} ports at most "
                   f"{MOST_GROWTH} times that at {min(ports)}", high / low,
                   MOST_GROWTH, f"{high / low:.2f} times")
    for count in ports:
        fast, stock = (spreads[name, count][kind].median
                       for name in (FAST, STOCK))
        part.judge(f"fast scan, {title} with {count} ports not above "
                   f"stock's ({NOISE:.0%} allowed for noise)", fast,
                   stock * (1 + NOISE),
                   f"{milliseconds(fast)} to {milliseconds(stock)} ms")


def report_latency(part: Part, results: Boots, ports: list[int]) -> None:
    """Table and verdicts of plug and unplug latency."""
    spreads = {(name, count): latencies(results, name, count)
               for name, count in results}
    rows = [[title, str(count), name,
             milliseconds(spreads[name, count][kind].median),
             milliseconds(spreads[name, count][kind].least),
             ratio(spreads[name, count][kind].median,
                   spreads[STOCK, count][kind].median)]
            for kind, title in LATENCIES.items()
            for count in ports for name in (STOCK, FORK, FAST)]
    part.add_table("latency", "Latency in milliseconds",
                   ["latency", "ports", "QEMU", "median", "least",
                    "median/stock"], rows)
    for kind, title in LATENCIES.items():
        _judge_latency(part, spreads, ports, kind, title)
    part.values["latency"] = {
        f"{name}, {count} ports": {kind: spread.as_json()
                                   for kind, spread in by_kind.items()}
        for (name, count), by_kind in spreads.items()}


def report_boot(part: Part, results: Boots, ports: int) -> None:
    """Table and verdicts of the guest's boot and the size of the DSDT.

    The verdict goes by processor time: an emulated guest's boot is all
    computing, and other programs on the machine count less that way.
    """
    boots = {name: results[name, ports] for name in (STOCK, FORK, FAST)}
    ready = {name: Spread([boot.ready for boot in them])
             for name, them in boots.items()}
    used = {name: Spread([boot.processor for boot in them])
            for name, them in boots.items()}
    size = {name: them[0].dsdt for name, them in boots.items()}
    part.add_table(
        "boot", f"Guest with {ports} ports: seconds and processor seconds "
        "until it is up (medians), bytes of its DSDT",
        ["QEMU", "seconds", "/stock", "processor", "/stock", "DSDT", "/stock"],
        [[name, f"{ready[name].median:.2f}",
          ratio(ready[name].median, ready[STOCK].median),
          f"{used[name].median:.2f}",
          ratio(used[name].median, used[STOCK].median),
          str(size[name]), ratio(size[name], size[STOCK])] for name in boots])
    for name in (FORK, FAST):
        for what, times in (
                ("processor time of the boot",
                 used[name].median / used[STOCK].median),
                ("DSDT", size[name] / size[STOCK])):
            part.judge(f"{name}, {what} with {ports} ports not above "
                       "stock's by more than 3 %", times, MOST_OVERHEAD,
                       f"{(times - 1) * 100:+.1f} %")
    part.values["boot"] = {
        name: {"seconds": ready[name].as_json(),
               "processor": used[name].as_json()} for name in boots}


#: Native latencies, and what they are called.  An unplug is what is left
#: without the guest's waits.
NATIVE_LATENCIES = {"plug": "plug", "answer": "plug, QEMU's answer",
                    "guest": "plug, guest's part",
                    "left": "unplug, without the guest's waits",
                    "waits": "unplug, the guest's waits",
                    "deleted": "unplug in all"}

#: Those that are the fork's to answer for, and not above stock's.  In auto the
#: guest does more than in stock: its tables describe the slots as well.
NATIVE_JUDGED = ("plug", "left")


def report_native(part: Part, results: dict[str, native.Latency]) -> None:
    """Table and verdicts of native hotplug, by the subject's name."""
    spreads = {name: latency.spreads() for name, latency in results.items()}
    part.add_table(
        "latency", f"Native hotplug, {native.PORTS} ports: milliseconds",
        ["latency", "QEMU", "median", "least", "median/stock", "least/stock"],
        [[title, name, milliseconds(spread[kind].median),
          milliseconds(spread[kind].least),
          ratio(spread[kind].median, spreads[STOCK][kind].median),
          ratio(spread[kind].least, spreads[STOCK][kind].least)]
         for kind, title in NATIVE_LATENCIES.items()
         for name, spread in spreads.items()])
    for kind in NATIVE_JUDGED:
        stock, fork = (spreads[name][kind].median for name in (STOCK, FORK))
        part.judge(f"{FORK}, {NATIVE_LATENCIES[kind]} not above stock's "
                   f"({NOISE:.0%} allowed for noise)", fork,
                   stock * (1 + NOISE),
                   f"{milliseconds(fork)} to {milliseconds(stock)} ms")
    part.values["latency"] = {
        name: {kind: found.as_json() for kind, found in spread.items()}
        for name, spread in spreads.items()}
