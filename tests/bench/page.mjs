/*
 * page: how long the first view of the page takes, in a browser that has seen
 * nothing of it: until the list is drawn, and until the browser says that the
 * first contents were painted. Nothing is asserted.
 *
 * usage: BROWSER_SCRIPT=tests/bench/page.mjs TOP_BUILDDIR=build \
 *            MAILSTOP=build/mailstop tests/browser/browser.sh
 */
import fs from 'node:fs';

import { closePage, launch, mail, openPage, scratch, Server,
} from '../browser/lib.mjs';

const RUNS = 15;

const server = await Server.start(), browser = await launch();
const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
const paints = [], lists = [];
let octets = 0;

for (let i = 0; i < 200; i++)
	await server.send(mail({Subject: 'mail ' + i}, 'Hello'));
await server.find('mail 199');
for (let i = 0; i < RUNS; i++) {
	/* Each page has a context of its own, and so an empty cache. */
	const page = await openPage(browser, 'about:blank');

	await page.addInitScript(() => new MutationObserver((_, it) => {
		if (!document.querySelector('.row'))
			return;
		it.disconnect();
		requestAnimationFrame(() => setTimeout(() =>
			window.listAt = performance.now()));
	}).observe(document, {childList: true, subtree: true}));
	await page.goto(server.url);
	await page.waitForFunction(() => window.listAt);
	const found = await page.evaluate(() => [
		performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
		window.listAt,
		performance.getEntriesByType('resource').filter(
		    (it) => /\/page\//.test(it.name)).reduce(
		    (sum, it) => sum + it.encodedBodySize, 0),
	]);

	paints.push(found[0]);
	lists.push(found[1]);
	octets = found[2];
	await closePage(page);
}
console.log(`first paint ${Math.round(middle(paints))} ms, list of mail ` +
    `${Math.round(middle(lists))} ms (best ${Math.round(lists[0])}), median of ` +
    `${RUNS}; ${octets} octets of files`);
await server.stop();
fs.rmSync(scratch, {recursive: true, force: true});
process.exit(0);
