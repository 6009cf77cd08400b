/*
 * fuzz_option: a --config file of any bytes is refused with words, or gives
 * values that each getter can read.
 */
#include "fuzz.h"

#include "option.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
read_values(const struct options *options)
{
	for (int i = 0; i < OPTIONS; i++) {
		enum option option = (enum option)i;
		const struct option_row *row = option_row(option);
		size_t count;
		const char *const *list = option_list(options, option, &count);

		FUZZ_REQUIRE(list[count] == NULL);
		FUZZ_REQUIRE((count == 0) == !option_text(options, option));
		FUZZ_REQUIRE(count <= 1 || row->separators);
		switch (row->kind) {
		case OPTION_IS_FLAG:
			(void)option_flag(options, option);
			break;
		case OPTION_IS_COUNT:
		case OPTION_IS_SIZE:
			FUZZ_REQUIRE(
			    option_number(options, option) <= INT64_MAX);
			break;
		case OPTION_IS_DURATION:
			FUZZ_REQUIRE(option_duration(options, option) >= 0);
			break;
		case OPTION_IS_CHOICE:
			FUZZ_REQUIRE(option_choice(options, option) >= 0);
			break;
		case OPTION_IS_TEXT:
		case OPTION_IS_LISTENER:
		case OPTION_IS_INBOX_SOURCE:
		case OPTION_IS_KEYWORD:
			break;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("config", MFD_CLOEXEC);
	char word[64];
	const char *words[] = {word};
	struct options *options = NULL;
	struct failure f = {""};
	enum err err;

	FUZZ_REQUIRE(fd >= 0);
	FUZZ_REQUIRE(write(fd, data, size) == (ssize_t)size);
	(void)snprintf(word, sizeof(word), "--config=/proc/self/fd/%d", fd);
	err = options_read(&options, COMMAND_SERVE, words, 1, NULL, &f);
	FUZZ_REQUIRE((err == ERR_OK) == (options != NULL));
	FUZZ_REQUIRE(err == ERR_OK || f.text[0]);
	if (options)
		read_values(options);
	options_free(options);
	(void)close(fd);
	return 0;
}
