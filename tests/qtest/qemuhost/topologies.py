# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines for the differential test: which buses there are, and of what."""

from dataclasses import dataclass

from . import pci


@dataclass(frozen=True)
class Topology:
    """A machine's command line and what the random steps may use of it.

    @boards: names of the boards that it fits
    @arguments: of QEMU, without the machine
    @buses: names that device_add may use
    @refusing: buses that take no device while the machine runs
    @devices: ids of the devices on the command line
    @ports: (bus number, devfn) of PCIe ports, once buses are numbered
    """

    name: str
    boards: tuple[str, ...]
    arguments: tuple[str, ...]
    buses: tuple[str, ...]
    devices: tuple[str, ...] = ()
    ports: tuple[tuple[int, int], ...] = ()
    refusing: tuple[str, ...] = ("pcie.0",)


def _device(text: str) -> tuple[str, str]:
    return ("-device", text)


def _root_port(name: str, device: int, bus: str = "pcie.0",
               more: str = "") -> tuple[str, str]:
    """A root port called @name with @device as its device number."""
    chassis = device if bus == "pcie.0" else device + 100
    return _device(f"pcie-root-port,id={name},bus={bus},addr={device},"
                   f"chassis={chassis}{more}")


ROOT_PORTS = Topology(
    "root-ports", ("q35",),
    (*_root_port("rp1", 1), *_root_port("rp2", 2, more=",multifunction=on"),
     *_device("pcie-root-port,id=rp2b,bus=pcie.0,chassis=21,addr=2.1"),
     *_root_port("rp3", 3, more=",hotplug=off"),
     *_device("ioh3420,id=rp4,bus=pcie.0,chassis=4,addr=4"),
     *_device("virtio-rng-pci,id=cold1,bus=rp1"),
     *_device("pci-testdev,id=cold2,bus=rp3"),
     *_device("pvpanic-pci,id=cold3,bus=pcie.0,addr=9,acpi-index=9")),
    ("rp1", "rp2", "rp2b", "rp4"),
    ("rp1", "rp2", "rp2b", "rp3", "rp4", "cold1", "cold2", "cold3"),
    ((0, pci.devfn(1)), (0, pci.devfn(2)), (0, pci.devfn(2, 1)),
     (0, pci.devfn(3)), (0, pci.devfn(4))),
    ("rp3", "pcie.0"))

SWITCHES = Topology(
    "switches", ("q35",),
    (*_root_port("rp1", 1), *_root_port("rp2", 2), *_root_port("rp3", 3),
     *_device("x3130-upstream,id=up1,bus=rp1"),
     *_device("xio3130-downstream,id=dn1,bus=up1,chassis=11,addr=0"),
     *_device("xio3130-downstream,id=dn2,bus=up1,chassis=12,addr=1"),
     *_device("pcie-pci-bridge,id=ppb,bus=rp2"),
     *_device("i82801b11-bridge,id=dmi,bus=pcie.0,addr=5"),
     *_device("pci-bridge,id=pb,bus=dmi,chassis_nr=31,addr=1"),
     *_device("virtio-rng-pci,id=cold1,bus=dn2"),
     *_device("pci-testdev,id=cold2,bus=pb,addr=4,multifunction=on"),
     *_device("pci-testdev,id=cold3,bus=pb,addr=4.1")),
    ("dn1", "dn2", "ppb", "pb", "rp3"),
    ("rp1", "up1", "dn1", "dn2", "ppb", "dmi", "pb", "cold1", "cold2",
     "cold3"),
    ((0, pci.devfn(1)), (0, pci.devfn(2)), (0, pci.devfn(3))),
    ("dmi", "rp1", "up1", "pcie.0"))

EXPANDER = Topology(
    "expander", ("q35",),
    (*_root_port("rp1", 1),
     *_device("pxb-pcie,id=pxb,bus=pcie.0,bus_nr=64,addr=8"),
     *_root_port("xp1", 1, "pxb"), *_root_port("xp2", 2, "pxb"),
     *_device("x3130-upstream,id=up1,bus=xp1"),
     *_device("xio3130-downstream,id=dn1,bus=up1,chassis=11,addr=0"),
     *_device("xio3130-downstream,id=dn2,bus=up1,chassis=12,addr=1"),
     *_device("virtio-rng-pci,id=cold1,bus=dn1"),
     *_root_port("rp2", 2)),
    ("rp1", "rp2", "xp1", "xp2", "dn1", "dn2"),
    ("up1", "dn1", "dn2", "xp1", "xp2", "pxb", "cold1"),
    ((0, pci.devfn(1)), (0, pci.devfn(2)), (64, pci.devfn(1)),
     (64, pci.devfn(2))),
    ("pxb", "up1", "pcie.0"))

BARE = Topology("bare", ("q35",), (), ("pcie.0",))

NATIVE = Topology(
    "native", ("q35",),
    ("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
     *_root_port("rp1", 1), *_root_port("rp2", 2),
     *_device("virtio-rng-pci,id=cold1,bus=rp1")),
    ("rp1", "rp2"), ("rp1", "cold1"),
    ((0, pci.devfn(1)), (0, pci.devfn(2))))

ROOT_SLOTS = Topology(
    "root-slots", ("i440fx",),
    (*_device("virtio-rng-pci,id=cold1,addr=3"),
     *_device("pci-testdev,id=cold2,addr=4,multifunction=on"),
     *_device("pci-testdev,id=cold3,addr=4.1"),
     *_device("pci-testdev,id=cold4,addr=4.2,acpi-index=4")),
    ("pci.0",), ("cold1", "cold2", "cold3", "cold4"))

_BRIDGES = (*_device("pci-bridge,id=pb1,chassis_nr=1,addr=3"),
            *_device("pci-bridge,id=pb2,bus=pb1,chassis_nr=2,addr=1"),
            *_device("pci-bridge,id=pb3,chassis_nr=3,addr=5,shpc=on"),
            *_device("virtio-rng-pci,id=cold1,bus=pb2,addr=2"),
            *_device("pci-testdev,id=cold2,bus=pb1,addr=4"),
            *_device("pci-testdev,id=cold3,addr=7"))
_BRIDGE_IDS = ("pb1", "pb2", "pb3", "cold1", "cold2", "cold3")
_BRIDGE_BUSES = ("pb1", "pb2", "pb3", "pci.0")


def _bridges(name: str, bridges: bool, root: bool) -> Topology:
    """i440fx with bridges and the two properties of its hotplug set."""
    return Topology(
        name, ("i440fx",),
        ("-global", "PIIX4_PM.acpi-pci-hotplug-with-bridge-support="
                    f"{'on' if bridges else 'off'}",
         "-global", "PIIX4_PM.acpi-root-pci-hotplug="
                    f"{'on' if root else 'off'}",
         *_BRIDGES),
        _BRIDGE_BUSES, _BRIDGE_IDS)


TOPOLOGIES = (
    ROOT_PORTS, SWITCHES, EXPANDER, BARE, NATIVE, ROOT_SLOTS,
    _bridges("bridges", True, True),
    _bridges("bridges-alone", True, False),
    _bridges("root-alone", False, True),
    _bridges("no-acpi", False, False),
)


def topology_named(name: str) -> Topology:
    """The topology called @name; raises KeyError with the names there are."""
    for topology in TOPOLOGIES:
        if topology.name == name:
            return topology
    raise KeyError(f"no topology '{name}'; there are: "
                   + ", ".join(topology.name for topology in TOPOLOGIES))
