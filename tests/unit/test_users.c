/* test_users: passwords of each kind, and files that are none. */
#include "users.h"

#include "fail_alloc.h"
#include "scratch.h"
#include "unit.h"

#include <string.h>

#define BCRYPT "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
#define SHA512                                                                 \
	"$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2"   \
	"CKPPrVACtLtip/cZ/1GM/O6IND4WQhG."
#define LONG_PASSWORD "a much longer password than sixteen bytes"

struct file {
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16];
};

static void
write_text(const char *path, struct span text)
{
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	assert_int_equal(fwrite(text.at, 1, text.len, stream), text.len);
	(void)fclose(stream);
}

static void
make_file(struct file *file, struct span text)
{
	scratch_make(file->folder);
	(void)snprintf(
	    file->path, sizeof(file->path), "%s/htpasswd", file->folder);
	write_text(file->path, text);
}

static enum err
try_open(struct users **out, struct span text, struct failure *failure)
{
	struct file file;
	enum err err;

	make_file(&file, text);
	err = users_open(out, file.path, failure);
	scratch_remove(file.folder);
	return err;
}

static struct users *
must_open(struct span text)
{
	struct users *users;
	struct failure failure = {""};

	if (try_open(&users, text, &failure))
		fail_msg("%s", failure.text);
	return users;
}

static const struct {
	struct span line;
	struct span password;
} known[] = {
    {SPAN("u:" BCRYPT), SPAN("secret")},
    {SPAN("u:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"),
	SPAN("secret")},
    {SPAN("u:$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1"), SPAN("secret")},
    {SPAN("u:$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM."),
	SPAN("secret")},
    {SPAN("u:" SHA512), SPAN("secret")},
    {SPAN("u:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/"), SPAN("secret")},
    {SPAN("u:$apr1$12345678$RkSsHiO1RUdjaoav57ZaW/"), SPAN(LONG_PASSWORD)},
    {SPAN("u:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="), SPAN("secret")},
    {SPAN("u:secret"), SPAN("secret")},
    {SPAN("u:with:colon"), SPAN("with:colon")},
    {SPAN("u:$ecret"), SPAN("$ecret")},
    {SPAN("u:{brace"), SPAN("{brace")},
    {SPAN("u: blank "), SPAN(" blank ")},
    {SPAN("u:p\xc3\xa4ss"), SPAN("p\xc3\xa4ss")},
};

static const struct span ends[] = {
    SPAN(""), SPAN("\n"), SPAN("\r\n"), SPAN("\n\n# u:other\n \t\n")};

static void
refuses_others(struct users *users, struct span password)
{
	char other[64];

	assert_true(password.len + 1 < sizeof(other));
	memcpy(other, password.at, password.len);
	other[password.len] = 'x';
	assert_false(
	    users_check(users, SPAN("u"), span_make(other, password.len + 1)));
	assert_false(
	    users_check(users, SPAN("u"), span_make(other, password.len - 1)));
	other[0] ^= 1;
	assert_false(
	    users_check(users, SPAN("u"), span_make(other, password.len)));
	assert_false(users_check(users, SPAN("v"), password));
	assert_false(users_check(users, SPAN("U"), password));
	assert_false(users_check(users, SPAN(""), password));
	assert_false(users_check(users, SPAN("u"), SPAN("")));
	assert_false(users_check(users, SPAN("u"), SPAN("secret\0")));
}

static void
checks_each_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		for (size_t j = 0; j < COUNT(ends); j++) {
			char text[256];
			int len = snprintf(text, sizeof(text), "%.*s%.*s",
			    SPAN_ARG(known[i].line), SPAN_ARG(ends[j]));
			struct users *users =
			    must_open(span_make(text, (size_t)len));

			refuses_others(users, known[i].password);
			/* The second one is remembered. */
			for (int times = 0; times < 2; times++)
				assert_true(users_check(
				    users, SPAN("u"), known[i].password));
			refuses_others(users, known[i].password);
			users_close(users);
		}
	}
}

