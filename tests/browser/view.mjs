/* view: the page over a database that stays as it is (mailstop ui). */
import fs from 'node:fs';
import path from 'node:path';

import { describe, expect, launch, mail, openPage, same, scratch, Server, test,
} from './lib.mjs';

const shown = (page) => page.evaluate(() =>
	[...document.querySelectorAll('.changes')].filter((it) =>
		it.checkVisibility()).map((it) => it.outerHTML));

test('a view offers nothing that changes it', async () => {
	const file = path.join(fs.mkdtempSync(path.join(scratch, 'db-')), 'mail.db');
	const server = await Server.start('--memory=no', '--db', file);

	await server.send(mail({Subject: 'kept'}, 'x'));
	await server.send(mail({Subject: 'too'}, 'x'));
	await server.find('too');
	await server.stop();
	const view = await Server.view(file), browser = await launch();
	const page = await openPage(browser, view.url);
	try {
		await page.waitForSelector('.view-only');
		await page.waitForSelector('.row.unread:has-text("kept")');
		same((await shown(page)).join(), '');
		await page.click('.row:has-text("kept")');
		await page.waitForSelector('.message h1:has-text("kept")');
		same((await shown(page)).join(), '');
		/* Who opens it has not read it, and keys do nothing either. */
		for (const key of ['e', 'd', '#', 't'])
			await page.keyboard.press(key);
		await page.keyboard.press('u');
		same(await page.locator('.row').count(), 2);
		same(await page.locator('.row.unread').count(), 2);
		await page.goto(view.url + '#/faults');
		await page.waitForSelector('h1:has-text("Faults")');
		same((await shown(page)).join(), '');
		expect(page.problems.length === 0, page.problems.join());
	} catch (error) {
		await describe(page, error);
	} finally {
		await browser.close();
		await view.stop();
	}
});
