/*
 * thumbnail: a small picture of a picture that came by mail.
 *
 * 180 by 120 pixels as JPEG, always: larger pictures are scaled to fill and
 * cropped around the middle, smaller ones stand in the middle of white. What is
 * no picture, cannot be decoded, or is too large to decode safely is a white
 * one. gdk-pixbuf decodes; the size is checked before any pixel is. Any
 * thread.
 */
#ifndef THUMBNAIL_H
#define THUMBNAIL_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>

#define THUMBNAIL_WIDTH 180
#define THUMBNAIL_HEIGHT 120
/* Larger pictures are not decoded. */
#define THUMBNAIL_PIXELS_MAX (20 * 1000 * 1000)

/* Appends the JPEG. False without memory or when `out` is full. */
bool thumbnail_put(struct buf *out, struct span picture);

#endif