static void
tells_users_apart(void **state)
{
	struct users *users = must_open(
	    SPAN("# people\nzoe:z\nanna:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\n"
		 "bob:b\nann:a\n"));

	(void)state;
	assert_true(users_check(users, SPAN("zoe"), SPAN("z")));
	assert_true(users_check(users, SPAN("bob"), SPAN("b")));
	assert_true(users_check(users, SPAN("ann"), SPAN("a")));
	assert_true(users_check(users, SPAN("anna"), SPAN("secret")));
	assert_false(users_check(users, SPAN("anna"), SPAN("a")));
	assert_false(users_check(users, SPAN("an"), SPAN("a")));
	assert_false(users_check(users, SPAN("zoe"), SPAN("b")));
	assert_false(users_check(users, SPAN("# people"), SPAN("z")));
	users_close(users);
}

static void
knows_nobody_in_an_empty_file(void **state)
{
	struct users *users = must_open(SPAN("# nobody\n\n"));

	(void)state;
	assert_false(users_check(users, SPAN("u"), SPAN("p")));
	assert_false(users_check_cram(users, SPAN("u"), SPAN("<1@h>"),
	    SPAN("b913a602c7eda7a495b4e6e7334d3890")));
	users_close(users);
}

static void
refuses_a_password_without_end(void **state)
{
	struct users *users = must_open(SPAN("u:p\n"));
	static char password[100000];

	(void)state;
	memset(password, 'p', sizeof(password));
	assert_false(users_check(
	    users, SPAN("u"), span_make(password, sizeof(password))));
	users_close(users);
}

static const struct {
	struct span text;
	const char *says;
} refused[] = {
    {SPAN("u:p\nno colon\n"), "line 2: not of the form"},
    {SPAN(":p\n"), "line 1: there is no name"},
    {SPAN("\n#\nu:\n"), "line 3: the password of \"u\""},
    {SPAN("u:$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA"), "bcrypt"},
    {SPAN("u:{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ="), "not known"},
    {SPAN("u:{SHA}5en6G6MezRroT3XKqkdPOmY"), "not known"},
    {SPAN("u:{SHA}c2VjcmV0"), "not known"},
    {SPAN("u:$apr1$abcdefgh$short"), "not known"},
    {SPAN("u:$apr1$abcdefghi$h9FWgUz3n9YxylKLlR5SQ/"), "not known"},
    {SPAN("u:$apr1$$h9FWgUz3n9YxylKLlR5SQ/"), "not known"},
    {SPAN("u:$2y$"), "not known"},
    {SPAN("u:$6$salt"), "not known"},
    {SPAN("u:a\nv:b\nu:c\n"), "\"u\" is there twice"},
    {SPAN("u:a\0b\n"), "line 1"},
};

static void
says_which_line_is_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct users *users;
		struct failure failure = {""};

		assert_int_equal(
		    try_open(&users, refused[i].text, &failure), ERR_DATA);
		assert_null(users);
		if (!strstr(failure.text, refused[i].says))
			fail_msg("%zu: %s", i, failure.text);
	}
}

static void
says_what_cannot_be_read(void **state)
{
	struct users *users;
	struct failure failure = {""};

	(void)state;
	assert_int_equal(users_open(&users, "/nonexistent/htpasswd", &failure),
	    ERR_NOT_FOUND);
	assert_non_null(strstr(failure.text, "/nonexistent/htpasswd: No such"));
	assert_int_equal(users_open(&users, "/tmp", &failure), ERR_IO);
	assert_null(users);
}

/* The example of RFC 2195, section 2. */
static void
checks_cram_md5(void **state)
{
	static const struct span challenge =
	    SPAN("<1896.697170952@postoffice.reston.mci.net>");
	struct users *users =
	    must_open(SPAN("tim:tanstaaftanstaaf\nhashed:" BCRYPT "\n"));

	(void)state;
	assert_true(users_check_cram(users, SPAN("tim"), challenge,
	    SPAN("b913a602c7eda7a495b4e6e7334d3890")));
	assert_true(users_check_cram(users, SPAN("tim"), challenge,
	    SPAN("B913A602C7EDA7A495B4E6E7334D3890")));
	assert_false(users_check_cram(users, SPAN("tim"), challenge,
	    SPAN("b913a602c7eda7a495b4e6e7334d3891")));
	assert_false(users_check_cram(users, SPAN("tim"), challenge,
	    SPAN("b913a602c7eda7a495b4e6e7334d389")));
	assert_false(users_check_cram(users, SPAN("tim"), SPAN("<other@x>"),
	    SPAN("b913a602c7eda7a495b4e6e7334d3890")));
	assert_false(users_check_cram(users, SPAN("tom"), challenge,
	    SPAN("b913a602c7eda7a495b4e6e7334d3890")));
	assert_false(users_check_cram(users, SPAN("hashed"), challenge,
	    SPAN("b913a602c7eda7a495b4e6e7334d3890")));
	/* The hash is no password. */
	assert_false(users_check_cram(users, SPAN("hashed"), challenge,
	    SPAN("c1b9e0f60c77ab066991f0a76ae3b117")));
	assert_false(users_check_cram(users, SPAN("tim"), challenge, SPAN("")));
	users_close(users);
}

