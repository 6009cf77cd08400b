/* test_http_guard: what other pages and other names get. */
#include "http_guard.h"

#include "unit.h"

static const char *const some_hosts[] = {
    "mail.example.test", "*.wild.test", NULL};
static const char *const any_host[] = {"*", NULL};
static const char *const some_origins[] = {
    "https://app.example.test", "dev.example.test:3000", NULL};
static const char *const pasted_origin[] = {"https://app.example.test/", NULL};
static const char *const any_origin[] = {"*", NULL};

static const struct {
	struct span host;
	bool is_known;
	bool is_known_to_some;
} hosts[] = {
    {SPAN("localhost"), true, true},
    {SPAN("localhost:8025"), true, true},
    {SPAN("LocalHost:1"), true, true},
    {SPAN("localhost."), true, true},
    {SPAN("a.localhost:8025"), true, true},
    {SPAN("127.0.0.1"), true, true},
    {SPAN("127.0.0.1:8025"), true, true},
    {SPAN("192.168.1.17:8025"), true, true},
    {SPAN("[::1]"), true, true},
    {SPAN("[::1]:8025"), true, true},
    {SPAN("[2001:db8::1]:80"), true, true},
    {SPAN(""), true, true},
    {SPAN("mail.example.test"), false, true},
    {SPAN("MAIL.example.test:8025"), false, true},
    {SPAN("mail.example.test."), false, true},
    {SPAN("x.mail.example.test"), false, false},
    {SPAN("a.wild.test"), false, true},
    {SPAN("a.b.wild.test:1"), false, true},
    {SPAN("wild.test"), false, false},
    {SPAN("awild.test"), false, false},
    {SPAN("evil.test"), false, false},
    {SPAN("localhost.evil.test"), false, false},
    {SPAN("evillocalhost"), false, false},
    {SPAN(".localhost"), false, false},
    {SPAN("127.0.0.1.evil.test"), false, false},
    {SPAN("127.1"), false, false},
    {SPAN("127.0.0.1@evil.test"), false, false},
    {SPAN("[::1]evil.test"), false, false},
    {SPAN("[::1"), false, false},
    {SPAN("[evil.test]"), false, false},
    {SPAN("[]"), false, false},
    {SPAN("["), false, false},
    {SPAN("::1"), false, false},
    {SPAN(":8025"), false, false},
    {SPAN("localhost:x"), false, false},
    {SPAN("localhost:80:80"), false, false},
    {SPAN("localhost:65536"), false, false},
    {SPAN("localhost\0.evil.test"), false, false},
    {SPAN("127.0.0.1\0"), false, false},
};

static void
knows_hosts(void **state)
{
	static const struct http_guard none = {NULL, NULL};
	static const struct http_guard some = {some_hosts, NULL};
	static const struct http_guard any = {any_host, NULL};

	(void)state;
	for (size_t i = 0; i < COUNT(hosts); i++) {
		if (http_guard_knows_host(&none, hosts[i].host) !=
		    hosts[i].is_known)
			fail_msg("%.*s", SPAN_ARG(hosts[i].host));
		if (http_guard_knows_host(&some, hosts[i].host) !=
		    hosts[i].is_known_to_some)
			fail_msg("%.*s of some", SPAN_ARG(hosts[i].host));
	}
	assert_true(http_guard_knows_host(&any, SPAN("evil.test:80")));
}

#define NO                                                                     \
	{                                                                      \
		NULL, 0                                                        \
	}
#define OWN SPAN("http://localhost:8025")
#define EVIL SPAN("http://evil.test")
#define APP SPAN("https://app.example.test")
#define CROSS SPAN("cross-site")
#define SAME SPAN("same-site")

