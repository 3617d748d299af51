#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""query-pci-hotplug and info hotplug: where and when they can be asked.

On machines without PCI and with none at all, on boards of other targets,
before a machine is made, before it starts and while it migrates.  What they
say of a slot's registers is in hotplug-query-test.c.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any, Optional

sys.path.insert(0, str(Path(__file__).parent))

# pylint: disable=wrong-import-position
from qemuhost import environment                      # noqa: E402
from qemuhost.machine import CommandFailed, Machine   # noqa: E402
from qemuhost.tap import Tap                          # noqa: E402

Slot = dict[str, Any]

NOTHING = "no hot-pluggable PCI slots\n"
PORT = ["-device", "pcie-root-port,id=port1,chassis=1,slot=7"]
DEVICE = ["-device", "virtio-rng-pci,id=rng1,bus=port1"]
Q35 = ["-machine", "q35,pci-hotplug=auto", "-nodefaults", "-m", "32"]

# What libvirt asks for when it probes a binary
PROBES = [("qom-list-types", {}), ("query-machines", {}),
          ("device-list-properties", {"typename": "pcie-root-port"}),
          ("query-qmp-schema", {}), ("query-command-line-options", {}),
          ("query-status", {})]
PROBES_OF = {
    "x86_64": [("device-list-properties", {"typename": "ICH9-LPC"}),
               ("device-list-properties", {"typename": "PIIX4_PM"}),
               ("qom-list-properties", {"typename": "pc-q35-10.0-machine"})],
    "aarch64": [("device-list-properties", {"typename": "acpi-ged"}),
                ("qom-list-properties", {"typename": "virt-10.0-machine"})],
}

VIRT = ["-machine", "virt,highmem=off", "-nodefaults", "-m", "64"]
VIRT_ECAM = 0x3F000000

CAPABILITIES = 0x34
EXPRESS = 0x10
SLOT_CONTROL = 0x18
INTERRUPT_ENABLE = 0x20


def expect(found: Any, wanted: Any, what: str) -> None:
    """Raise AssertionError where @found is not @wanted."""
    if found != wanted:
        raise AssertionError(f"{what}: {found!r} instead of {wanted!r}")


def slots(machine: Machine) -> list[Slot]:
    """What query-pci-hotplug says."""
    answer = machine.qmp("query-pci-hotplug")
    expect(list(answer), ["slots"], "members of the answer")
    found: list[Slot] = answer["slots"]
    return found


def slot_of(machine: Machine, bus: str) -> Slot:
    """The entry of the only slot on @bus."""
    found = [slot for slot in slots(machine) if slot["bus"] == bus]
    expect(len(found), 1, f"slots of {bus}")
    return found[0]


def expect_nothing(machine: Machine) -> None:
    """No slot is there, and both commands say so."""
    expect(slots(machine), [], "slots")
    expect(machine.hmp("info hotplug"), NOTHING, "info hotplug")


# ---- where -----------------------------------------------------------------


def test_without_slots(target: str, machine_type: str) -> None:
    """A machine without PCI."""
    with Machine(environment.fork_binary(target),
                 ["-machine", machine_type, "-nodefaults"]) as machine:
        expect_nothing(machine)


def test_probing(target: str) -> None:
    """With -machine none, between libvirt's own questions."""
    with Machine(environment.fork_binary(target),
                 ["-machine", "none", "-nodefaults"]) as machine:
        expect_nothing(machine)
        for command, arguments in PROBES + PROBES_OF[target]:
            machine.qmp(command, **arguments)
            expect_nothing(machine)


def ecam_read(machine: Machine, address: int) -> int:
    """32 bits of configuration space, at an address of memory."""
    return int(machine.qtest.command(f"readl {address:#x}"), 0)


def slot_control(machine: Machine, function: int) -> int:
    """Where Slot Control of the port with a devfn on bus 0 of virt is."""
    base = VIRT_ECAM + (function << 12)
    offset = ecam_read(machine, base + CAPABILITIES) & 0xFF
    while offset:
        head = ecam_read(machine, base + offset)
        if head & 0xFF == EXPRESS:
            return base + offset + SLOT_CONTROL
        offset = head >> 8 & 0xFF
    raise AssertionError("the port has no PCI Express capability")


def expect_virt(slot: Slot, negotiated: Optional[str], evidence: str) -> None:
    """The port of test_virt(): native, by its own controller."""
    expect(slot["mode"], "native", "mode")
    expect(slot["method"], "native", "method")
    expect(slot.get("negotiated"), negotiated, "negotiated")
    expect(slot["evidence"], evidence, "evidence")
    expect(slot["hot-plug-capable"], True, "hot-plug-capable")


def test_virt() -> None:
    """Arm's virt: native, and what the guest does is seen in registers."""
    port = ["-device", "pcie-root-port,id=port1,chassis=1,slot=7,addr=3",
            "-device", "pcie-pci-bridge,id=bridge,addr=4"]
    with Machine(environment.fork_binary("aarch64"),
                 [*VIRT, *port, *DEVICE]) as machine:
        slot = slot_of(machine, "port1")
        expect_virt(slot, None, "unknown")
        expect([device["id"] for device in slot["devices"]], ["rng1"],
               "devices")
        expect({other["mode"] for other in slots(machine)
                if other["bus"] == "bridge"}, {"shpc"}, "the bridge's mode")
        where = slot_control(machine, 3 << 3)
        machine.qtest.command(f"writew {where:#x} {INTERRUPT_ENABLE:#x}")
        slot = slot_of(machine, "port1")
        expect_virt(slot, "native", "inferred")
        expect(slot["interrupts"], True, "interrupts")


# ---- when ------------------------------------------------------------------


