# SPDX-License-Identifier: GPL-2.0-or-later
"""Mode auto: a machine that boots one kernel after the other.

UEFI's shell starts the kernels, from a disk with a script; a of the shell that outlives the reset says whose turn it is.
"""

import boot
from cases import Place
from negotiation_disk import write_disk
from negotiation_kernels import AUTO
from negotiation_session import (Expected, Run, Session, Subject, require,
                                 start)

_COMPAT = "pcie_ports=compat"

_SCRIPT = """@echo -off
fs0:
if "%turn%" == "compat" then
  set turn native
  kernel.efi initrd=\\initrd.img {line} {compat}
endif
set turn compat
kernel.efi initrd=\\initrd.img {line}
"""


def _disk(run: Run, line: str) -> list[str]:
    """QEMU's arguments for the disk with the kernels and the script.

    @line: the kernels' command line
    """
    script = _SCRIPT.format(line=line, compat=_COMPAT)
    image = run.folder / "kernels.img"
    write_disk(image, {
        "KERNEL.EFI": run.image.kernel.read_bytes(),
        "INITRD.IMG": run.image.initramfs.read_bytes(),
        "STARTUP.NSH": script.replace("\n", "\r\n").encode()})
    return ["-drive", f"if=none,id=disk,format=raw,readonly=on,file={image}",
            "-device", "virtio-blk-pci,drive=disk,addr=2"]


class _FromDisk(Subject):
    """A subject whose kernel is on its disk, not given by QEMU."""

    def configuration(self, run: Run) -> boot.Configuration:
        class Bare(boot.Configuration):
            """The same without a kernel."""

            def command(self) -> list[str]:
                return [*self.bare_command(), *self.arguments,
                        *_disk(run, self.kernel_line())]

        return Bare(**vars(super().configuration(run)))


async def _reset(session: Session) -> None:
    """Reset the machine and leave it stopped before its first instruction."""
    machine = session.machine
    await machine.execute("stop")
    session.guest.forget()
    mark = machine.mark()
    await machine.execute("system_reset")
    await machine.wait_event("RESET", mark)


async def _check_boot(session: Session, number: int, place: Place,
                      expected: Expected) -> None:
    """Let the guest boot, and test what it took."""
    name = f"boot {number}"
    await session.guest.wait_ready()
    options = " ".join(await session.guest.run("cat /proc/cmdline"))
    with session.test(f"{name}: the guest uses {expected.method}, "
                      f"{expected.evidence}; guest and query agree"):
        require((_COMPAT in options) == (expected.method == "acpi"),
                f"the wrong kernel was started: {options}")
        await session.check_agreement(place, expected)
    case = session.run.random(f"device-{number}", place)
    with session.test(f"{name}: plug and unplug by {expected.method} alone"):
        await session.cycle(expected.method, [case])


async def _check_forgotten(session: Session, number: int,
                           place: Place) -> None:
    with session.test(f"reset {number}: nothing is known"):
        await _reset(session)
        slot = (await session.slots())[place.bus]
        require(slot.known == ("", "unknown") and not slot.interrupts, f"{slot}")
        await session.machine.execute("cont")


async def reboot(run: Run) -> None:
    """Native, then pcie_ports=compat, and in full native again."""
    native, acpi = Expected("native", "committed"), Expected("acpi", "inferred")
    boots = [native, acpi, native] if run.full else [native, acpi]
    arguments, [place] = boot.root_ports(1)
    subject = _FromDisk(f"{AUTO}, ovmf, rebooted", AUTO,
                        arguments, firmware="ovmf", reboots=True)

    async def check(session: Session) -> None:
        for number, expected in enumerate(boots, 1):
            if number > 1:
                await _check_forgotten(session, number - 1, place)
            await _check_boot(session, number, place, expected)

    await start(run, subject, check)
