/* app: the frame of the page: the side bar, the views, keys, counters. */
import { FIRST, getNow, isReadOnly, listMessages, removeInbox,
	root } from './api.js';
import { learn } from './connect.js';
import { Counts } from './counts.js';
import { ask, openDialog } from './dialog.js';
import { bdi, fill, h, icon, iconButton, person, shown } from './dom.js';
import { FaultsView } from './faults.js';
import { HelpView, keyTable } from './help.js';
import { linkView } from './links.js';
import { live } from './live.js';
import { MailView } from './mail.js';
import { applyTheme, remember, settings } from './memory.js';
import { fail, regions, setUnread, speak } from './notice.js';
import { go, onRoute, readRoute, startRoute, write } from './route.js';
import { quote } from './search.js';
import { SessionsView } from './sessions.js';
import { SettingsView } from './settings.js';
import { number, t } from './texts.js';

const INBOXES_SHOWN = 100;

/* ---- the side bar */

const ENTRIES = [
	['inbox', 'mail', ''],
	['mail', 'unread', 'is:unread'],
	['flag', 'with_findings', 'has:finding'],
	['stop', 'not_accepted', 'state:refused OR state:aborted'],
];
const VIEWS = [
	['session', 'sessions'], ['bolt', 'faults'], ['gear', 'settings'],
	['help', 'help'],
];

function entry(name, label, at, count) {
	const now = readRoute();
	const isHere = at.view ? now.view === at.view
	    : now.view === 'mail' && now.query === (at.query ?? '');

	return h('a.entry', {
		href: write(at), 'aria-current': isHere ? 'page' : null,
	}, icon(name), h('span.entry-name', label),
	count > 0 && h('span.count', number(count)));
}

function inboxEntry(inbox) {
	const query = 'inbox:' + quote(inbox.name);

	return h('li',
	    entry('inbox', bdi(shown(inbox.name, 60)), {query},
		inbox.unread),
	    iconButton('trash', t('remove_inbox', shown(inbox.name, 60)),
		() => dropInbox(inbox), {class: 'icon-button small changes'}));
}

async function dropInbox(inbox) {
	if (!await ask(t('remove_inbox', inbox.name),
	    t('remove_inbox_ask', inbox.messages), t('remove')))
		return;
	try {
		await removeInbox(inbox.name);
		go({});
	} catch (error) {
		fail(error);
	}
	counts.soon();
}

const group = (title, items) => items.length > 0 && h('section',
    h('h2', title), h('ul.plain', items));

const nav = h('nav.side-bar', {id: 'side-bar', 'aria-label': t('navigation')});
const state = h('p.connection', {role: 'status'});

/* The sign is there before any script. */
const brand = h('a.brand', {href: '#/'}, document.querySelector('.logo'),
    'mailstop');

function drawSideBar() {
	const {inboxes, tags} = counts;
	const wasInside = nav.contains(document.activeElement)
	    ? document.activeElement.getAttribute('href') : null;
	const others = inboxes.length > 1 || inboxes[0]?.name !== 'default'
	    ? inboxes : [];

	fill(nav, brand, h('ul.plain', ENTRIES.map(([name, label, query]) => h('li',
	    entry(name, t(label), {query}, counts[label])))),
	h('ul.plain', VIEWS.map(([name, view]) => h(
	    view === 'faults' ? 'li.changes' : 'li',
	    entry(name, t(view), {view})))),
	group(t('inboxes'), others.slice(0, INBOXES_SHOWN).map(inboxEntry)
	    .concat(others.length > INBOXES_SHOWN ? h('li.muted',
		t('more_left', others.length - INBOXES_SHOWN)) : [])),
	group(t('tags'), tags.slice(0, INBOXES_SHOWN).map((it) => h('li',
	    entry('tag', bdi(shown(it.name, 60)),
		{query: 'tag:' + quote(it.name)}, it.count)))),
	h('div.spring'), h('p.view-only', t('view_only')),
	h('div.side-foot', state, themeButton()));
	if (wasInside)
		nav.querySelector(`a[href="${CSS.escape(wasInside)}"]`)?.focus();
}

function themeButton() {
	const isDark = document.documentElement.dataset.theme === 'dark';

	return iconButton(isDark ? 'sun' : 'moon',
	    t(isDark ? 'to_light' : 'to_dark'), () => {
		remember({theme: isDark ? 'light' : 'dark'});
		drawSideBar();
	});
}

function drawState() {
	const now = live.connection();

	state.className = 'connection ' + now;
	fill(state, h('span.lamp', {'aria-hidden': 'true'}), t('connection_' + now));
}

/* ---- counters */

const counts = new Counts(() => {
	drawSideBar();
	setUnread(counts.unread);
	views.mail?.update();
});

/* ---- arrival */

let arrived = [];

/* Once a second at most, in one sentence: a burst of mail is not read out. */
function announce(message) {
	arrived.push(message);
	if (arrived.length > 1)
		return;
	setTimeout(() => {
		const list = arrived;

		arrived = [];
		const last = list.at(-1);
		const from = last.from?.[0] ? person(last.from[0])
		    : last.mail_from;
		speak(list.length > 1 ? t('arrived', list.length)
		    : t('arrived_one', from, shown(last.subject, 80)));
		if (settings.notifications && document.hidden)
			notifyUser(last, list.length, from);
	}, 1000);
}

