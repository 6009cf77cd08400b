/* mail: what list, message, keys do to each other. */
import { isView } from './api.js';
import { Deeds } from './deeds.js';
import { h } from './dom.js';
import { MessageList } from './list.js';
import { MessageView } from './message.js';
import { setTitle } from './notice.js';
import { go, readRoute } from './route.js';
import { t } from './texts.js';

/* Keys that a view of a database does not have. */
const CHANGING = ['e', 'd', '#', 't'];

export class MailView {
	/* first, known, counts: see MessageList. */
	constructor({first, known, counts}) {
		this.isShown = false;
		this.list = new MessageList({
			first, known, counts,
			mend: (messages) => this.mend(messages),
			on: {
				query: (query, how) => this.onQuery(query, how),
				open: (id) => this.open(id),
				active: (id) => readRoute().id && this.isShown &&
				    readRoute().id !== id && this.open(id),
			},
		});
		this.rows = this.list.rows;
		this.message = new MessageView({
			close: () => this.close(),
			step: (step) => this.step(step),
			remove: (ids) => this.deeds.remove(ids),
			mark: (ids, isRead) => this.deeds.mark(ids, isRead),
			tags: (ids) => this.deeds.editTags(ids),
			query: (query) => go({query}),
		});
		this.deeds = new Deeds({
			list: this.list, message: this.message, counts,
			tags: known.tag, onRemove: (ids) => this.leave(ids),
		});
		this.list.tools.deeds = this.deeds;
		this.element = h('div.split.mail',
		    this.list.element, this.message.element);
	}

	/* One that is being opened may be marked on the way already. */
	mend(messages) {
		const open = this.message.message;
		const same = open && messages.find((it) => it.id === open.id);

		if (same)
			same.read = open.read;
		return messages;
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
		setTitle(route.query || t('mail'));
		await this.list.show(route.query);
		if (route.id && readRoute().id === route.id)
			this.rows.setActive(route.id);
		this.update();
	}

	update() {
		this.list.update();
	}

	hide() {
		this.isShown = false;
		this.list.hide();
	}

	/* ---- where one goes */

	onQuery(query, how) {
		if (query !== this.list.query || how !== 'typed')
			go({query, id: readRoute().id && how === 'typed'
			    ? readRoute().id : ''},
			how === 'typed' ? 'replace' : 'push');
		if (query === this.list.query && how !== 'typed')
			this.rows.reset();
	}

	open(id) {
		go({query: this.list.query, id, tab: readRoute().tab},
		    readRoute().id ? 'replace' : 'push');
	}

	close() {
		go({query: this.list.query});
		this.rows.element.focus();
	}

	step(step) {
		const next = this.rows.neighbour(this.message.id, step);

		if (next)
			this.rows.setActive(next.id);
	}

	/* From the open one to the next, when it is about to go. */
	leave(ids) {
		const next = this.rows.neighbour(ids[0], 1) ||
		    this.rows.neighbour(ids[0], -1);

		if (!ids.includes(readRoute().id))
			return () => {};
		return ids.length === 1 && next
		    ? () => this.open(next.id) : () => this.close();
	}

	/* ---- keys */

	/* The selection, or what is read or active. */
	get chosen() {
		if (this.rows.selected.size)
			return [...this.rows.selected];
		const id = readRoute().id || this.rows.activeId;
		return id ? [id] : [];
	}

	/* What each does in the list; where a message is read, `reading` comes
	   first. */
	keys() {
		const {rows, deeds, message} = this;
		const remove = () => deeds.remove(this.chosen);
		const open = () => rows.active && this.open(rows.active.id);
		const inList = {
			j: () => rows.move(1), k: () => rows.move(-1),
			o: open, Enter: open,
			x: () => rows.activeId && rows.toggle(rows.activeId),
			'*': () => rows.toggleAll(),
			e: () => deeds.toggleRead(this.chosen),
			d: remove, '#': remove,
			t: () => deeds.editTags(this.chosen),
			z: () => deeds.trash.undo(),
			u: () => this.close(),
			Home: () => rows.jump('newest'),
			End: () => rows.jump('oldest'),
			'/': () => this.list.search.focus(),
		};
		/* Home and End lead through the message. */
		const reading = {
			j: () => this.step(1), k: () => this.step(-1),
			Escape: () => this.close(),
			'[': () => message.stepTab(-1), ']': () => message.stepTab(1),
			Enter: null, Home: null, End: null,
		};

		for (let i = 1; i <= 8; i++)
			reading[i] = () => message.goTabNumber(i);
		return readRoute().id ? {...inList, ...reading} : inList;
	}

	/* False when it is none of ours. */
	key(key) {
		const keys = this.keys();

		if (!Object.hasOwn(keys, key) || !keys[key] ||
		    isView() && CHANGING.includes(key))
			return false;
		keys[key]();
		return true;
	}
}
