/* test_openapi: the description of the API names every route, and no other. */
#include "api_mailhog.h"
#include "api_mailpit.h"
#include "api_own.h"
#include "page.h"
#include "page_assets.h"

#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct http_route *const tables[] = {
    api_own_routes, api_mailpit_routes, api_mailhog_routes, page_routes};

/* Pages for people, and what stands at another path once more. */
static const char *const undescribed[] = {
    "/", "/search", "/view/", "/api/v1/", "/page/{version}/{file}"};

static bool
is_undescribed(const char *path)
{
	for (size_t i = 0; i < COUNT(undescribed); i++)
		if (strcmp(path, undescribed[i]) == 0)
			return true;
	return strncmp(path, "/mailhog/", strlen("/mailhog/")) == 0;
}

static const char *
name_of(unsigned method)
{
	switch (method) {
	case HTTP_GET:
		return "get";
	case HTTP_POST:
		return "post";
	case HTTP_PUT:
		return "put";
	default:
		return "delete";
	}
}

static json_t *
load(void)
{
	for (const struct page_asset *it = page_assets; it->name; it++)
		if (strcmp(it->name, "openapi.json") == 0)
			return json_loadb((const char *)it->at, it->len,
			    JSON_REJECT_DUPLICATES, NULL);
	return NULL;
}

/* Takes what is described of a route off the paths. */
static void
cross_off(json_t *paths, const struct http_route *route)
{
	json_t *path = json_object_get(paths, route->path);

	if (json_object_del(path, name_of(route->method)) != 0)
		fail_msg("%s %s is not described", name_of(route->method),
		    route->path);
	if (json_object_size(path) == 0)
		(void)json_object_del(paths, route->path);
}

static void
describes_every_route(void **state)
{
	json_t *description = load();
	json_t *paths = json_object_get(description, "paths");
	const char *path;
	json_t *left;

	(void)state;
	assert_non_null(paths);
	for (size_t i = 0; i < COUNT(tables); i++)
		for (const struct http_route *it = tables[i]; it->path; it++)
			if (!is_undescribed(it->path))
				cross_off(paths, it);
	json_object_foreach(paths, path, left)
	    fail_msg("there is no route to %s", path);
	json_decref(description);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(describes_every_route),
	};

	return cmocka_run_group_tests_name("openapi", tests, NULL, NULL);
}
