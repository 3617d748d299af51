/*
 * QTest of hotplug mode native: the steps that all modes share
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hotplug-native-slot-test.c has what a slot does by itself.
 */

#include "qemu/osdep.h"
#include "hotplug-mode-cases.h"

#define NATIVE(type)  "-machine " type ",pci-hotplug=native"

static const ModeUnderTest modes[] = {
    { .name = "hotplug-native/silent", .arguments = NATIVE("pc-q35-10.0"),
      .mode = "native", .method = HOTPLUG_METHOD_NATIVE,
      .evidence = "unknown", .capable = true },
    { .name = "hotplug-native/boolean", .arguments = "-machine pc-q35-10.0 "
      "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
      .guest = PATH_SLOTS, .mode = "native", .method = HOTPLUG_METHOD_NATIVE,
      .negotiated = "native", .evidence = "inferred", .capable = true },
    { .name = "hotplug-native/pc-q35-6.0",
      .arguments = "-machine pc-q35-6.0", .guest = PATH_SLOTS,
      .mode = "native", .method = HOTPLUG_METHOD_NATIVE,
      .negotiated = "native", .evidence = "inferred", .capable = true },
    { .name = "hotplug-native/without",
      .arguments = NATIVE("pc-q35-10.0-hotplug"), .guest = PATH_WITHOUT,
      .mode = "native", .method = HOTPLUG_METHOD_NATIVE,
      .negotiated = "none", .evidence = "committed", .capable = true },
    { .name = "hotplug-native/taken",
      .arguments = NATIVE("pc-q35-10.0-hotplug"), .guest = PATH_NATIVE,
      .mode = "native", .method = HOTPLUG_METHOD_NATIVE,
      .negotiated = "native", .evidence = "committed", .capable = true },
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        mode_add_cases(&modes[i]);
    }
    return g_test_run();
}
