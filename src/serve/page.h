/*
 * page: the files of the web interface, which are part of the program.
 *
 * They stand in src/page and become arrays at build time (src/page/embed). The
 * page itself names the others by addresses that hold a version, so a browser
 * may keep those for good. Loop thread only.
 */
#ifndef PAGE_H
#define PAGE_H

#include "http.h"

/* The page itself, for every address of the interface. */
void page_serve(struct http_request *, void *context);

/* "/", "/search" and the files that the page consists of. */
extern const struct http_route page_routes[];

#endif
