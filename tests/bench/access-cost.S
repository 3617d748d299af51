/*
 * Cost of an access to the hotplug registers, as a guest meets it
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A firmware of its own, for a q35 machine whose root port 00:03.0 has a device
 * behind it: pcie-root-port, with its slot registers at 0x6c in configuration
 * space.  It makes ACCESSES accesses of one kind after the other, over and over.
 * Of each it tells the debug console its letter and the time stamp counter
 * before and after, 64 bits each, little endian; access_cost.py has the letters.
 * Few accesses at a time: hardly any of these times are interrupted by something
 * else that the host has to do.
 *
 * Real mode from the reset vector on, in the segment that the processor starts
 * with; no memory but this.
 */

#define ACCESSES        2000
#define CONSOLE         0x402

#define CONFIG_ADDRESS  0xcf8
#define CONFIG_DATA     0xcfc
#define PORT(offset)    (0x80000000 | 3 << 11 | (offset))
#define SLOT            PORT(0x6c)      /* Slot Control, Slot Status */
#define CONTROL_DATA    CONFIG_DATA
#define STATUS_DATA     (CONFIG_DATA + 2)

/* Slot Control: attention indicator off, power indicator on, power on */
#define COMMAND         0x01c0
#define BLINK_TOGGLE    0x0300
/* Slot Status: command completed */
#define COMPLETED       0x0010

#define ACPI_UP         0xcc0
#define ACPI_DOWN       0xcc4
#define ACPI_EJ         0xcc8
#define ACPI_SEL        0xcd0
#define EMPTY_SLOT      0x80000000

        .code16
        .text

        /* Four bytes for the debug console, whose port is in dx. */
        .macro  tell reg
        mov     \reg, %eax
        .rept   4
        out     %al, %dx
        shr     $8, %eax
        .endr
        .endm

        /* Leaves the port in dx, the value in eax; ebx, esi, edi are taken. */
        .macro  begin config=SLOT, port, value=0
        mov     $CONFIG_ADDRESS, %dx
        mov     $\config, %eax
        out     %eax, %dx
        rdtsc
        mov     %eax, %esi
        mov     %edx, %edi
        mov     $\port, %dx
        mov     $\value, %eax
        mov     $ACCESSES, %ecx
        .endm

        .macro  end letter
        dec     %ecx
        jnz     1b
        rdtsc
        mov     %eax, %ebx
        mov     %edx, %ecx
        mov     $CONSOLE, %dx
        mov     $\letter, %al
        out     %al, %dx
        tell    %esi
        tell    %edi
        tell    %ebx
        tell    %ecx
        .endm

start:
        cli
again:
        begin   PORT(0), CONFIG_DATA
1:      in      %dx, %ax
        end     'a'

        begin   PORT(0x3c), CONFIG_DATA
1:      out     %al, %dx
        end     'b'

        begin   port=CONTROL_DATA
1:      in      %dx, %ax
        end     'c'

        begin   port=STATUS_DATA
1:      in      %dx, %ax
        end     'd'

        begin   port=CONTROL_DATA, value=COMMAND
1:      out     %ax, %dx
        end     'e'

        begin   port=CONTROL_DATA, value=COMMAND
1:      xor     $BLINK_TOGGLE, %ax
        out     %ax, %dx
        end     'f'

        begin   port=STATUS_DATA, value=COMPLETED
1:      out     %ax, %dx
        end     'g'

        begin   port=CONTROL_DATA
1:      mov     $CONTROL_DATA, %dx
        mov     $COMMAND, %ax
        out     %ax, %dx
        mov     $STATUS_DATA, %dx
        in      %dx, %ax
        mov     $COMPLETED, %ax
        out     %ax, %dx
        end     'h'

        begin   port=ACPI_SEL
1:      out     %eax, %dx
        end     'i'

        begin   port=ACPI_UP
1:      in      %dx, %eax
        end     'j'

        begin   port=ACPI_DOWN
1:      in      %dx, %eax
        end     'k'

        begin   port=ACPI_EJ, value=EMPTY_SLOT
1:      out     %eax, %dx
        end     'l'
        jmp     again

        .org    0xfff0
reset:
        jmp     start
        .org    0x10000
