/*
 * Agent of the test guest: the font of a console
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent.h"

/* As the kernel keeps fonts: room for so many rows of each glyph. */
#define GLYPHS  512
#define ROWS    32
#define BYTES   4       /* of a row: 32 pixels */

static void send_glyph(const char *id, const struct console_font_op *font,
                       unsigned int character)
{
    unsigned int row_bytes = (font->width + 7) / 8;
    const unsigned char *glyph = font->data + character * ROWS * row_bytes;
    char text[2 * ROWS * BYTES + 1];
    int length = 0;

    for (unsigned int i = 0; i < font->height * row_bytes; i++) {
        length += snprintf(text + length, sizeof(text) - length, "%02x",
                           glyph[i]);
    }
    agent_data(id, "%u %s", character, text);
}

static int get_font(const char *path, struct console_font_op *font)
{
    int terminal = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    int error = 0;

    if (terminal < 0) {
        return -errno;
    }
    if (ioctl(terminal, KDFONTOP, font)) {
        error = -errno;
    }
    close(terminal);
    return error;
}

int console_font(const char *id, const char *path)
{
    struct console_font_op font = {
        .op = KD_FONT_OP_GET,
        .width = 8 * BYTES,
        .height = ROWS,
        .charcount = GLYPHS,
        .data = calloc(GLYPHS, ROWS * BYTES),
    };
    int error = font.data ? get_font(path, &font) : -ENOMEM;

    if (!error) {
        agent_data(id, "%u %u", font.width, font.height);
        for (unsigned int character = ' '; character < 127; character++) {
            send_glyph(id, &font, character);
        }
    }
    free(font.data);
    return error;
}
