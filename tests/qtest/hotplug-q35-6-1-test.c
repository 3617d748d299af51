/*
 * QTest of pc-q35-6.1's hotplug: the steps that all modes share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ACPI hotplug with ports that hide what they can.
 */

#include "qemu/osdep.h"
#include "hotplug-mode-cases.h"

static const ModeUnderTest modes[] = {
    { .name = "hotplug-q35-6.1/silent", .arguments = "-machine pc-q35-6.1",
      .mode = "acpi", .method = HOTPLUG_METHOD_ACPI, .evidence = "unknown",
      .late = MODE_LATE_PORT_USELESS },
    { .name = "hotplug-q35-6.1/event", .arguments = "-machine pc-q35-6.1",
      .guest = PATH_EVENT, .mode = "acpi", .method = HOTPLUG_METHOD_ACPI,
      .negotiated = "acpi", .evidence = "inferred",
      .late = MODE_LATE_PORT_USELESS },
    { .name = "hotplug-q35-6.1/asked-for",
      .arguments = "-machine pc-q35-6.1,pci-hotplug=acpi",
      .guest = PATH_EVENT, .mode = "acpi", .method = HOTPLUG_METHOD_ACPI,
      .negotiated = "acpi", .evidence = "inferred",
      .late = MODE_LATE_PORT_USELESS },
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        mode_add_cases(&modes[i]);
    }
    return g_test_run();
}
