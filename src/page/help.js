/* help: what frameworks want to be told, how to search, the keys. */
import { root } from './api.js';
import { learn, sendTest, snippet, SNIPPETS } from './connect.js';
import { button, code, fill, h } from './dom.js';
import { fail, setTitle } from './notice.js';
import { t } from './texts.js';

export const KEYS = [
	['keys_list', [['j k', 'key_move'], ['Home End', 'key_ends'], ['Enter o', 'key_open'],
		['x', 'key_select'], ['*', 'key_select_all'],
		['e', 'key_read'], ['d #', 'key_remove'],
		['z', 'key_undo'], ['t', 'key_tags'],
		['/', 'key_search']]],
	['keys_message', [['u Esc', 'key_back'], ['j k', 'key_next'],
		['[ ]', 'key_tab'], ['1 … 8', 'key_tabs']]],
	['keys_anywhere', [['g m', 'mail'], ['g s', 'sessions'],
		['g f', 'faults'], ['g t', 'settings'], ['?', 'help']]],
];

export const keyTable = () => h('div.keys', KEYS.map(([title, list]) =>
	h('section', h('h3', t(title)), h('dl',
	    list.map(([keys, label]) => [h('dt', keys.split(' ').map(
		(it) => it === '…' ? ' … ' : h('kbd', it))),
	    h('dd', t(label))])))));

const QUERIES = ['rcpt:alice subject:welcome', 'from:*@shop.test after:2h',
	'has:attachment larger:1M', 'attachment:*.pdf -is:read',
	'finding:bare-lf OR finding:bare-cr', 'state:refused peer:127.0.0.1',
	'header:X-Mailer=PHPMailer', 'inbox:test-42 "exact words"'];

function queryHelp() {
	return h('section.block', h('h2', t('queries')),
	    h('p', t('queries_lead')),
	    h('ul.plain.queries', QUERIES.map((it) => h('li',
		h('a', {href: '#/?q=' + encodeURIComponent(it)},
		    h('code', it))))));
}

export class HelpView {
	constructor() {
		this.element = h('div.page');
	}

	async show() {
		setTitle(t('help'));
		this.draw();
		try {
			await learn();
			this.draw();
		} catch (error) {
			fail(error);
		}
	}

	draw() {
		const frameworks = Object.keys(SNIPPETS);

		fill(this.element, h('h1', {tabindex: -1}, t('help')),
		    h('section.block', h('h2', t('frameworks')),
			h('p', t('frameworks_lead')),
			h('div.snippets', frameworks.map(snippet)),
			h('p.actions', button(t('send_test'), sendTest,
			    {class: 'button changes'}, 'mail'))),
		    queryHelp(),
		    h('section.block', h('h2', t('keys')), keyTable()),
		    h('section.block', h('h2', t('api')),
			h('p', t('api_lead')),
			code(`curl '${root.href}api/mailstop/v1/wait?query=rcpt:alice&timeout=10'`)));
	}

	hide() {}
	key() {
		return false;
	}
}
