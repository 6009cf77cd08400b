/* thumbnail: a small picture of a picture that came by mail. */
#include "thumbnail.h"

#include <gdk-pixbuf/gdk-pixbuf.h>

#define WHITE 0xffffffff
#define QUALITY "70"

/* Runs when the header is read, before a pixel is. A loader that is told the
   size 0 decodes nothing. */
static void
check_size(GdkPixbufLoader *loader, gint width, gint height, gpointer context)
{
	(void)context;
	if (width <= 0 || height <= 0 ||
	    (gint64)width * height > THUMBNAIL_PIXELS_MAX)
		gdk_pixbuf_loader_set_size(loader, 0, 0);
}

/* Of gdk-pixbuf's formats those that mail programs show, by the bytes they
   begin with; the others (SVG, which may refer to files) stay closed. */
static const char *
type_of(struct span picture)
{
	static const struct {
		struct span magic;
		const char *type;
	} rows[] = {
	    {SPAN("\x89PNG\r\n"), "png"},
	    {SPAN("\xff\xd8\xff"), "jpeg"},
	    {SPAN("GIF8"), "gif"},
	    {SPAN("BM"), "bmp"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_starts(picture, rows[i].magic))
			return rows[i].type;
	return NULL;
}

/* NULL when it is no picture that may be decoded. */
static GdkPixbuf *
decode(struct span picture)
{
	const char *type = type_of(picture);
	GdkPixbufLoader *loader =
	    type ? gdk_pixbuf_loader_new_with_type(type, NULL) : NULL;
	GdkPixbuf *pixbuf = NULL;
	bool is_read;

	if (!loader)
		return NULL;
	g_signal_connect(loader, "size-prepared", G_CALLBACK(check_size), NULL);
	is_read = gdk_pixbuf_loader_write(
	    loader, (const guchar *)picture.at, picture.len, NULL);
	/* Closing is due even where writing failed. */
	is_read = gdk_pixbuf_loader_close(loader, NULL) && is_read;
	if (is_read)
		pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
	if (pixbuf)
		pixbuf = gdk_pixbuf_apply_embedded_orientation(pixbuf);
	g_object_unref(loader);
	return pixbuf;
}

/* Draws `picture`, scaled, in the middle of the canvas; what does not fit is
   cut off at both sides alike. */
static void
draw(GdkPixbuf *canvas, const GdkPixbuf *picture, double scale)
{
	double width = gdk_pixbuf_get_width(picture) * scale;
	double height = gdk_pixbuf_get_height(picture) * scale;
	double left = (THUMBNAIL_WIDTH - width) / 2;
	double top = (THUMBNAIL_HEIGHT - height) / 2;
	int x = MAX((int)left, 0), y = MAX((int)top, 0);
	int w = MIN((int)width, THUMBNAIL_WIDTH - x);
	int h = MIN((int)height, THUMBNAIL_HEIGHT - y);

	gdk_pixbuf_composite(picture, canvas, x, y, MAX(w, 1), MAX(h, 1), left,
	    top, scale, scale, GDK_INTERP_BILINEAR, 255);
}

static void
fill(GdkPixbuf *canvas, const GdkPixbuf *picture)
{
	double across = (double)THUMBNAIL_WIDTH / gdk_pixbuf_get_width(picture);
	double down = (double)THUMBNAIL_HEIGHT / gdk_pixbuf_get_height(picture);

	/* Smaller in one direction: shown whole, and never enlarged. */
	if (across > 1 || down > 1)
		draw(canvas, picture, MIN(MIN(across, down), 1));
	else
		draw(canvas, picture, MAX(across, down));
}

bool
thumbnail_put(struct buf *out, struct span picture)
{
	GdkPixbuf *canvas = gdk_pixbuf_new(
	    GDK_COLORSPACE_RGB, FALSE, 8, THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT);
	GdkPixbuf *decoded = canvas ? decode(picture) : NULL;
	gchar *jpeg = NULL;
	gsize len = 0;
	bool fits;

	if (!canvas)
		return false;
	gdk_pixbuf_fill(canvas, WHITE);
	if (decoded) {
		fill(canvas, decoded);
		g_object_unref(decoded);
	}
	fits = gdk_pixbuf_save_to_buffer(canvas, &jpeg, &len, "jpeg", NULL,
		   "quality", QUALITY, NULL) &&
	    buf_put(out, span_make(jpeg, len));
	g_free(jpeg);
	g_object_unref(canvas);
	return fits;
}
