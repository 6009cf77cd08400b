/*
 * page_assets: the files of src/page as arrays; src/page/embed makes the .c.
 */
#ifndef PAGE_ASSETS_H
#define PAGE_ASSETS_H

#include <stddef.h>

struct page_asset {
	const char *name; /* "app.js" */
	const char *tag;  /* changes with the bytes */
	const char *at;
	size_t len;
};

/* Ends with a row without name. */
extern const struct page_asset page_assets[];
/* Changes with any of them. */
extern const char page_version[];

#endif
