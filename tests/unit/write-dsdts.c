/*
 * Writes DSDTs with hot-pluggable buses to files, for iasl to read
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * usage: write-dsdts FOLDER
 */

#include "qemu/osdep.h"

#include "acpica/hotplug-dsdt.h"

static const struct {
    const char *name;
    TestBoard board;
    unsigned buses;
} tables[] = {
    { "q35-1", { .express = true }, 1 },
    { "q35-64", { .express = true }, 64 },
    { "q35-256", { .express = true }, 256 },
    { "q35-native", { .express = true, .native = true }, 1 },
    { "q35-expander", { .express = true, .expander = true }, 2 },
    { "q35-reports", { .express = true, .expander = true, .reports = true,
                       .native = true }, 2 },
    { "q35-none", { .express = true, .no_shpc = true, .reports = true }, 1 },
    { "q35-described", { .express = true, .expander = true,
                         .described = true }, 3 },
    { "q35-fast-scan-described", { .express = true, .expander = true,
                                   .described = true, .fast_scan = true,
                                   .reports = true }, 3 },
    { "q35-ost", { .express = true, .ost = true }, 64 },
    { "q35-all", { .express = true, .expander = true, .described = true,
                   .fast_scan = true, .reports = true, .ost = true }, 3 },
    { "i440fx-ost", { .express = false, .ost = true }, 64 },
    { "q35-fast-scan-1", { .express = true, .fast_scan = true }, 1 },
    { "q35-fast-scan-64", { .express = true, .fast_scan = true }, 64 },
    { "q35-fast-scan-256", { .express = true, .fast_scan = true }, 256 },
    { "i440fx-1", { .express = false }, 1 },
    { "i440fx-64", { .express = false }, 64 },
    { "i440fx-fast-scan-1", { .express = false, .fast_scan = true }, 1 },
    { "i440fx-fast-scan-64", { .express = false, .fast_scan = true }, 64 },
};

/* A device that stays and has an acpi-index, on the first bus that is free. */
static void add_fixed_device(PciBusDescription *root)
{
    const uint8_t last_devfn = 0xff;

    if (root->functions->len <= last_devfn) {
        PciFunctionDescription *function = test_add_function(root, last_devfn);

        function->hotpluggable = false;
        function->fixed_index = 4711;
    }
}

static bool write_table(const char *folder, unsigned i)
{
    g_autoptr(PciBusDescription) root = test_buses(&tables[i].board,
                                                   tables[i].buses);
    g_autofree char *path = g_strdup_printf("%s/%s.aml", folder,
                                            tables[i].name);
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) dsdt = NULL;

    add_fixed_device(root);
    dsdt = test_dsdt(&tables[i].board, root);
    if (!g_file_set_contents(path, (const char *)dsdt->data, dsdt->len,
                             &error)) {
        fprintf(stderr, "write-dsdts: %s\n", error->message);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: write-dsdts FOLDER\n");
        return 2;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(tables); i++) {
        if (!write_table(argv[1], i)) {
            return 1;
        }
    }
    return 0;
}