static const struct row {
	const char *what;
	struct span origin;
	struct span site;
	struct span mode;
	struct span target;
	const char *const *origins;
	/* by enum http_crossing */
	bool never, visit, cors, cors_visit;
} rows[] = {
    {"no browser", NO, NO, NO, NO, NULL, 1, 1, 1, 1},
    {"own page", OWN, NO, NO, NO, NULL, 1, 1, 1, 1},
    {"own page over TLS", SPAN("https://localhost:8025"), NO, NO, NO, NULL, 1,
	1, 1, 1},
    {"own page, newer", NO, SPAN("same-origin"), NO, NO, NULL, 1, 1, 1, 1},
    {"typed address", NO, SPAN("none"), SPAN("navigate"), SPAN("document"),
	NULL, 1, 1, 1, 1},
    {"another page", EVIL, NO, NO, NO, NULL, 0, 0, 0, 0},
    {"another port", SPAN("http://localhost:3000"), NO, NO, NO, NULL, 0, 0, 0,
	0},
    {"no port", SPAN("http://localhost"), NO, NO, NO, NULL, 0, 0, 0, 0},
    {"a name that begins alike", SPAN("http://localhost:8025.evil.test"), NO,
	NO, NO, NULL, 0, 0, 0, 0},
    {"a sandbox", SPAN("null"), NO, NO, NO, NULL, 0, 0, 0, 0},
    {"an empty origin", SPAN(""), NO, NO, NO, NULL, 0, 0, 0, 0},
    {"an extension", SPAN("chrome-extension://abc"), NO, NO, NO, NULL, 0, 0, 0,
	0},
    {"an image", NO, CROSS, SPAN("no-cors"), SPAN("image"), NULL, 0, 0, 0, 0},
    {"an image of another port", NO, SAME, SPAN("no-cors"), SPAN("image"), NULL,
	0, 0, 0, 0},
    {"a link", NO, CROSS, SPAN("navigate"), SPAN("document"), NULL, 0, 1, 0, 1},
    {"a frame", NO, CROSS, SPAN("navigate"), SPAN("iframe"), NULL, 0, 0, 0, 0},
    {"a word that nobody knows", NO, SPAN("new-site"), NO, NO, NULL, 0, 0, 0,
	0},
    {"allowed", APP, CROSS, SPAN("cors"), NO, some_origins, 0, 0, 1, 1},
    {"allowed by host", SPAN("http://dev.example.test:3000"), NO, NO, NO,
	some_origins, 0, 0, 1, 1},
    {"allowed, pasted", APP, NO, NO, NO, pasted_origin, 0, 0, 1, 1},
    {"another one", EVIL, NO, NO, NO, some_origins, 0, 0, 0, 0},
    {"its other scheme", SPAN("http://app.example.test"), NO, NO, NO,
	some_origins, 0, 0, 0, 0},
    {"below it", SPAN("https://x.app.example.test"), NO, NO, NO, some_origins,
	0, 0, 0, 0},
    {"an image of somebody", NO, CROSS, SPAN("no-cors"), SPAN("image"),
	some_origins, 0, 0, 0, 0},
    {"any", EVIL, CROSS, NO, NO, any_origin, 0, 0, 1, 1},
    {"any, even a sandbox", SPAN("null"), NO, NO, NO, any_origin, 0, 0, 1, 1},
    {"an image of any", NO, CROSS, NO, NO, any_origin, 0, 0, 1, 1},
};

static void
check(const struct row *row, enum http_crossing crossing, bool is_allowed)
{
	const struct http_guard guard = {NULL, row->origins};
	struct http_asked asked = {
	    .host = SPAN("localhost:8025"),
	    .origin = row->origin,
	    .site = row->site,
	    .mode = row->mode,
	    .target = row->target,
	};

	if (http_guard_judge(&guard, &asked, crossing) !=
	    (is_allowed ? HTTP_ALLOWED : HTTP_FOREIGN_ORIGIN))
		fail_msg("%s: %d", row->what, (int)crossing);
	/* Whatever else it says, an unknown name is refused. */
	asked.host = SPAN("evil.test");
	assert_int_equal(
	    http_guard_judge(&guard, &asked, crossing), HTTP_UNKNOWN_HOST);
}

static void
judges_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		check(&rows[i], HTTP_CROSS_NEVER, rows[i].never);
		check(&rows[i], HTTP_CROSS_VISIT, rows[i].visit);
		check(&rows[i], HTTP_CROSS_CORS, rows[i].cors);
		check(&rows[i], HTTP_CROSS_CORS_VISIT, rows[i].cors_visit);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_hosts),
	    cmocka_unit_test(judges_requests),
	};

	return cmocka_run_group_tests_name("http_guard", tests, NULL, NULL);
}
