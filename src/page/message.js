/* message: one message, from all its sides. */
import { ApiError, getMessage, getRaw, isReadOnly, markRead, rawUrl } from './api.js';
import { showBytes } from './bytes.js';
import { addressLines, compare, differences, headersTab } from './envelope.js';
import { bdi, button, code, fill, fullTime, h, icon, iconButton, number, shown,
	size, timeOf, visible } from './dom.js';
import { hostOf, showHtml } from './html.js';
import { linksTab, withLinks } from './links.js';
import { fail } from './notice.js';
import { attachmentStrip, flatten, partsTab } from './parts.js';
import { go } from './route.js';
import { findingItem, sessionFindings, showSession } from './sessions.js';
import { t } from './texts.js';

const HTML_UNASKED = 2 * 1024 * 1024;
const TEXT_SHOWN = 256 * 1024;
const WIDTHS = [['desktop', 0], ['tablet', 768], ['phone', 375]];
const TABS = ['html', 'text', 'headers', 'parts', 'links', 'raw', 'session',
	'findings'];

/* Of these the bytes of a finding are what surrounds it. */
const ONE_OCTET = /^(?:bare-lf|bare-cr|nul)$/;

/* ---- HTML */

function remoteBanner(remote, isRemote, load) {
	const hosts = [...new Set(remote.map((it) => hostOf(it)))];

	return remote.length > 0 && h('p.banner', {role: 'note'},
	    icon(isRemote ? 'link' : 'stop'), h('span', {
		title: shown(hosts.join(', ')),
	    }, t(isRemote ? 'remote_loaded' : 'remote_blocked', remote.length),
		' ', h('span.muted', shown(hosts.slice(0, 4).join(', ')),
		    hosts.length > 4 ? ', …' : '')),
	    !isRemote && button(t('load_remote'), load,
		{class: 'button', title: t('load_once')}));
}

/* A frame that is wider than there is room is made smaller as a whole. */
function fit(stage, frame, width) {
	const room = stage.clientWidth;
	const scale = width && room && width > room ? room / width : 1;

	stage.classList.toggle('framed', width > 0);
	frame.style.width = width ? width + 'px' : '100%';
	frame.style.height = scale < 1 ? 100 / scale + '%' : '100%';
	frame.style.transform = scale < 1 ? `scale(${scale})` : 'none';
	frame.style.transformOrigin = '0 0';
}

function htmlTab(place, message, {signal, isAsked = false}) {
	const stage = h('div.stage'), banner = h('div.banners');
	let frames = null, width = 0, isDark = false;

	async function load(isRemote) {
		fill(stage, h('p.muted', t('loading')));
		const found = await showHtml(stage, message.html, message,
		    flatten(message.parts), {isRemote, signal});

		frames = [found.frame, found.inner];
		fill(banner, remoteBanner(found.remote, isRemote,
		    () => load(true).catch(fail)));
		apply();
	}

	function apply() {
		if (!frames)
			return;
		fit(stage, frames[0], width);
		for (const frame of frames)
			frame.style.colorScheme = isDark ? 'dark' : 'light';
	}

	const widths = h('div.segmented', {
		role: 'group', 'aria-label': t('width'),
	}, WIDTHS.map(([name, pixels]) => iconButton(name, t(name), (event) => {
		for (const it of widths.children)
			it.setAttribute('aria-pressed',
			    it === event.currentTarget);
		width = pixels;
		apply();
	}, {'aria-pressed': pixels === 0})));
	const dark = iconButton('moon', t('dark_reader'), () => {
		isDark = !isDark;
		dark.setAttribute('aria-pressed', isDark);
		apply();
	}, {'aria-pressed': 'false'});
	const source = iconButton('file', t('html_source'), () => {
		const isSource = source.getAttribute('aria-pressed') !== 'true';
		source.setAttribute('aria-pressed', isSource);
		if (isSource)
			fill(stage, code(message.html.slice(0, TEXT_SHOWN * 4)));
		else
			load(false).catch(fail);
		if (isSource)
			frames = null;
	}, {'aria-pressed': 'false'});

	fill(place, h('div.html-tools', widths, dark, source, banner),
	    stage);
	new ResizeObserver(apply).observe(stage);
	if (message.html.length > HTML_UNASKED && !isAsked)
		fill(stage, h('div.nothing', h('p',
		    t('html_large', size(message.html.length))),
		button(t('show_it'), () => load(false).catch(fail))));
	else
		return load(false);
	return null;
}

