/* test_thumbnail: small pictures of large, small, huge and broken ones. */
#include "thumbnail.h"

#include "unit.h"

#include <gdk-pixbuf/gdk-pixbuf.h>

#define LIMIT ((size_t)1024 * 1024)
#define RED 0xff0000ff

/* A picture of one colour as PNG; the caller frees. */
static struct span
make_png(int width, int height)
{
	GdkPixbuf *pixbuf =
	    gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, width, height);
	gchar *bytes;
	gsize len;

	assert_non_null(pixbuf);
	gdk_pixbuf_fill(pixbuf, RED);
	assert_true(
	    gdk_pixbuf_save_to_buffer(pixbuf, &bytes, &len, "png", NULL, NULL));
	g_object_unref(pixbuf);
	return span_make(bytes, len);
}

static GdkPixbuf *
make_thumbnail(struct span picture)
{
	GdkPixbufLoader *loader = gdk_pixbuf_loader_new_with_type("jpeg", NULL);
	GdkPixbuf *pixbuf;
	struct buf out;

	buf_init(&out, LIMIT);
	assert_true(thumbnail_put(&out, picture));
	assert_true(gdk_pixbuf_loader_write(
	    loader, (const guchar *)out.at, out.len, NULL));
	assert_true(gdk_pixbuf_loader_close(loader, NULL));
	pixbuf = g_object_ref(gdk_pixbuf_loader_get_pixbuf(loader));
	assert_int_equal(gdk_pixbuf_get_width(pixbuf), THUMBNAIL_WIDTH);
	assert_int_equal(gdk_pixbuf_get_height(pixbuf), THUMBNAIL_HEIGHT);
	g_object_unref(loader);
	buf_release(&out);
	return pixbuf;
}

/* Whether the pixel is rather red than white. */
static bool
is_red(const GdkPixbuf *pixbuf, int x, int y)
{
	const guchar *pixel = gdk_pixbuf_read_pixels(pixbuf) +
	    y * gdk_pixbuf_get_rowstride(pixbuf) +
	    x * gdk_pixbuf_get_n_channels(pixbuf);

	return pixel[1] < 128;
}

static void
fits_each_size(void **state)
{
	static const struct {
		int width, height;
		bool corner, left, top; /* are red */
	} rows[] = {
	    {400, 300, true, true, true},
	    {180, 120, true, true, true},
	    {1000, 130, true, true, true},
	    {50, 40, false, false, false},
	    {100, 500, false, false, true},
	    {500, 50, false, true, false},
	    {1, 1, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span png = make_png(rows[i].width, rows[i].height);
		GdkPixbuf *pixbuf = make_thumbnail(png);

		assert_int_equal(is_red(pixbuf, 1, 1), rows[i].corner);
		assert_int_equal(is_red(pixbuf, 1, 60), rows[i].left);
		assert_int_equal(is_red(pixbuf, 90, 1), rows[i].top);
		if (rows[i].width > 1)
			assert_true(is_red(pixbuf, 90, 60));
		g_object_unref(pixbuf);
		g_free((char *)png.at);
	}
}

static void
is_white_for_what_is_none(void **state)
{
	struct span png = make_png(400, 300);
	const struct span none[] = {SPAN(""), SPAN("no picture"),
	    SPAN("<svg xmlns='http://www.w3.org/2000/svg' width='300' "
		 "height='300'><rect width='300' height='300' fill='red'/>"
		 "</svg>"),
	    span_make(png.at, 60)};

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++) {
		GdkPixbuf *pixbuf = make_thumbnail(none[i]);

		assert_false(is_red(pixbuf, 90, 60));
		g_object_unref(pixbuf);
	}
	g_free((char *)png.at);
}

/* Mailpit GHSA-75mr-qw9x-3r39: few bytes that unpack to many pixels. */
static void
does_not_decode_a_bomb(void **state)
{
	struct span png = make_png(5001, 4000);
	GdkPixbuf *pixbuf = make_thumbnail(png);

	(void)state;
	assert_false(is_red(pixbuf, 90, 60));
	g_object_unref(pixbuf);
	g_free((char *)png.at);
}

static void
says_when_there_is_no_room(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	assert_false(thumbnail_put(&out, SPAN("")));
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fits_each_size),
	    cmocka_unit_test(is_white_for_what_is_none),
	    cmocka_unit_test(does_not_decode_a_bomb),
	    cmocka_unit_test(says_when_there_is_no_room),
	};

	return cmocka_run_group_tests_name("thumbnail", tests, NULL, NULL);
}
