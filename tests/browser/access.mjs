/*
 * access: each view without a violation of axe-core (WCAG 2.2 A and AA, and
 * its best practices), in light and dark, wide and narrow.
 */
import { axeSource, closePage, expect, launch, mail, openPage, Server, talk,
	test } from './lib.mjs';

const LETTER = mail({
	Subject: 'Quarterly report', 'X-Tags': 'blue',
	'List-Unsubscribe': '<https://a.test/>',
}, [
	['text/plain', 'bare\nline feed, https://a.test/'],
	['text/html', '<h1>Hi</h1><a href="https://xn--80ak6aa92e.test/">www.bank.test' +
	    '</a><img src="https://a.test/a.png" alt="a">'],
	['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>',
		{'Content-Disposition': 'attachment; filename=a.svg'}],
]);

const ALL = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
	'best-practice'];

/* Frames of mail are the sender's; what stands in them is not ours to mend. */
async function audit(page, what, found, rules = ALL) {
	await page.evaluate(() => Promise.all(document.getAnimations().map(
	    (it) => it.finished.catch(() => {}))));
	const {violations} = await page.evaluate((runOnly) => axe.run({
		exclude: [['.mail-frame']],
	}, {runOnly, resultTypes: ['violations']}), rules);

	for (const it of violations)
		for (const node of it.nodes)
			found.push(`${what}: ${it.id}: ${node.target.join(' ')}: ` +
			    node.failureSummary.replace(/\s+/g, ' '));
}

const loaded = (selector) => async (page) => {
	await page.waitForSelector(selector);
};

/* [name, address, how to get there, and then] */
const views = (message, session) => [
	['list', '#/', loaded('.row')],
	['search', '#/?q=subject:x)', loaded('.search-mistake mark')],
	['completion', '#/', async (page) => {
		await page.click('#search');
		await page.keyboard.type('f');
		await page.waitForSelector('.search-list:not([hidden])');
		await page.keyboard.press('ArrowDown');
	}],
	['nothing found', '#/?q=subject:nothing', loaded('text=No message')],
	...['html', 'text', 'headers', 'parts', 'links', 'raw', 'session',
		'findings'].map((tab) => [tab, `#/${message.id}/${tab}`,
		loaded('.side-content > :not(.muted):not([hidden])')]),
	['sessions', '#/sessions', loaded('.row')],
	['session', `#/sessions/${session}`, loaded('.transcript')],
	['faults', '#/faults', loaded('.rules .switch')],
	['settings', '#/settings', loaded('.facts')],
	['help', '#/help', loaded('.snippet')],
	['link', '#/link/https%3A%2F%2Fa.test%2F', loaded('.link-shown')],
	['keys', '#/', async (page) => {
		await page.waitForSelector('.row');
		await page.keyboard.press('?');
		await page.waitForSelector('dialog kbd');
	}],
	['message with the keyboard', `#/${message.id}/html`, async (page) => {
		await page.waitForSelector('.side-html .banner');
		await page.click('.stage');
		await page.waitForSelector('.frame-hint:visible');
	}],
	['question', '#/', async (page) => {
		await page.click('[aria-label="Delete all messages"]');
		await page.waitForSelector('dialog .danger');
	}],
	['undo', '#/', async (page) => {
		await page.waitForSelector('.row');
		await page.keyboard.press('j');
		await page.keyboard.press('d');
		await page.waitForSelector('.notice .button');
	}],
];

const looks = [
	['light', {colorScheme: 'light'}],
	/* All that differs. */
	['dark', {colorScheme: 'dark'}, ['color-contrast']],
	['narrow', {viewport: {width: 390, height: 800}},
		['target-size', 'scrollable-region-focusable', 'color-contrast']],
];

async function prepare(server) {
	await talk(server.smtp, ['HELO x_y', 'VRFY x', 'QUIT']);
	await server.send(mail({Subject: 'plain'}, 'Hello'));
	await server.send(LETTER, {
		from: 'other@b.test', to: ['alice@example.test', 'bcc@example.test'],
	});
	await server.api('api/mailstop/v1/faults',
	    {method: 'POST', body: '{"rule": "quit delay=1ms"}'});
	return server.find('Quarterly');
}

for (const [look, options, rules] of looks)
	test(`axe finds nothing, ${look}`, async () => {
		const server = await Server.start(), browser = await launch();
		const found = [];

		try {
			const message = await prepare(server);
			const page = await openPage(browser, server.url, options);

			await page.evaluate(axeSource());
			for (const [name, hash, ready] of views(message,
			    message.session)) {
				await page.goto(server.url + hash);
				await ready(page);
				await audit(page, name, found, rules);
				await page.keyboard.press('Escape');
			}
			await closePage(page);
		} finally {
			await browser.close();
			await server.stop();
		}
		expect(found.length === 0, found.join('\n'));
	});

test('axe finds nothing while there is no mail', async () => {
	const server = await Server.start(), browser = await launch();
	const found = [];

	try {
		const page = await openPage(browser, server.url);
		await page.waitForSelector('.empty');
		await page.evaluate(axeSource());
		await audit(page, 'empty', found);
		await closePage(page);
	} finally {
		await browser.close();
		await server.stop();
	}
	expect(found.length === 0, found.join('\n'));
});

/* Tab reaches all, each stop is to be seen, and nothing holds it. */
test('Tab leads through the page and out of it', async () => {
	const server = await Server.start(), browser = await launch();

	try {
		await server.send(LETTER);
		const message = await server.find('Quarterly');
		const page = await openPage(browser,
		    `${server.url}#/${message.id}/text`);
		const stops = [];

		await page.waitForSelector('pre.text');
		for (let i = 0; i < 80; i++) {
			await page.keyboard.press('Tab');
			const stop = await page.evaluate(() => {
				const it = document.activeElement;
				const style = getComputedStyle(it);
				const row = it.querySelector?.('.row.active');

				return it === document.body ? '' : [
					it.id || it.className || it.tagName,
					style.outlineStyle !== 'none' ||
					    (row && getComputedStyle(row)
						.outlineStyle !== 'none'),
				].join(' ');
			});
			if (stop === '')
				break;
			stops.push(stop);
		}
		expect(stops[0].startsWith('skip'), stops[0]);
		for (const it of ['search', 'rows', 'tab-text', 'side'])
			expect(stops.some((stop) => stop.startsWith(it)), it);
		expect(stops.length < 80, 'it does not end');
		expect(!stops.some((it) => it.endsWith('false')),
		    stops.filter((it) => it.endsWith('false')).join(', '));
		await closePage(page);
	} finally {
		await browser.close();
		await server.stop();
	}
});