/* ---- the other sides */

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
	const encoder = new TextEncoder();

	showBytes(place, bytes, {
		at: at === '' ? null : Number(at),
		marks: message.findings.filter((it) => it.offset !== null)
		    .map((it, i) => ({
			from: it.offset, severity: it.severity, id: 'mark-' + i,
			title: `${it.title} (${it.section})`,
			to: it.offset + (ONE_OCTET.test(it.rule) ? 1
			    : encoder.encode(it.bytes).length),
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

/* ---- the whole */

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

function stateBanner(message) {
	return message.state !== 'accepted' && h('p.banner.bad', {role: 'note'},
	    icon('warn'), h('strong', t('state_' + message.state)), ' ',
	    h('span', visible(message.reason)));
}

export class MessageView {
	/* on: {close(), step(-1 or 1), remove(id), read(id, isRead), tags(id),
	   query(text)} */
	constructor(on) {
		this.on = on;
		this.element = h('article.message', {'aria-label': t('message')});
		this.id = null;
	}

	close() {
		this.abort?.abort();
		this.id = null;
		this.message = null;
		this.element.replaceChildren();
	}

	async show(id, tab, at, query) {
		this.query = query;
		if (this.id === id && this.message) {
			this.message.query = query;
			this.select(tab, at);
			return;
		}
		this.abort?.abort();
		this.abort = new AbortController();
		this.id = id;
		this.message = null;
		const {signal} = this.abort;
		const slow = setTimeout(() => !signal.aborted && fill(
		    this.element, h('p.nothing', t('loading'))), 150);

		try {
			const message = await getMessage(id, signal);
			clearTimeout(slow);
			this.message = {...message, query};
			this.draw(tab, at);
		} catch (error) {
			clearTimeout(slow);
			if (!signal.aborted)
				this.drawError(error);
			return;
		}
		if (!this.message.read && this.message.state === 'accepted' &&
		    !await isReadOnly() && this.id === id)
			this.mark(true);
	}

	async mark(isRead) {
		this.message.read = isRead;
		this.on.read(this.message.id, isRead);
		this.readButton?.replaceWith(this.makeReadButton());
		try {
			await markRead([this.message.id], isRead);
		} catch (error) {
			fail(error);
		}
	}

	drawError(error) {
		const isKnown = error instanceof ApiError &&
		    [404, 410].includes(error.status);

		fill(this.element, h('div.message-tools', iconButton('back',
		    t('back'), () => this.on.close())), h('p.nothing',
		isKnown ? t(error.status === 410 ? 'gone' : 'unknown')
		    : error.message));
	}

	makeReadButton() {
		const {read} = this.message;

		this.readButton = iconButton(read ? 'mail' : 'open',
		    t(read ? 'mark_unread' : 'mark_read'),
		    () => this.mark(!this.message.read),
		    {class: 'icon-button changes'});
		return this.readButton;
	}

	tools() {
		const {id, seq} = this.message;

		return h('div.message-tools', {
			role: 'toolbar', 'aria-label': t('message_tools'),
		}, iconButton('back', t('back'), () => this.on.close(),
		    {class: 'icon-button back'}),
		iconButton('up', t('newer'), () => this.on.step(-1)),
		h('span.turn',
		    iconButton('up', t('older'), () => this.on.step(1))),
		h('span.spring'),
		this.makeReadButton(),
		iconButton('tag', t('edit_tags'), () => this.on.tags([id]),
		    {class: 'icon-button changes'}),
		h('a.icon-button', {
			href: rawUrl(id).href, download: `message-${seq}.eml`,
			title: t('download'), 'aria-label': t('download'),
		}, icon('down')),
		iconButton('trash', t('remove'), () => this.on.remove([id]),
		    {class: 'icon-button changes'}));
	}

	chips() {
		const {inbox, tags} = this.message;
		const chip = (name, text, query) => h('button.tag', {
			type: 'button', onclick: () => this.on.query(query),
			title: t('search_for', query),
		}, icon(name), bdi(shown(text, 60)));

		return h('div.chips',
		    timeOf(this.message.received),
		    h('span.muted', fullTime(this.message.received)),
		    h('span.muted', size(this.message.size)),
		    inbox && inbox !== 'default' &&
			chip('inbox', inbox, `inbox:"${inbox}"`),
		    tags.map((it) => chip('tag', it, `tag:"${it}"`)));
	}

	head() {
		const {subject} = this.message;
		const title = h('h1', {dir: 'auto', tabindex: -1},
		    subject ? visible(subject.slice(0, 1000))
			: h('span.muted', t('no_subject')));

		return h('header.message-head', title,
		    addressLines(this.message), this.chips(),
		    stateBanner(this.message),
		    attachmentStrip(this.message, flatten(this.message.parts),
			(part) => this.goTab('parts', part)));
	}

	setTags(tags) {
		if (!this.message)
			return;
		this.message.tags = tags;
		this.element.querySelector('.chips')?.replaceWith(this.chips());
	}

	draw(tab, at) {
		const {message} = this;

		this.tabs = TABS.filter((it) => it !== 'html' || message.html);
		this.list = h('div.tabs', {
			role: 'tablist', 'aria-label': t('sides'),
			onkeydown: (event) => this.onKey(event),
		}, this.tabs.map((it) => h('button.tab', {
			type: 'button', role: 'tab', id: 'tab-' + it,
			'aria-controls': 'side', onclick: () => this.goTab(it),
		}, labelOf(it, message))));
		this.panel = h('div.side', {
			id: 'side', role: 'tabpanel', tabindex: 0,
		});
		fill(this.element, this.tools(), this.head(), this.list, this.panel);
		this.select(tab, at);
	}

	goTab(tab, at) {
		go({query: this.query, id: this.id, tab, at}, 'replace');
		if (this.chosen !== tab)
			this.select(tab, at);
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
		this.abortSide?.abort();
		this.abortSide = new AbortController();
		const {signal} = this.abortSide;
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

	stepTab(step) {
		const index = this.tabs.indexOf(this.chosen);
		const count = this.tabs.length;

		this.goTab(this.tabs[(index + step + count) % count]);
	}

	onKey(event) {
		const steps = {ArrowLeft: -1, ArrowRight: 1};

		if (event.key in steps)
			this.stepTab(steps[event.key]);
		else if (event.key === 'Home')
			this.goTab(this.tabs[0]);
		else if (event.key === 'End')
			this.goTab(this.tabs.at(-1));
		else
			return;
		event.preventDefault();
		this.list.querySelector('[aria-selected=true]').focus();
	}

	focus() {
		this.element.querySelector('h1')?.focus();
	}
}
