# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables and verdicts of what was measured on booted guests."""

import hotplug
from results import Report
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


def report_accesses(report: Report, results: Boots, ports: list[int]) -> None:
    """Table and verdicts of port accesses."""
    rows = []
    for count in ports:
        for name in (STOCK, FORK, FAST):
            last = results[name, count][-1]
            rows.append([str(count), name, *(
                str(number) for accesses in (last.plug_accesses,
                                             last.unplug_accesses)
                for number in (accesses.event, accesses.naming))])
    report.add_table(
        "Accesses to the hotplug registers: to handle the event, and to name "
        "the device",
        ["ports", "QEMU", "plug", "naming", "unplug", "naming"], rows)
    most = max(max(result.plug_accesses.event, result.unplug_accesses.event)
               for count in ports for result in results[FAST, count])
    report.judge(f"fast scan: at most {MOST_ACCESSES} accesses per event",
                 most, MOST_ACCESSES, str(most))


Spreads = dict[tuple[str, int], dict[str, Spread]]


def _judge_latency(report: Report, spreads: Spreads, ports: list[int],
                   kind: str, title: str) -> None:
    """Verdicts about one kind of latency."""
    if len(ports) > 1 and kind != "answer":
        low, high = (spreads[FAST, count][kind].median
                     for count in (min(ports), max(ports)))
        report.judge(f"fast scan, {title} at {max(ports)} ports at most "
                     f"{MOST_GROWTH} times that at {min(ports)}", high / low,
                     MOST_GROWTH, f"{high / low:.2f} times")
    for count in ports:
        fast, stock = (spreads[name, count][kind].median
                       for name in (FAST, STOCK))
        report.judge(f"fast scan, {title} with {count} ports not above "
                     f"stock's ({NOISE:.0%} allowed for noise)", fast,
                     stock * (1 + NOISE),
                     f"{milliseconds(fast)} to {milliseconds(stock)} ms")


def report_latency(report: Report, results: Boots, ports: list[int]) -> None:
    """Table and verdicts of plug and unplug latency."""
    spreads = {(name, count): latencies(results, name, count)
               for name, count in results}
    rows = [[title, str(count), name,
             milliseconds(spreads[name, count][kind].median),
             milliseconds(min(spreads[name, count][kind].values)),
             ratio(spreads[name, count][kind].median,
                   spreads[STOCK, count][kind].median)]
            for kind, title in LATENCIES.items()
            for count in ports for name in (STOCK, FORK, FAST)]
    report.add_table("Latency in milliseconds",
                     ["latency", "ports", "QEMU", "median", "least",
                      "median/stock"], rows)
    for kind, title in LATENCIES.items():
        _judge_latency(report, spreads, ports, kind, title)
    report.values["latency"] = {
        f"{name}, {count} ports": {kind: spread.as_json()
                                   for kind, spread in by_kind.items()}
        for (name, count), by_kind in spreads.items()}


def report_boot(report: Report, results: Boots, ports: int) -> None:
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
    report.add_table(
        f"Guest with {ports} ports: seconds and processor seconds until it is "
        "up (medians), bytes of its DSDT",
        ["QEMU", "seconds", "/stock", "processor", "/stock", "DSDT", "/stock"],
        [[name, f"{ready[name].median:.2f}",
          ratio(ready[name].median, ready[STOCK].median),
          f"{used[name].median:.2f}",
          ratio(used[name].median, used[STOCK].median),
          str(size[name]), ratio(size[name], size[STOCK])] for name in boots])
    for name in (FORK, FAST):
        for what, part in (
                ("processor time of the boot",
                 used[name].median / used[STOCK].median),
                ("DSDT", size[name] / size[STOCK])):
            report.judge(f"{name}, {what} with {ports} ports not above "
                         "stock's by more than 3 %", part, MOST_OVERHEAD,
                         f"{(part - 1) * 100:+.1f} %")
    report.values["boot"] = {
        name: {"seconds": ready[name].as_json(),
               "processor": used[name].as_json()} for name in boots}
