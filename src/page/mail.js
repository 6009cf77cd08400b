/* mail: the list of messages and, beside it, the one that is read. */
import { listMessages, markAllRead, markRead, removeMatching, setTags,
} from './api.js';
import { emptyState, smtp } from './connect.js';
import { ask, askText } from './dialog.js';
import { bdi, fill, h, icon, iconButton, number, person, shown,
	timeOf } from './dom.js';
import * as live from './live.js';
import { MessageView } from './message.js';
import { fail, notify, setTitle } from './notice.js';
import { go, read as readRoute } from './route.js';
import { Rows } from './rows.js';
import { Search } from './search.js';
import { t } from './texts.js';
import { Trash } from './trash.js';

/* A list that is at least so wide shows a message in one line. */
const WIDE = 720;
const LIMIT = 200;
/* So many are seen without going anywhere. */
const FEW = 30;
/* Keys that a view of a database does not have. */
const CHANGING = ['e', 'd', '#', 't'];

const isView = () =>
	document.documentElement.classList.contains('read-only');

/* ---- a row */

const people = (list) => list.slice(0, 3).map(person).join(', ') +
	(list.length > 3 ? ', …' : '');

function labels(message) {
	return [
		message.state !== 'accepted' && h('span.label.bad',
		    t('state_' + message.state)),
		message.tags.slice(0, 3).map((it) => h('span.label.tagged',
		    bdi(shown(it, 24)))),
		message.tags.length > 3 && h('span.label',
		    '+' + (message.tags.length - 3)),
	];
}

function makeRow(message, row) {
	const from = message.from?.[0]
	    ? person(message.from[0]) : shown(message.mail_from || '<>');
	const to = message.to?.length ? people(message.to)
	    : people(message.recipients.map((it) => ({address: it.address})));

	row.classList.toggle('unread', !message.read);
	fill(row, h('span.row-check', {'aria-hidden': 'true'}, icon('check')),
	    h('span.row-from',
		!message.read && h('span.spoken', t('unread_row')),
		bdi(from)),
	    h('span.row-to', h('span.muted', t('to_row')), bdi(to)),
	    h('span.row-subject', labels(message),
		message.subject ? bdi(shown(message.subject))
		    : h('span.muted', t('no_subject')),
		message.snippet && h('span.row-snippet',
		    bdi(shown(message.snippet, 160)))),
	    h('span.row-meta',
		message.attachments > 0 && h('span', {
			title: t('attachments_count', message.attachments),
		}, icon('attach'), h('span.spoken',
		    t('attachments_count', message.attachments))),
		message.findings > 0 && h('span.findings-mark', {
			title: t('findings_count', message.findings),
		}, icon('flag'), number(message.findings),
		h('span.spoken', t('findings_row')))),
	    timeOf(message.received, {class: 'row-time'}));
}

/* ---- the view */

export class MailView {
	/* known: {tag, inbox}: functions that give names; total(): how many
	   messages there are, or null; onCounts(): they may have changed. */
	constructor({known, total, onCounts}) {
		Object.assign(this, {known, total, onCounts});
		this.query = null;
		this.waiting = [];
		this.search = new Search({
			known, onQuery: (query, how) => this.onQuery(query, how),
		});
		this.message = new MessageView({
			close: () => this.close(),
			step: (step) => this.step(step),
			remove: (ids) => this.remove(ids),
			read: (id, isRead) => this.onRead(id, isRead),
			tags: (ids) => this.editTags(ids),
			query: (query) => go({query}),
		});
		this.makeRows();
		this.makeElement();
		this.trash = new Trash({
			hide: (ids) => ({
				query: this.query, items: this.rows.hide(ids),
			}),
			restore: (ids, hidden) => this.restore(ids, hidden),
			done: () => this.onCounts(),
		});
		live.on('message', (message) => this.arrive(message));
		live.on('delete', ({id, seq}) => {
			if (!this.rows.hidden.delete(id))
				this.rows.remove(id, seq);
			this.onCounts();
		});
		live.on('update', (change) => this.onUpdate(change));
		live.on('session', () => this.isStateQuery && this.catchUp());
		live.on('gap', () => this.isShown && this.rows.refresh());
		live.on('reload', () => this.isShown && this.rows.reset());
	}