def test_preconfig() -> None:
    """Refused like QEMU's other commands, until the machine is made."""
    with Machine(environment.fork_binary(), ["-preconfig", *Q35, *PORT]
                 ) as machine:
        for command in ("query-pci-hotplug", "query-pci"):
            reply = machine.reply(command)
            if "permitted only after machine" not in str(reply.get("error")):
                raise AssertionError(f"{command}: {reply}")
        machine.qmp("x-exit-preconfig")
        expect(slot_of(machine, "port1")["number"], 7, "number")


def test_before_start() -> None:
    """A guest that has not run yet."""
    with Machine(environment.fork_binary(), ["-S", *Q35, *PORT, *DEVICE]
                 ) as machine:
        expect(machine.qmp("query-status")["status"], "prelaunch", "status")
        slot = slot_of(machine, "port1")
        expect((slot["method"], slot["evidence"], slot["windows"]),
               ("acpi", "unknown", []), "method, evidence, windows")


def test_migration(folder: Path) -> None:
    """The source while it sends and after, the destination before."""
    binary = environment.fork_binary()
    arguments = [*Q35, *PORT, *DEVICE]
    with Machine(binary, arguments) as source, \
            Machine(binary, [*arguments, "-incoming", "defer"]) as other:
        before = slots(source)
        source.qmp("migrate-set-parameters", **{"max-bandwidth": 100})
        source.qmp("migrate-set-capabilities", capabilities=[
            {"capability": "events", "state": True}])
        source.qmp("migrate", uri=f"file:{folder}/stream")
        while source.wait_event("MIGRATION")["data"]["status"] != "active":
            pass
        expect(slots(source), before, "the source, sending")
        source.qmp("migrate-set-parameters", **{"max-bandwidth": 1 << 30})
        while source.wait_event("MIGRATION")["data"]["status"] != "completed":
            pass
        expect(slots(source), before, "the source, afterwards")
        expect(other.qmp("query-status")["status"], "inmigrate", "status")
        expect(slot_of(other, "port1")["evidence"], "unknown", "evidence")


# ---- what ------------------------------------------------------------------


def schema_entry(schema: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """An entry of query-qmp-schema."""
    return next(entry for entry in schema if entry["name"] == name)


def schema_members(schema: list[dict[str, Any]], name: str
                   ) -> dict[str, dict[str, Any]]:
    """The members of an object type, by name."""
    return {member["name"]: member
            for member in schema_entry(schema, name)["members"]}


def test_schema() -> None:
    """query-qmp-schema tells what the answer is made of."""
    optional = {"id", "negotiated", "hot-plug-capable", "interrupts", "power",
                "request", "power-indicator", "attention-indicator"}
    enums = {"mode": {"acpi", "native", "auto", "none", "shpc"},
             "method": {"acpi", "native", "shpc", "none"},
             "evidence": {"committed", "inferred", "unknown"},
             "power-indicator": {"on", "blinking", "off", "reserved"}}
    with Machine(environment.fork_binary(), ["-machine", "none"]) as machine:
        schema = machine.qmp("query-qmp-schema")
    command = schema_entry(schema, "query-pci-hotplug")
    expect(schema_entry(schema, command["arg-type"])["members"], [],
           "arguments")
    entries = schema_members(schema, command["ret-type"])["slots"]["type"]
    members = schema_members(schema,
                             schema_entry(schema, entries)["element-type"])
    expect({name for name, member in members.items() if "default" in member},
           optional, "optional members")
    for name, values in enums.items():
        kind = schema_entry(schema, members[name]["type"])
        expect({member["name"] for member in kind["members"]}, values, name)


def test_error() -> None:
    """An argument is refused, as with every command that takes none."""
    with Machine(environment.fork_binary(), ["-machine", "none"]) as machine:
        try:
            machine.qmp("query-pci-hotplug", bus="port1")
        except CommandFailed:
            return
    raise AssertionError("an argument that does not exist was accepted")


def test_human() -> None:
    """info hotplug names what the query has, and counts empty slots."""
    arguments = [*Q35, *PORT, *DEVICE, "-device",
                 "pcie-root-port,id=port2,chassis=2,slot=8",
                 "-device", "pcie-pci-bridge,id=bridge,bus=port2"]
    with Machine(environment.fork_binary(), arguments) as machine:
        text = machine.hmp("info hotplug")
    for line in ("bus port1, device 0, slot number 7: "
                 "/machine/peripheral/port1",
                 "  mode auto, requests go by acpi, what the guest uses is "
                 "unknown",
                 "  hot-plug capable yes, interrupts off",
                 "  power on, power indicator off, attention indicator off",
                 "  function 0: virtio-rng-pci, rng1",
                 "  function 0: pcie-pci-bridge, bridge",
                 "bus bridge: 32 empty slots"):
        if line not in text.splitlines():
            raise AssertionError(f"'{line}' is missing in:\n{text}")


def main() -> int:
    """Run the test; returns the exit status."""
    tap = Tap()
    for target, machine_type in (("x86_64", "isapc"), ("x86_64", "microvm"),
                                 ("aarch64", "musicpal")):
        # pylint: disable=cell-var-from-loop
        tap.run(f"{target}: {machine_type} has no slots",
                lambda: test_without_slots(target, machine_type))
    for target in ("x86_64", "aarch64"):
        tap.run(f"{target}: between libvirt's probes of -machine none",
                lambda: test_probing(target))
    tap.run("aarch64: virt, from its registers", test_virt)
    tap.run("refused before the machine is made", test_preconfig)
    tap.run("before the guest starts", test_before_start)
    with tempfile.TemporaryDirectory() as folder:
        tap.run("during migration", lambda: test_migration(Path(folder)))
    tap.run("query-qmp-schema", test_schema)
    tap.run("no arguments", test_error)
    tap.run("info hotplug", test_human)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
