#!/bin/sh
# browser: runs the tests of the page, where there is a browser to run them in.
#
# usage: browser.sh [NAME...]     only the tests whose names hold one of these
#
# Needs node 20 and chromium. The two modules of package.json are fetched once
# into the build directory, or taken from $BROWSER_MODULES. Prints TAP; what is
# missing is a skip, and a failure with BROWSER_TESTS=must. BROWSER_TESTS=no
# skips all. BROWSER_SCRIPT=FILE runs that in place of the tests, with the same
# browser: contrib/screenshots/make.mjs, tests/bench/page.mjs.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
: "${BROWSER_MODULES:=${TOP_BUILDDIR:-.}/browser-modules}"

missing() {
	if [ "${BROWSER_TESTS-}" = must ]; then
		echo 1..1
		echo "not ok 1 - $1"
		exit 1
	fi
	echo "1..0 # SKIP $1"
	exit 0
}

[ "${BROWSER_TESTS-}" != no ] || missing 'BROWSER_TESTS=no'
command -v node >/dev/null || missing 'node is not installed'
node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' ||
	missing 'node is older than 20'
for name in chromium chromium-browser google-chrome; do
	CHROMIUM=${CHROMIUM:-$(command -v "$name" || true)}
done
[ -n "$CHROMIUM" ] || missing 'chromium is not installed'

if [ ! -f "$BROWSER_MODULES/node_modules/axe-core/axe.min.js" ] ||
	[ ! -f "$BROWSER_MODULES/node_modules/playwright-core/index.js" ]; then
	command -v npm >/dev/null || missing 'npm is not installed'
	mkdir -p "$BROWSER_MODULES"
	cp "$here/package.json" "$here/package-lock.json" "$BROWSER_MODULES"
	(cd "$BROWSER_MODULES" && timeout 120 npm ci --ignore-scripts \
		--no-audit --no-fund --loglevel=error >npm.log 2>&1) ||
		missing "npm cannot fetch modules, see $BROWSER_MODULES/npm.log"
fi
export BROWSER_MODULES CHROMIUM
exec node "${BROWSER_SCRIPT:-$here/browser.mjs}" "$@"
