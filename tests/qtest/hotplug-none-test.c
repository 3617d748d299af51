/*
 * QTest of hotplug mode none: the steps that all modes share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hotplug-modes-test.c has what this mode says of its refusals.
 */

#include "qemu/osdep.h"
#include "hotplug-mode-cases.h"

#define NONE(type)  "-machine " type ",pci-hotplug=none"

static const ModeUnderTest modes[] = {
    { .name = "hotplug-none/pc-q35-10.0", .arguments = NONE("pc-q35-10.0"),
      .mode = "none", .evidence = "unknown" },
    { .name = "hotplug-none/pc-q35-10.0-hotplug",
      .arguments = NONE("pc-q35-10.0-hotplug"),
      .mode = "none", .evidence = "unknown" },
    /* whatever the guest does, it gets nothing by it */
    { .name = "hotplug-none/slots", .arguments = NONE("pc-q35-10.0-hotplug"),
      .guest = PATH_SLOTS, .mode = "none", .evidence = "unknown" },
    { .name = "hotplug-none/without", .arguments = NONE("pc-q35-10.0-hotplug"),
      .guest = PATH_WITHOUT, .mode = "none", .negotiated = "none",
      .evidence = "committed" },
    { .name = "hotplug-none/native", .arguments = NONE("pc-q35-10.0-hotplug"),
      .guest = PATH_NATIVE, .mode = "none", .evidence = "unknown" },
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        mode_add_cases(&modes[i]);
    }
    return g_test_run();
}
