# SPDX-License-Identifier: GPL-2.0-or-later
"""Host bridges beside the main one, and machine types, each with its rules.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import boot
import settings
from cases import Place
from negotiation_session import Expected, Run, Session, Subject, boot_up

#: Number of the expander's bus, and its place on the main one.
_EXPANDER_BUS = 0x40
_EXPANDER_SLOT = 0x10


def _expander() -> tuple[list[str], Place]:
    """An expander with a root port.  Returns arguments, and the place behind.
    """
    arguments = ["-device", f"pxb-pcie,id=expander,bus_nr={_EXPANDER_BUS},"
                 f"bus=pcie.0,addr={_EXPANDER_SLOT:#x}",
                 "-device", "pcie-root-port,id=far,bus=expander,addr=1,"
                 "chassis=200"]
    above = rf"pci0000:{_EXPANDER_BUS:02x}/0000:{_EXPANDER_BUS:02x}:01\.0"
    return arguments, Place("expander's root port", "far", 0, above)


@dataclass(frozen=True)
class _Roots:
    """A machine, and what is expected below its host bridges."""

    machine: str
    main: Expected
    expander: Expected
    reports: bool
    kernel_options: str = ""


_INFERRED = Expected("native", "inferred")

_ROOTS = [
    _Roots("q35,pci-hotplug=auto", Expected("native", "committed"),
           Expected("native", "committed"), True),
    _Roots("q35,pci-hotplug=auto", Expected("acpi", "inferred"),
           Expected("acpi", "inferred"), True, "pcie_ports=compat"),
    _Roots("q35,pci-hotplug=native", _INFERRED, _INFERRED, False),
    _Roots("pc-q35-10.0-hotplug", Expected("acpi", "committed"),
           Expected("acpi", "committed"), True),
    # Stock's rule: whatever the main host bridge has, expanders are native.
    _Roots("pc-q35-10.0", Expected("acpi", "inferred"), _INFERRED, False),
]


async def _check_roots(session: Session, near: Place, far: Place,
                       roots: _Roots) -> None:
    run = session.run
    for place, expected in [(near, roots.main), (far, roots.expander)]:
        with session.test(f"{place.title}: the guest uses {expected.method}, "
                          f"{expected.evidence}; guest and query agree"):
            await session.check_agreement(place, expected)
            if not roots.kernel_options:
                await session.check_commits(place)
        with session.test(f"{place.title}: plug and unplug by "
                          f"{expected.method} alone"):
            await session.cycle(expected.method,
                                [run.random(f"at-{place.bus}", place)])


async def expander(run: Run) -> None:
    """A root of pxb-pcie beside the main one; in check with auto alone."""
    arguments, [near] = boot.root_ports(1)
    more, far = _expander()
    for roots in _ROOTS if run.full else _ROOTS[:1]:
        subject = Subject(f"{roots.machine} with expander "
                          f"{roots.kernel_options}".strip(), roots.machine,
                          [*arguments, *more], roots.kernel_options,
                          reports=roots.reports)
        await boot_up(run, subject, partial(_check_roots, near=near, far=far,
                                            roots=roots))


#: What each version of q35 offers, and so what Linux takes.
_TYPES = {
    "pc-q35-6.0": Expected("native", "inferred"),
    "pc-q35-6.1": Expected("acpi", "inferred", capable=False),
    "pc-q35-6.2": Expected("acpi", "inferred"),
    "pc-q35-10.0": Expected("acpi", "inferred"),
}

#: The one whose ports differ.
_SPECIAL = "pc-q35-6.1"


async def _check_type(session: Session, places: list[Place],
                      expected: Expected, stock: bool) -> None:
    with session.test("ports, _OSC and Linux's driver are as they should be"):
        await session.check_commits(places[0])
        for place in places:
            if stock:
                await session.check_guest(place, expected)
            else:
                await session.check_agreement(place, expected)
    case = session.run.random("device", places[0])
    if stock:
        with session.test("plug and unplug"):
            await session.plug([case])
            await session.unplug([case])
    else:
        with session.test(f"plug and unplug by {expected.method} alone"):
            await session.cycle(expected.method, [case])


async def _test_type(run: Run, machine: str, qemu: Path, stock: bool) -> None:
    arguments, places = boot.root_ports(2)
    name = f"{machine} of {'stock' if stock else 'the fork'}"
    await boot_up(run, Subject(name, machine, arguments, reports=False,
                               qemu=qemu),
                  partial(_check_type, places=places,
                          expected=_TYPES[machine], stock=stock))


async def types(run: Run) -> None:
    """Versions of q35; in check one, in full all."""
    for machine in _TYPES if run.full else [_SPECIAL]:
        await _test_type(run, machine, settings.fork_qemu(), False)


async def stock_types(run: Run) -> None:
    """The same guests on stock QEMU: they must say the same."""
    for machine in _TYPES:
        await _test_type(run, machine, settings.stock_qemu(), True)
