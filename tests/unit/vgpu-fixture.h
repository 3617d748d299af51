/*
 * A virtio-gpu with a resource of each kind, for tests of its commands
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef TESTS_VGPU_FIXTURE_H
#define TESTS_VGPU_FIXTURE_H

#include "model/vgpu-cmd.h"

#define OUTPUTS     3
#define SIDE        64
#define BYTES       (SIDE * SIDE * 4)
#define HOSTMEM     (2 * BYTES + 100)
#define NO_RESOURCE VGPU_ERR_INVALID_RESOURCE_ID
#define NO_SCANOUT  VGPU_ERR_INVALID_SCANOUT_ID
#define NO_MEMORY   VGPU_ERR_OUT_OF_MEMORY
#define WRONG       VGPU_ERR_INVALID_PARAMETER
#define UNSPEC      VGPU_ERR_UNSPEC
#define OK          VGPU_OK_NODATA

/* Ids of resources */
enum {
    IMAGE = 1,      /* with a backing of BYTES in two pieces */
    BARE,           /* an image without */
    BLOB,           /* of BYTES, in one piece */
    SCATTERED,      /* a blob that the host has not in one piece */
    DETACHED,       /* a blob without backing */
    NONE,           /* does not exist */
};

/* An image's rectangle */
extern const VgpuRect all;

/* What backing consists of; for blobs that the host has in one, @memory is. */
#define PIECES      2
extern uint8_t memory[BYTES];
extern const struct iovec pieces[PIECES];

/* By id: the address is what a resource has of its host. */
extern int hosts[NONE];

/* A device with the resources above, and nothing shown */
void start(VgpuCore *core);

/* ---- commands ------------------------------------------------------------ */

VgpuCommand create(uint32_t id);
VgpuCommand create_blob(uint32_t id);
VgpuCommand set_scanout(uint32_t head, uint32_t id, VgpuRect rect);
VgpuCommand set_blob(uint32_t head, uint32_t id);

/* A command that has a resource alone, and what else some have */
VgpuCommand plain(uint32_t type, uint32_t id);

/* ---- sending them -------------------------------------------------------- */

VgpuEffects send_command(VgpuCore *core, const VgpuCommand *command);

/* One that is OK, and needs nothing of the host */
VgpuEffects accepted(VgpuCore *core, VgpuCommand command);

/* One that is refused so, and leaves no trace; @what and @row name it. */
void refused(VgpuCore *core, const VgpuCommand *command, VgpuAnswer answer,
             const char *what, size_t row);

/* Makes an image, of which the host has the memory. */
void add_image(VgpuCore *core, uint32_t id);

/* A command that needs @pieces, and gets them; @blob: they in one piece */
void give(VgpuCore *core, VgpuCommand command, void *blob);

/* ---- what came of it ----------------------------------------------------- */

void assert_no_effect(const VgpuEffects *effects);

/* Frees @before, which was dumped then. */
void assert_unchanged(const VgpuCore *core, char *before);

#endif /* TESTS_VGPU_FIXTURE_H */
