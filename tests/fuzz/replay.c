/*
 * replay: runs a fuzz target over its corpus, as a plain test.
 *
 * Each file of the corpus as it is, then mutations of them, always the same
 * ones. Prints TAP. Without an argument the corpus of fuzz_X is
 * $TOP_SRCDIR/tests/fuzz/corpus/X. With REPLAY_KEEP=FILE each input is written
 * to that file first: what crashes the target is there afterwards.
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUTATIONS 5000
#define SIZE_LIMIT ((size_t)64 * 1024)

struct input {
	uint8_t *at;
	size_t len;
};

struct corpus {
	struct input *inputs;
	size_t count;
};

/* Marsaglia's xorshift: the same numbers on every machine. */
static uint64_t
next_number(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static size_t
choose(uint64_t *seed, size_t count)
{
	return (size_t)(next_number(seed) >> 11) % count;
}

static void
die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct input
read_file(const char *directory, const char *name)
{
	struct input input = {malloc(SIZE_LIMIT), 0};
	char path[4096];
	FILE *file;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >=
	    (int)sizeof(path))
		die(directory);
	file = fopen(path, "rb");
	if (!input.at || !file)
		die(path);
	input.len = fread(input.at, 1, SIZE_LIMIT, file);
	(void)fclose(file);
	return input;
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static struct corpus
load(const char *directory)
{
	struct corpus corpus = {NULL, 0};
	struct dirent **entries = NULL;
	int count = scandir(directory, &entries, is_visible, alphasort);

	if (count < 0)
		die(directory);
	corpus.inputs = calloc((size_t)count + 1, sizeof(*corpus.inputs));
	if (!corpus.inputs)
		die(directory);
	for (int i = 0; i < count; i++) {
		corpus.inputs[corpus.count++] =
		    read_file(directory, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return corpus;
}

static void
unload(struct corpus *corpus)
{
	for (size_t i = 0; i < corpus->count; i++)
		free(corpus->inputs[i].at);
	free(corpus->inputs);
}

static void
keep(const char *path, const uint8_t *at, size_t len)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(at, 1, len, file) != len || fclose(file) != 0)
		die(path);
}

/* In memory of its very size, so that a byte too far is noticed. */
static void
try_input(const uint8_t *at, size_t len)
{
	const char *path = getenv("REPLAY_KEEP");
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		die("malloc");
	memcpy(copy, at, len);
	if (path)
		keep(path, at, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

/* Puts `count` bytes from elsewhere at `where`, as far as there is room. */
static void
insert(struct input *input, size_t where, const uint8_t *bytes, size_t count)
{
	if (count > SIZE_LIMIT - input->len)
		count = SIZE_LIMIT - input->len;
	memmove(
	    input->at + where + count, input->at + where, input->len - where);
	memcpy(input->at + where, bytes, count);
	input->len += count;
}

static void
cut(struct input *input, size_t where, size_t count)
{
	if (count > input->len - where)
		count = input->len - where;
	memmove(input->at + where, input->at + where + count,
	    input->len - where - count);
	input->len -= count;
}

static void
mutate(struct input *input, const struct corpus *corpus, uint64_t *seed)
{
	/* Bytes that mean something to one parser or other. */
	static const char special[] = "\0\r\n\t .,:;<>()[]@\"\\=+-/09AZaz\x7f"
				      "\x80\xc3\xa4\xf0\xff";
	const struct input *other =
	    &corpus->inputs[choose(seed, corpus->count)];
	size_t where = choose(seed, input->len + 1);
	uint8_t byte = (uint8_t)special[choose(seed, sizeof(special) - 1)];
	size_t count = choose(seed, 1 + choose(seed, 64));
	size_t from = choose(seed, other->len + 1);

	if (count > other->len - from)
		count = other->len - from;
	switch (choose(seed, 6)) {
	case 0:
		if (where < input->len)
			input->at[where] ^= (uint8_t)(1 << choose(seed, 8));
		break;
	case 1:
		if (where < input->len)
			input->at[where] = byte;
		break;
	case 2:
		insert(input, where, &byte, 1);
		break;
	case 3:
		cut(input, where, count);
		break;
	case 4:
		insert(input, where, other->at + from, count);
		break;
	default:
		cut(input, where, choose(seed, 8) ? 1 : input->len);
		break;
	}
}

static void
try_mutations(const struct corpus *corpus)
{
	struct input input = {malloc(SIZE_LIMIT), 0};
	uint64_t seed = 0x6d61696c73746f70;

	if (!input.at)
		die("malloc");
	for (int i = 0; i < MUTATIONS; i++) {
		const struct input *from =
		    &corpus->inputs[choose(&seed, corpus->count)];

		memcpy(input.at, from->at, from->len);
		input.len = from->len;
		for (size_t n = 1 + choose(&seed, 4); n > 0; n--)
			mutate(&input, corpus, &seed);
		try_input(input.at, input.len);
	}
	free(input.at);
}

/* "tests/fuzz/fuzz_X" has its corpus in ".../corpus/X". */
static const char *
find_corpus(const char *program, char path[4096])
{
	const char *slash = strrchr(program, '/');
	const char *name = strstr(slash ? slash : program, "fuzz_");
	const char *top = getenv("TOP_SRCDIR");

	(void)snprintf(path, 4096, "%s/tests/fuzz/corpus/%s", top ? top : ".",
	    name ? name + strlen("fuzz_") : "");
	return path;
}

int
main(int argc, char **argv)
{
	char path[4096];
	const char *directory = argc > 1 ? argv[1] : find_corpus(argv[0], path);
	struct corpus corpus = load(directory);

	printf("1..2\n");
	(void)fflush(stdout);
	for (size_t i = 0; i < corpus.count; i++)
		try_input(corpus.inputs[i].at, corpus.inputs[i].len);
	printf("%s 1 - %zu files of the corpus\n",
	    corpus.count ? "ok" : "not ok", corpus.count);
	(void)fflush(stdout);
	if (corpus.count == 0)
		return 1;
	try_mutations(&corpus);
	printf("ok 2 - %d mutations of them\n", MUTATIONS);
	unload(&corpus);
	return 0;
}