function notifyUser(message, many, from) {
	if (window.Notification?.permission !== 'granted')
		return;
	const made = new Notification(many > 1 ? t('arrived', many)
	    : shown(message.subject, 80) || t('no_subject'), {
		body: t('from') + ' ' + from, tag: 'mailstop ' + root.href,
		icon: new URL('icon.svg', import.meta.url).href,
	});

	made.onclick = () => {
		window.focus();
		go({id: message.id});
		made.close();
	};
}

/* ---- views */

const makers = {
	mail: (first) => new MailView({
		first, counts, known: {
			tag: () => counts.tags.map((it) => it.name),
			inbox: () => counts.inboxes.map((it) => it.name),
		},
	}),
	sessions: () => new SessionsView(),
	faults: () => new FaultsView(),
	settings: () => new SettingsView(),
	help: () => new HelpView(),
};
const views = {};
/* None is made before it is wanted. */
const view = (name, first = null) => views[name] ??= makers[name](first);
const main = h('main', {id: 'main', tabindex: -1});
let shownView = null;

/* Resolves when its first contents are there. */
async function show(first) {
	const now = readRoute();

	closeMenu();
	/* That has a tab of its own. */
	document.body.classList.toggle('alone', now.view === 'link');
	if (now.view === 'link') {
		linkView(main, now.id);
		return;
	}
	const next = view(now.view, first);

	if (next !== shownView) {
		shownView?.hide();
		fill(main, next.element);
		if (shownView)
			setTimeout(() => main.contains(document.activeElement) ||
			    next.element.querySelector('h1')?.focus());
		shownView = next;
	}
	drawSideBar();
	await next.show(now);
}

/* ---- keys */

let isGoing = false;
const PLACES = {m: 'mail', s: 'sessions', f: 'faults', t: 'settings', h: 'help'};

const showKeys = () => openDialog(t('keys'), keyTable());

function isTyping(element) {
	return element.isContentEditable ||
	    /^(?:TEXTAREA|SELECT)$/.test(element.tagName) ||
	    (element.tagName === 'INPUT' &&
	    !/^(?:checkbox|radio|button)$/.test(element.type));
}

/* Keys of buttons and links stay theirs. */
const isControl = (element) => element.closest('button, a, input, summary');

function onKey(event) {
	const {key, target} = event;

	if (event.ctrlKey || event.metaKey || event.altKey ||
	    event.defaultPrevented || isTyping(target) ||
	    !settings.shortcuts && key !== 'Escape' ||
	    document.querySelector('dialog[open]') ||
	    key === 'Enter' && (isControl(target) || target.role === 'listbox'))
		return;
	if (isGoing && key in PLACES) {
		go({view: PLACES[key]});
		isGoing = false;
		event.preventDefault();
		return;
	}
	isGoing = key === 'g';
	if (key === '?')
		showKeys();
	else if (key === '/' && shownView !== view('mail'))
		go({}), view('mail').key('/');
	else if (!shownView?.key(key))
		return;
	event.preventDefault();
}

/* ---- narrow screens */

const menu = iconButton('menu', t('navigation'), () => {
	const isOpen = document.body.classList.toggle('menu');

	menu.setAttribute('aria-expanded', isOpen);
	if (isOpen)
		nav.querySelector('a')?.focus();
}, {class: 'icon-button menu-button', 'aria-expanded': 'false',
	'aria-controls': 'side-bar'});

function closeMenu() {
	document.body.classList.remove('menu');
	menu.setAttribute('aria-expanded', 'false');
}

/* ---- start */

function draw() {
	document.documentElement.lang = t('language');
	fill(document.body, h('a.skip', {href: '#main', onclick: (event) => {
		event.preventDefault();
		main.focus();
	}}, t('skip')), menu, nav, h('div.shade', {
		onclick: closeMenu,
	}), main, regions);
	document.addEventListener('keydown', onKey);
	document.addEventListener('keydown', (event) =>
		event.key === 'Escape' && closeMenu());
}

function listen() {
	live.on('state', drawState);
	live.on('message', announce);
	for (const kind of ['message', 'delete', 'update', 'reload', 'gap'])
		live.on(kind, () => counts.soon());
	drawState();
}

/* What the first view can do without comes when that is there. */
async function start() {
	const first = listMessages(FIRST);

	first.catch(() => {});
	applyTheme();
	startRoute();
	onRoute(() => show());
	draw();
	listen();
	await show(first);
	if (readRoute().view === 'link')
		return;
	isReadOnly().then((is) =>
		document.documentElement.classList.toggle('read-only', is));
	/* The list of mail says itself where events begin, if there is one. */
	if (!live.isStarted())
		getNow().then(({seq}) => live.start(seq)).catch(fail);
	learn().catch(fail).then(() => views.mail?.update());
	counts.read();
}

start();
