/* sides: what there is to see of a message, a tab for each side. */
import { getRaw } from './api.js';
import { lengthAt, showBytes } from './bytes.js';
import { button, fill, h, icon, size } from './dom.js';
import { compare, differences, headersTab } from './envelope.js';
import { linksTab, withLinks } from './links.js';
import { flatten, partsTab } from './parts.js';
import { go } from './route.js';
import { findingItem, sessionFindings, showSession } from './sessions.js';
import { htmlTab } from './stage.js';
import { number, t } from './texts.js';

const TEXT_SHOWN = 256 * 1024;
const TABS = ['html', 'text', 'headers', 'parts', 'links', 'raw', 'session',
	'findings'];

/* Of these the bytes of a finding are what surrounds it. */
const ONE_OCTET = /^(?:bare-lf|bare-cr|nul)$/;

function textTab(place, message) {
	const isMade = message.html && !flatten(message.parts).some(
	    (it) => it.role === 'body' && it.type === 'text/plain');
	const pre = h('pre.text', {dir: 'auto', tabindex: 0},
	    withLinks(message.text.slice(0, TEXT_SHOWN)));
	const more = message.text.length > TEXT_SHOWN &&
	    button(t('show_all_of', size(message.text.length)), () => {
		fill(pre, message.text);
		more.remove();
	});

	fill(place, isMade && h('p.banner', t('text_made')),
	    message.text.trim() ? pre : h('p.nothing', t('no_body')), more);
}

async function rawTab(place, message, {signal, at}) {
	fill(place, h('p.muted', t('loading')));
	const bytes = await getRaw(message.id, signal);

	showBytes(place, bytes, {
		at: at === '' ? null : Number(at),
		marks: message.findings.filter((it) => it.offset !== null)
		    .map((it, i) => ({
			from: it.offset, severity: it.severity, id: 'mark-' + i,
			title: `${it.title} (${it.section})`,
			to: it.offset + (ONE_OCTET.test(it.rule) ? 1
			    : lengthAt(bytes, it.offset, it.bytes)),
		})).filter((it) => it.to > it.from)
		    .sort((a, b) => a.from - b.from),
	});
}

async function findingsTab(place, message, {signal}) {
	const session = message.session
	    ? await sessionFindings(message.session, signal) : [];
	const block = (title, list, more, show) => h('section.block',
	    h('h2', title, ' ', h('span.count', number(list.length))),
	    list.length ? h('ul.plain.findings',
		list.map((it) => findingItem(it, () => show(it))))
		: h('p.nothing', icon('check'), more));

	fill(place,
	    block(t('findings_message'), message.findings, t('no_findings'),
		(it) => go({query: message.query, id: message.id, tab: 'raw',
			at: it.offset})),
	    message.session && block(t('findings_session'), session,
		t('no_findings'), (it) => go({query: message.query,
			id: message.id, tab: 'session', at: it.line})));
}

const sessionTab = (place, message, {signal, at}) => message.session
    ? showSession(place, message.session, {signal, message: message.id, at})
    : fill(place, h('p.nothing', t('no_session')));

const makers = {
	html: htmlTab, text: textTab, headers: headersTab, parts: partsTab,
	links: linksTab, raw: rawTab, session: sessionTab,
	findings: findingsTab,
};

/* ---- the tabs */

function labelOf(tab, message) {
	const counts = {
		parts: flatten(message.parts).length,
		findings: message.findings.length,
		headers: differences(compare(message)),
	};

	return [t('tab_' + tab), counts[tab] > 0 && h('span.count', {
		class: tab === 'parts' ? 'count' : 'count alert',
		title: tab === 'headers' ? t('differences') : null,
	}, number(counts[tab]))];
}

export class Sides {
	/* choose(tab): that one is wanted. */
	constructor(message, choose) {
		Object.assign(this, {message, choose});
		this.tabs = TABS.filter((it) => it !== 'html' || message.html);
		this.list = h('div.tabs', {
			role: 'tablist', 'aria-label': t('sides'),
			onkeydown: (event) => this.onKey(event),
		}, this.tabs.map((it) => h('button.tab', {
			type: 'button', role: 'tab', id: 'tab-' + it,
			'aria-controls': 'side', onclick: () => this.choose(it),
		}, labelOf(it, message))));
		this.panel = h('div.side', {
			id: 'side', role: 'tabpanel', tabindex: 0,
		});
	}

	async select(wanted, at = '') {
		const tab = this.tabs.includes(wanted) ? wanted : this.tabs[0];

		this.chosen = tab;
		for (const it of this.list.children) {
			const isChosen = it.id === 'tab-' + tab;
			it.setAttribute('aria-selected', isChosen);
			it.tabIndex = isChosen ? 0 : -1;
			if (isChosen)
				it.scrollIntoView({block: 'nearest', inline: 'center'});
		}
		this.panel.setAttribute('aria-labelledby', 'tab-' + tab);
		this.panel.className = 'side side-' + tab;
		this.panel.scrollTop = 0;
		this.abort?.abort();
		this.abort = new AbortController();
		const {signal} = this.abort;
		/* A slow answer for another tab writes into its own place. */
		const place = h('div.side-content');

		fill(this.panel, place);
		try {
			await makers[tab](place, this.message, {
				signal, at, chosen: at,
			});
		} catch (error) {
			if (!signal.aborted)
				fill(place, h('p.nothing', error.message));
		}
	}

	step(step) {
		const index = this.tabs.indexOf(this.chosen);
		const count = this.tabs.length;

		this.choose(this.tabs[(index + step + count) % count]);
	}

	onKey(event) {
		const steps = {ArrowLeft: -1, ArrowRight: 1};

		if (event.key in steps)
			this.step(steps[event.key]);
		else if (event.key === 'Home')
			this.choose(this.tabs[0]);
		else if (event.key === 'End')
			this.choose(this.tabs.at(-1));
		else
			return;
		event.preventDefault();
		this.list.querySelector('[aria-selected=true]').focus();
	}

	goNumber(number) {
		if (this.tabs[number - 1])
			this.choose(this.tabs[number - 1]);
	}

	/* Nothing of it is needed any more. */
	close() {
		this.abort?.abort();
	}
}
