# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines for the differential test of slots: ports of every kind."""

from collections.abc import Sequence
from dataclasses import dataclass

from .topologies import Topology

NATIVE = ("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off")


@dataclass(frozen=True)
class NativeTopology(Topology):
    """A machine with ports, whose slots the steps use.

    @buses are the ports, by their ids; @plain has those of them that have no
    power controller.
    """

    plain: tuple[str, ...] = ()


def _arguments(devices: Sequence[str], options: Sequence[str] = NATIVE
               ) -> tuple[str, ...]:
    return (*options, *(part for device in devices
                        for part in ("-device", device)))


def _root_port(name: str, addr: str, more: str = "",
               kind: str = "pcie-root-port", bus: str = "pcie.0") -> str:
    """A root port; its id ends with its chassis number."""
    return (f"{kind},id={name},bus={bus},addr={addr},chassis={name[2:]}"
            + (f",{more}" if more else ""))


_ROOTS = (
    _root_port("rp1", "1"),
    _root_port("rp2", "2", "multifunction=on,x-speed=2_5,x-width=1"),
    _root_port("rp3", "2.1", "disable-acs=on,port=7,slot=3"),
    _root_port("rp4", "3", "hotplug=off"),
    _root_port("rp5", "4", kind="ioh3420"),
    "virtio-rng-pci,id=cold1,bus=rp1",
    "pci-testdev,id=cold2,bus=rp4",
    "virtio-rng-pci,id=cold3,bus=rp5,multifunction=on",
    "pci-testdev,id=cold4,bus=rp5,addr=0.1",
)
_COLD = ("cold1", "cold2", "cold3", "cold4")
_ROOT_PORTS = ("rp1", "rp2", "rp3", "rp4", "rp5")

ROOTS = NativeTopology("roots", ("q35",), _arguments(_ROOTS), _ROOT_PORTS,
                       _COLD)

# Messages of the slot interrupt, where the ports' handler is ACPI's.
ROOTS_ACPI = NativeTopology("roots-acpi", ("q35",), _arguments(_ROOTS, ()),
                            _ROOT_PORTS, _COLD)

PLAIN = NativeTopology(
    "plain", ("q35",),
    _arguments((
        _root_port("rp1", "1", "power_controller_present=off"),
        _root_port("rp2", "2", "power_controller_present=off,hotplug=off"),
        _root_port("rp3", "3", "power_controller_present=off", "ioh3420"),
        _root_port("rp4", "4"),
        "virtio-rng-pci,id=cold1,bus=rp1",
        "virtio-rng-pci,id=cold2,bus=rp2")),
    ("rp1", "rp2", "rp3", "rp4"), ("cold1", "cold2"),
    plain=("rp1", "rp2", "rp3"))

SWITCHES = NativeTopology(
    "switch-ports", ("q35",),
    _arguments((
        _root_port("rp1", "1"), _root_port("rp2", "2"),
        "x3130-upstream,id=up1,bus=rp1",
        "xio3130-downstream,id=dn1,bus=up1,chassis=11,addr=0",
        "xio3130-downstream,id=dn2,bus=up1,chassis=12,addr=1,slot=9",
        "xio3130-downstream,id=dn3,bus=up1,chassis=13,addr=2,hotplug=off",
        "pxb-pcie,id=pxb,bus=pcie.0,bus_nr=64,addr=8",
        _root_port("xp31", "1", bus="pxb"),
        "virtio-rng-pci,id=cold1,bus=dn2",
        "virtio-rng-pci,id=cold2,bus=xp31")),
    ("dn1", "dn2", "dn3", "rp2", "xp31"), ("cold1", "cold2"))

LINKS = NativeTopology(
    "links", ("q35",),
    _arguments((
        _root_port("rp1", "1", "x-pcie-lnksta-dllla=off"),
        _root_port("rp2", "2", "x-pcie-lnksta-dllla=off,x-speed=2_5"),
        _root_port("rp3", "3", "x-pcie-lnksta-dllla=off", "ioh3420"),
        _root_port("rp4", "4", "x-speed=2_5"),
        "virtio-rng-pci,id=cold1,bus=rp1,x-pcie-lnksta-dllla=off",
        "virtio-rng-pci,id=cold2,bus=rp2",
        "virtio-rng-pci,id=cold3,bus=rp3,x-pcie-lnksta-dllla=off",
        "virtio-rng-pci,id=cold4,bus=rp4,x-pcie-lnksta-dllla=off")),
    ("rp1", "rp2", "rp3", "rp4"), _COLD)

WINDOWS = NativeTopology(
    "windows", ("q35",),
    _arguments((
        _root_port("rp1", "1", "io-reserve=0,bus-reserve=2"),
        _root_port("rp2", "2", "io-reserve=8k,mem-reserve=4M"),
        _root_port("rp3", "3", "pref32-reserve=16M,x-speed=64,x-width=16"),
        _root_port("rp4", "4", "pref64-reserve=2G,x-speed=8,x-width=4"),
        _root_port("rp5", "5", "bus-reserve=9,x-migrate-msix=off"))),
    ("rp1", "rp2", "rp3", "rp4", "rp5"))

TOPOLOGIES = (ROOTS, PLAIN, SWITCHES, ROOTS_ACPI, LINKS, WINDOWS)


def topology_named(name: str) -> NativeTopology:
    """The topology called @name; raises KeyError with the names there are."""
    for topology in TOPOLOGIES:
        if topology.name == name:
            return topology
    raise KeyError(f"no topology '{name}'; there are: "
                   + ", ".join(topology.name for topology in TOPOLOGIES))
