"""test_dialogue: plays tests/dialogue to the server, over sockets.

The client's bytes are cut at random places; SEED=n in the environment plays a
printed seed again, and a name of a test on the command line (hello_txt for
hello.txt) only this file.
"""

import functools
import os
import random
import re

from dialogue_test import Play, Servers, names, read, read_options, serve_words
from mailstop_test import TESTS, main, remark

SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))


def play(servers, name):
    lines = read(name)
    protocol, words = serve_words(read_options(lines))
    one = Play(servers.get(words), protocol, "%d %s" % (SEED, name))
    try:
        one.play(lines)
    except AssertionError:
        remark("%s, SEED=%d" % (name, SEED))
        raise


with Servers(memory=True) as shared:
    for each in names():
        TESTS.append(functools.partial(play, shared, each))
        TESTS[-1].__name__ = re.sub(r"\W", "_", each)
    remark("SEED=%d" % SEED)
    main()