	makeRows() {
		this.rows = new Rows({
			label: t('messages'), make: makeRow, isMultiple: true,
			height: () => this.isWide ? 46 : 78, canJump: true,
			load: async (place, signal) => {
				const {messages, seq} = await listMessages(
				    {query: this.query, ...place}, signal);
				/* The first page says where events begin. */
				if (place.order === 'newest')
					live.start(seq);
				if (place.order === 'oldest')
					messages.reverse();
				return this.mend(messages);
			},
			on: {
				open: (message) => this.open(message.id),
				active: (message) => message &&
				    readRoute().id && this.isShown &&
				    readRoute().id !== message.id &&
				    this.open(message.id),
				select: true, change: () => this.update(),
				error: (error) => this.onError(error),
			},
		});
		new ResizeObserver(() => {
			const isWide = this.rows.element.clientWidth >= WIDE;
			if (isWide === this.isWide)
				return;
			this.isWide = isWide;
			this.rows.element.classList.toggle('wide', isWide);
			this.rows.redraw();
		}).observe(this.rows.element);
		this.rows.element.addEventListener('scroll', () =>
			this.isAtTop && this.hidePill());
	}

	get isAtTop() {
		return this.rows.isStart && this.rows.element.scrollTop < 10;
	}

	/* One that is being opened may be marked on the way already. */
	mend(messages) {
		const open = this.message.message;
		const same = open && messages.find((it) => it.id === open.id);

		if (same)
			same.read = open.read;
		return messages;
	}

	makeElement() {
		this.title = h('h1', {tabindex: -1});
		this.count = h('span.count');
		this.tools = h('div.list-tools', {
			role: 'toolbar', 'aria-label': t('list_tools'),
		});
		this.nothing = h('div.nothing-here', {hidden: true});
		this.pill = h('button.pill', {
			type: 'button', hidden: true, onclick: () => {
				this.rows.top();
				this.hidePill();
			},
		});
		this.element = h('div.split.mail',
		    h('section.list', {'aria-label': t('messages')},
			h('header.list-head', this.search.element,
			    h('div.list-title', this.title, this.count,
				h('span.spring'), this.tools)),
			this.pill, this.nothing, this.rows.element),
		    this.message.element);
	}

	/* ---- what is shown */

	async show(route) {
		this.isShown = true;
		this.element.classList.toggle('reading', route.id !== '');
		if (route.id) {
			this.message.show(
			    route.id, route.tab, route.at, route.query);
			this.rows.setActive(route.id);
		} else {
			this.message.close();
		}
		if (this.query !== route.query) {
			this.query = route.query;
			this.search.value = route.query;
			this.isStateQuery = /\bstate:/i.test(route.query);
			this.hidePill();
			await this.rows.reset();
			if (route.id)
				this.rows.setActive(route.id);
		}
		this.update();
	}

	hide() {
		this.isShown = false;
	}

	onError(error) {
		if (!this.search.blame(error))
			fail(error);
		this.update();
	}

	onQuery(query, how) {
		if (query !== this.query || how !== 'typed')
			go({query, id: readRoute().id && how === 'typed'
			    ? readRoute().id : ''},
			how === 'typed' ? 'replace' : 'push');
		if (query === this.query && how !== 'typed')
			this.rows.reset();
	}

	open(id) {
		go({query: this.query, id, tab: readRoute().tab},
		    readRoute().id ? 'replace' : 'push');
	}

	close() {
		go({query: this.query});
		this.rows.element.focus();
	}

	step(step) {
		const next = this.rows.neighbour(this.message.id, step);

		if (next)
			this.rows.setActive(next.id);
	}

	/* ---- what changes */

	/* A burst is taken at once, so that it costs one drawing. */
	arrive(message) {
		if (!this.isShown && this.query === null)
			return;
		if (this.query) {
			this.catchUp();
			return;
		}
		this.waiting.push(message);
		this.taking ??= setTimeout(() => {
			this.taking = null;
			this.take(this.waiting.splice(0).reverse());
		}, 50);
	}

	take(messages) {
		const {isAtTop} = this;
		const count = this.rows.insert(messages);

		if (count && !isAtTop)
			this.showPill(count);
		if (count)
			this.onCounts();
	}

