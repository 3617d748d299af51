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
            rows.append([str(count), name, str(last.plug_accesses.event),
                         str(last.plug_accesses.naming),
                         str(last.unplug_accesses.event),
                         str(last.unplug_accesses.naming)])
    report.add_table(
        "Accesses to the hotplug registers, counted at QEMU's memory core",
        ["ports", "QEMU", "plug", "naming", "unplug", "naming "], rows)
    most = max(max(result.plug_accesses.event, result.unplug_accesses.event)
               for count in ports for result in results[FAST, count])
    report.judge(f"fast scan: at most {MOST_ACCESSES} accesses per event",
                 most, MOST_ACCESSES, str(most))


def report_latency(report: Report, results: Boots, ports: list[int]) -> None:
    """Table and verdicts of plug and unplug latency."""
    kinds = ("plug", "unplug", "deleted")
    spreads = {(name, count): latencies(results, name, count)
               for name, count in results}
    rows = [[str(count), name]
            + [milliseconds(spreads[name, count][kind].median)
               for kind in kinds]
            + [ratio(spreads[name, count][kind].median,
                     spreads[STOCK, count][kind].median) for kind in kinds]
            for count in ports for name in (STOCK, FORK, FAST)]
    report.add_table(
        "Latency in milliseconds (median) and as a ratio to stock's",
        ["ports", "QEMU", *kinds, *(f"{kind}/stock" for kind in kinds)], rows)
    for kind in kinds:
        if len(ports) > 1:
            low, high = (spreads[FAST, count][kind].median
                         for count in (min(ports), max(ports)))
            report.judge(
                f"fast scan, {kind} at {max(ports)} ports at most "
                f"{MOST_GROWTH} times that at {min(ports)}", high / low,
                MOST_GROWTH, f"{high / low:.2f} times")
        for count in ports:
            fast, stock = (spreads[name, count][kind].median
                           for name in (FAST, STOCK))
            report.judge(f"fast scan, {kind} with {count} ports not above "
                         "stock's", fast, stock,
                         f"{milliseconds(fast)} ms to {milliseconds(stock)}")
    report.values["latency"] = {
        f"{name}, {count} ports": {kind: spread.as_json()
                                   for kind, spread in by_kind.items()}
        for (name, count), by_kind in spreads.items()}


def report_boot(report: Report, results: Boots, ports: int) -> None:
    """Table and verdicts of the guest's boot and the size of the DSDT."""
    ready = {name: Spread([result.ready for result in results[name, ports]])
             for name in (STOCK, FORK, FAST)}
    size = {name: results[name, ports][0].dsdt for name in ready}
    rows = [[name, f"{ready[name].median:.2f}",
             f"{min(ready[name].values):.2f}",
             ratio(ready[name].median, ready[STOCK].median), str(size[name]),
             ratio(size[name], size[STOCK])] for name in ready]
    report.add_table(
        f"Guest with {ports} ports: seconds until it is up, bytes of its DSDT",
        ["QEMU", "median", "least", "median/stock", "DSDT", "DSDT/stock"],
        rows)
    for name in (FORK, FAST):
        for what, part in (
                ("boot time", ready[name].median / ready[STOCK].median),
                ("DSDT", size[name] / size[STOCK])):
            report.judge(f"{name}, {what} with {ports} ports not above "
                         "stock's by more than 3 %", part, MOST_OVERHEAD,
                         f"{(part - 1) * 100:+.1f} %")
    report.values["boot"] = {name: spread.as_json()
                             for name, spread in ready.items()}