static void
knows_whether_all_can_cram(void **state)
{
	static const struct {
		struct span text;
		bool can;
	} rows[] = {
	    {SPAN(""), true},
	    {SPAN("a:b\nc:d\n"), true},
	    {SPAN("a:b\nc:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"), false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct users *users = must_open(rows[i].text);

		assert_int_equal(users_can_cram(users), rows[i].can);
		users_close(users);
	}
}

static void
scenario(void *context)
{
	const struct file *file = context;
	struct users *users;
	struct failure failure = {""};
	enum err err = users_open(&users, file->path, &failure);

	assert_int_equal(err, fail_alloc_happened() ? ERR_MEMORY : ERR_OK);
	assert_true(!err || strstr(failure.text, "memory"));
	users_close(users);
}

static void
survives_without_memory(void **state)
{
	struct file file;

	(void)state;
	make_file(&file, SPAN("u:p\nv:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"));
	assert_true(fail_alloc_each(scenario, &file) >= 3);
	scratch_remove(file.folder);
}

static void
reads_the_file_again(void **state)
{
	struct file file;
	struct users *users;
	struct failure failure;

	(void)state;
	make_file(&file, SPAN("a:one\n"));
	assert_int_equal(users_open(&users, file.path, &failure), ERR_OK);
	write_text(file.path, SPAN("a:two\nb:three\n"));
	assert_true(users_check(users, SPAN("a"), SPAN("one")));
	assert_int_equal(users_reload(users, file.path, &failure), ERR_OK);
	assert_false(users_check(users, SPAN("a"), SPAN("one")));
	assert_true(users_check(users, SPAN("a"), SPAN("two")));
	assert_true(users_check(users, SPAN("b"), SPAN("three")));
	write_text(file.path, SPAN("b\n"));
	assert_int_equal(users_reload(users, file.path, &failure), ERR_DATA);
	assert_true(users_check(users, SPAN("a"), SPAN("two")));
	users_close(users);
	scratch_remove(file.folder);
}

static void
takes_lines_from_memory(void **state)
{
	static const char *const good[] = {"a:one", "b:t:wo", NULL};
	static const char *const bad[] = {"a:one", "b", NULL};
	static const char *const twice[] = {"a:one", "a:two", NULL};
	struct failure failure = {""};
	struct users *users;

	(void)state;
	assert_int_equal(users_open_list(&users, good, &failure), ERR_OK);
	assert_true(users_check(users, SPAN("a"), SPAN("one")));
	assert_true(users_check(users, SPAN("b"), SPAN("t:wo")));
	assert_false(users_check(users, SPAN("a"), SPAN("t:wo")));
	users_close(users);
	assert_int_equal(users_open_list(&users, bad, &failure), ERR_DATA);
	assert_null(users);
	assert_non_null(strstr(failure.text, "line 2"));
	assert_int_equal(users_open_list(&users, twice, &failure), ERR_DATA);
	assert_null(users);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_lines_from_memory),
	    cmocka_unit_test(checks_each_kind),
	    cmocka_unit_test(tells_users_apart),
	    cmocka_unit_test(knows_nobody_in_an_empty_file),
	    cmocka_unit_test(refuses_a_password_without_end),
	    cmocka_unit_test(says_which_line_is_none),
	    cmocka_unit_test(says_what_cannot_be_read),
	    cmocka_unit_test(checks_cram_md5),
	    cmocka_unit_test(knows_whether_all_can_cram),
	    cmocka_unit_test(reads_the_file_again),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