	/* Which new ones match is for the server to say. */
	catchUp() {
		if (!this.isShown || this.catching || !this.rows.isStart)
			return;
		this.catching = setTimeout(async () => {
			const {query} = this, top = this.rows.at(0);

			this.catching = null;
			try {
				const found = await listMessages({
					query, after: top ? top.seq : 0,
					limit: LIMIT,
				});
				if (query === this.query)
					this.take(found.messages);
			} catch {
				/* The search box says it already. */
			}
		}, 300);
	}

	showPill(count) {
		this.fresh = (this.fresh || 0) + count;
		fill(this.pill, icon('up'), t('fresh', this.fresh));
		this.pill.hidden = false;
	}

	hidePill() {
		this.fresh = 0;
		this.pill.hidden = true;
	}

	onUpdate({id, read, tags}) {
		if (tags)
			this.onTags(id, tags);
		else
			this.onRead(id, read);
	}

	onTags(id, tags) {
		this.rows.update(id, {tags});
		if (this.message.id === id)
			this.message.setTags(tags);
		this.onCounts();
	}

	onRead(id, isRead) {
		this.rows.update(id, {read: isRead});
		if (this.message.id === id && this.message.message &&
		    this.message.message.read !== isRead) {
			this.message.message.read = isRead;
			this.message.readButton?.replaceWith(
			    this.message.makeReadButton());
		}
		this.onCounts();
	}

	update() {
		const count = this.rows.count;
		const total = this.total() && this.total() - this.trash.count;
		const isAll = this.rows.isStart && this.rows.isEnd;

		this.title.textContent = this.query
		    ? t('results') : t('mail');
		this.count.textContent = !this.query && total !== null
		    ? number(total) : number(count) + (isAll ? '' : '+');
		this.count.title = t('messages');
		this.drawNothing();
		this.drawTools();
		if (this.isShown)
			setTitle(this.query || t('mail'));
	}

	drawNothing() {
		const isNothing = this.rows.isEmpty;

		if (!isNothing || this.search.mistake.hidden === false) {
			this.nothing.hidden = true;
		} else if (this.nothing.hidden ||
		    this.nothingFor !== this.query + smtp().port) {
			this.nothingFor = this.query + smtp().port;
			fill(this.nothing, this.query ? h('p.nothing',
			    t('no_match')) : isView() ? h('p.nothing',
			    t('view_empty')) : emptyState());
			this.nothing.hidden = false;
		}
		this.rows.element.hidden = !this.nothing.hidden;
		this.element.classList.toggle('empty-list',
		    isNothing && !this.query);
	}

	/* The other end of the list. */
	ends() {
		const order = this.rows.isEnd && !this.isAtTop ? 'newest' : 'oldest';

		return h('span', {class: order === 'newest' ? 'turn' : ''},
		    iconButton('last', t('to_' + order),
			() => this.rows.jump(order)));
	}

	drawTools() {
		const ids = [...this.rows.selected];
		const changing = {class: 'icon-button changes'};
		const all = [
			iconButton('check', t('select_all'),
			    () => this.rows.toggleAll()),
			!this.query && iconButton('open', t('all_read'),
			    () => this.markAll(), changing),
			this.rows.count > FEW && this.ends(),
			iconButton('trash', this.query ? t('remove_matching')
			    : t('remove_all_mail'), () => this.removeAll(),
			changing),
		];
		const chosen = [
			h('span.muted', {role: 'status'}, t('selected', ids.length)),
			iconButton('open', t('mark_read'),
			    () => this.mark(ids, true), changing),
			iconButton('mail', t('mark_unread'),
			    () => this.mark(ids, false), changing),
			iconButton('tag', t('edit_tags'), () => this.editTags(ids),
			    changing),
			iconButton('trash', t('remove'), () => this.remove(ids),
			    changing),
			iconButton('close', t('select_none'), () => {
				this.rows.selected.clear();
				this.rows.redraw();
				this.update();
			}),
		];
		const state = ids.length ? 'some ' + ids.length
		    : this.rows.count ? [Boolean(this.query),
			this.rows.count > FEW, this.rows.isEnd,
			this.rows.isStart].join(' ') : '';

		if (this.toolsState === state)
			return;
		this.toolsState = state;
		fill(this.tools, ids.length ? chosen
		    : this.rows.count > 0 ? all : null);
	}

	/* ---- what is done */

