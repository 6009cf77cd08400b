/* test_watch: watchers that come and go, also while they are told. */
#include "watch.h"

#include "fail_alloc.h"
#include "unit.h"

struct one {
	struct watch *watch;
	struct watcher *watcher;
	int64_t told; /* sum of what it was told */
	struct one *removes;
	struct one *adds;
	bool publishes;
};

static void
take(const struct watch_event *event, void *context)
{
	struct one *one = context;

	one->told += event->seq;
	if (one->removes && one->removes->watcher) {
		watch_remove(one->watch, one->removes->watcher);
		one->removes->watcher = NULL;
	}
	if (one->adds && !one->adds->watcher)
		one->adds->watcher = watch_add(one->watch, take, one->adds);
	if (one->publishes) {
		one->publishes = false;
		watch_publish(
		    one->watch, &(struct watch_event){.seq = event->seq * 10});
	}
}

static void
tell(struct watch *watch, int64_t seq)
{
	watch_publish(watch, &(struct watch_event){.seq = seq});
}

static void
tells_everybody(void **state)
{
	struct watch *watch = watch_new();
	struct one all[3] = {0};

	(void)state;
	tell(watch, 1);
	for (size_t i = 0; i < COUNT(all); i++)
		all[i].watcher = watch_add(watch, take, &all[i]);
	tell(watch, 2);
	watch_remove(watch, all[1].watcher);
	tell(watch, 4);
	assert_int_equal(all[0].told, 6);
	assert_int_equal(all[1].told, 2);
	assert_int_equal(all[2].told, 6);
	assert_int_equal(watch_count(watch), 2);
	watch_free(watch);
}

/* [which one acts] removes [which one]; all orders, itself too. */
static void
lets_any_be_removed_meanwhile(void **state)
{
	(void)state;
	for (size_t acts = 0; acts < 3; acts++)
		for (size_t goes = 0; goes < 3; goes++) {
			struct watch *watch = watch_new();
			struct one all[3] = {0};

			for (size_t i = 0; i < COUNT(all); i++) {
				all[i].watch = watch;
				all[i].watcher =
				    watch_add(watch, take, &all[i]);
			}
			all[acts].removes = &all[goes];
			tell(watch, 1);
			assert_int_equal(all[goes].told, goes <= acts);
			tell(watch, 2);
			assert_int_equal(all[goes].told, goes <= acts);
			assert_int_equal(watch_count(watch), 2);
			watch_free(watch);
		}
}

static void
lets_any_be_added_meanwhile(void **state)
{
	struct watch *watch = watch_new();
	struct one second = {0};
	struct one first = {.watch = watch, .adds = &second};

	(void)state;
	first.watcher = watch_add(watch, take, &first);
	tell(watch, 1);
	assert_int_equal(second.told, 0);
	tell(watch, 2);
	assert_int_equal(second.told, 2);
	watch_free(watch);
}

static void
survives_an_event_inside_an_event(void **state)
{
	struct watch *watch = watch_new();
	struct one third = {.watch = watch};
	struct one first = {
	    .watch = watch, .removes = &third, .publishes = true};
	struct one second = {.watch = watch};

	(void)state;
	first.watcher = watch_add(watch, take, &first);
	second.watcher = watch_add(watch, take, &second);
	third.watcher = watch_add(watch, take, &third);
	tell(watch, 1);
	assert_int_equal(first.told, 11);
	assert_int_equal(second.told, 11);
	assert_int_equal(third.told, 0);
	assert_int_equal(watch_count(watch), 2);
	watch_free(watch);
}

/* It is told first, and does not count among those who wait. */
static void
has_a_witness(void **state)
{
	struct watch *watch = watch_new();
	struct one witness = {0}, other = {0};

	(void)state;
	watch_set_witness(watch, take, &witness);
	tell(watch, 1);
	assert_int_equal(watch_count(watch), 0);
	other.watcher = watch_add(watch, take, &other);
	tell(watch, 2);
	assert_int_equal(witness.told, 3);
	assert_int_equal(other.told, 2);
	assert_int_equal(watch_count(watch), 1);
	watch_free(watch);
}

static void
make_and_drop(void *context)
{
	struct watch *watch = watch_new();

	if (watch && !watch_add(watch, take, context))
		assert_true(fail_alloc_happened());
	watch_free(watch);
}

static void
fails_without_memory(void **state)
{
	struct one one = {0};

	(void)state;
	assert_true(fail_alloc_each(make_and_drop, &one) >= 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_everybody),
	    cmocka_unit_test(lets_any_be_removed_meanwhile),
	    cmocka_unit_test(lets_any_be_added_meanwhile),
	    cmocka_unit_test(survives_an_event_inside_an_event),
	    cmocka_unit_test(has_a_witness),
	    cmocka_unit_test(fails_without_memory),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
