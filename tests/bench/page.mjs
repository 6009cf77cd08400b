/*
 * page: how long the first view of the page takes: until the browser says that
 * the first contents were painted, and until the list is drawn. Beside it
 * stands what the same browser takes for a line of text of the same server,
 * below which no page can come. Nothing is asserted.
 *
 *	floor   a line of JSON, in a context that is new
 *	cold    the page, in a context that has seen nothing of it
 *	warm    the page once more, in the same context
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

/* In the page: when the first row has been drawn. */
const watch = () => new MutationObserver((_, it) => {
	if (!document.querySelector('.row'))
		return;
	it.disconnect();
	requestAnimationFrame(() => setTimeout(() =>
		window.listAt = performance.now()));
}).observe(document, {childList: true, subtree: true});

async function measure(page, url, isDrawn) {
	await page.goto(url);
	await page.waitForFunction(isDrawn);
	return page.evaluate(() => ({
		paint: performance.getEntriesByName(
		    'first-contentful-paint')[0]?.startTime,
		list: window.listAt,
		octets: performance.getEntriesByType('resource').filter(
		    (it) => /\/page\//.test(it.name)).reduce(
		    (sum, it) => sum + it.encodedBodySize, 0),
	}));
}

const isList = () => window.listAt;
const isPainted = () =>
	performance.getEntriesByName('first-contentful-paint').length > 0;
const found = {floor: [], cold: [], warm: []};

for (let i = 0; i < 200; i++)
	await server.send(mail({Subject: 'mail ' + i}, 'Hello'));
await server.find('mail 199');
for (let i = 0; i < RUNS; i++) {
	/* Each page has a context of its own, and so an empty cache. */
	let page = await openPage(browser, 'about:blank');

	found.floor.push(await measure(
	    page, server.url + 'api/mailstop/v1/now', isPainted));
	await closePage(page);
	page = await openPage(browser, 'about:blank');
	await page.addInitScript(watch);
	found.cold.push(await measure(page, server.url, isList));
	await page.goto('about:blank');
	found.warm.push(await measure(page, server.url, isList));
	await closePage(page);
}
for (const [name, list] of Object.entries(found)) {
	const show = (what) => list[0][what] === undefined ? ''
	    : `  ${what} ${Math.round(middle(list.map((it) => it[what])))} ms` +
		` (best ${Math.round(Math.min(...list.map((it) => it[what])))})`;

	console.log(name + show('paint') + show('list'));
}
console.log(`median of ${RUNS}; ${found.cold[0].octets} octets of files`);
await server.stop();
fs.rmSync(scratch, {recursive: true, force: true});
process.exit(0);