	/* The selection, or what is read or active. */
	get chosen() {
		if (this.rows.selected.size)
			return [...this.rows.selected];
		const id = readRoute().id || this.rows.activeId;
		return id ? [id] : [];
	}

	async mark(ids, isRead) {
		for (const id of ids)
			this.onRead(id, isRead);
		try {
			await markRead(ids, isRead);
		} catch (error) {
			fail(error);
		}
		this.onCounts();
	}

	toggleRead() {
		const ids = this.chosen;
		const isRead = ids.every((id) => this.rows.find(id)?.item.read);

		if (ids.length)
			this.mark(ids, !isRead);
	}

	async markAll() {
		try {
			await markAllRead();
			await this.rows.refresh();
		} catch (error) {
			fail(error);
		}
		this.onCounts();
	}

	remove(ids) {
		const isOpen = ids.includes(readRoute().id);
		const next = this.rows.neighbour(ids[0], 1) ||
		    this.rows.neighbour(ids[0], -1);

		if (!ids.length)
			return;
		this.trash.put(ids);
		if (isOpen && ids.length === 1 && next)
			this.open(next.id);
		else if (isOpen)
			this.close();
	}

	/* The list may be another one by now. */
	restore(ids, {query, items}) {
		if (query === this.query && this.rows.pages.length) {
			this.rows.restore(ids, items);
			return;
		}
		ids.forEach((id) => this.rows.hidden.delete(id));
		this.rows.refresh();
	}

	async removeAll() {
		const text = this.query ? t('remove_matching_ask', this.query)
		    : t('remove_all_ask');

		if (!await ask(this.query ? t('remove_matching')
		    : t('remove_all_mail'), text, t('remove')))
			return;
		try {
			await this.trash.empty();
			const {deleted} = await removeMatching(this.query);
			notify(t('removed', deleted));
			go({query: this.query});
			await this.rows.reset();
		} catch (error) {
			fail(error);
		}
		this.onCounts();
	}

	async editTags(ids) {
		const tags = ids.length === 1
		    ? this.rows.find(ids[0])?.item.tags ??
			this.message.message?.tags ?? [] : [];
		const text = ids.length && await askText(t('edit_tags'),
		    t('tags_of', ids.length), tags.join(', '), t('tags_hint'),
		    this.known.tag());

		if (typeof text !== 'string')
			return;
		const wanted = text.split(',').map((it) => it.replace(
		    /[^\w.@ -]/g, ' ').replace(/ +/g, ' ').trim())
		    .filter(Boolean);
		try {
			await setTags(ids, wanted);
		} catch (error) {
			fail(error);
			return;
		}
		for (const id of ids)
			this.onTags(id, wanted);
	}

	/* ---- keys; false when it is none of ours */

	key(key) {
		const isReading = readRoute().id !== '';
		const keys = {
			j: () => isReading ? this.step(1) : this.rows.move(1),
			k: () => isReading ? this.step(-1) : this.rows.move(-1),
			o: () => this.rows.active && this.open(this.rows.active.id),
			x: () => this.rows.activeId &&
			    this.rows.toggle(this.rows.activeId),
			'*': () => this.rows.toggleAll(),
			e: () => this.toggleRead(),
			d: () => this.remove(this.chosen),
			'#': () => this.remove(this.chosen),
			t: () => this.editTags(this.chosen),
			z: () => this.trash.undo(),
			Home: () => this.rows.jump('newest'),
			End: () => this.rows.jump('oldest'),
			u: () => this.close(),
			Escape: () => isReading && this.close(),
			'[': () => isReading && this.message.stepTab(-1),
			']': () => isReading && this.message.stepTab(1),
			'/': () => {
				this.search.input.focus();
				this.search.input.select();
			},
		};

		if (key === 'Enter')
			key = isReading ? '' : 'o';
		if (/^[1-8]$/.test(key) && isReading && this.message.tabs) {
			const tab = this.message.tabs[key - 1];
			if (tab)
				this.message.goTab(tab);
			return true;
		}
		/* There they lead through the message. */
		if (isReading && (key === 'Home' || key === 'End'))
			return false;
		if (!Object.hasOwn(keys, key) ||
		    isView() && CHANGING.includes(key))
			return false;
		keys[key]();
		return true;
	}
}
