/* list: the messages that a query finds. */
import { isView, listMessages } from './api.js';
import { Arrivals } from './arrivals.js';
import { emptyState, hasLearned, smtp } from './connect.js';
import { fill, h } from './dom.js';
import { live } from './live.js';
import { fail } from './notice.js';
import { fillRow } from './row.js';
import { Rows } from './rows.js';
import { Search } from './search.js';
import { number, t } from './texts.js';
import { Tools } from './tools.js';

/* One that is at least so wide shows a message in one line. */
const WIDE = 720;

export class MessageList {
	/*
	 * first: the answer to FIRST, which was asked for already, or null;
	 * known: see Search; counts: Counts; on: {query(text, how), open(id),
	 * active(id)}; mend(messages): puts right what is known better.
	 */
	constructor({first, known, counts, mend, on}) {
		Object.assign(this, {first, counts, mend, on});
		/* Null before the first. */
		this.query = null;
		this.isShown = false;
		this.search = new Search({known, onQuery: on.query});
		this.makeRows();
		this.tools = new Tools(this);
		this.arrivals = new Arrivals(this, () => counts.soon());
		this.makeElement();
		live.on('gap', () => this.again('refresh'));
		live.on('reload', () => this.again('reset'));
	}

	makeRows() {
		this.rows = new Rows({
			label: t('messages'), make: fillRow, isMultiple: true,
			height: () => this.isWide ? 46 : 78, canJump: true,
			load: (place, signal) => this.load(place, signal),
			on: {
				open: (message) => this.on.open(message.id),
				active: (message) => message &&
				    this.on.active(message.id),
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
	}

	async load(place, signal) {
		const {first} = this;

		this.first = null;
		const {messages, seq} = await (!this.query && first ||
		    listMessages({query: this.query, ...place}, signal));

		/* The first page says where events begin. */
		if (place.order === 'newest')
			live.start(seq);
		if (place.order === 'oldest')
			messages.reverse();
		return this.mend(messages);
	}

	makeElement() {
		this.title = h('h1', {tabindex: -1});
		this.count = h('span.count');
		this.nothing = h('div.nothing-here', {hidden: true});
		this.element = h('section.list', {'aria-label': t('messages')},
		    h('header.list-head', this.search.element,
			h('div.list-title', this.title, this.count,
			    h('span.spring'), this.tools.element)),
		    this.arrivals.pill, this.nothing, this.rows.element);
	}

	/* ---- what is shown */

	async show(query) {
		const wasShown = this.isShown;

		this.isShown = true;
		if (this.query === query) {
			if (query && !wasShown)
				this.arrivals.catchUp();
			return;
		}
		this.query = query;
		this.search.value = query;
		this.arrivals.hidePill();
		await this.rows.reset();
	}

	hide() {
		this.isShown = false;
	}

	/* While nobody looks there is time until somebody does. */
	again(how) {
		if (this.isShown)
			this.rows[how]();
		else
			this.query = null;
	}

	onError(error) {
		if (!this.search.blame(error))
			fail(error);
		this.update();
	}

	update() {
		const {count} = this.rows, total = this.counts.messages;
		const isAll = this.rows.isStart && this.rows.isEnd;

		this.count.hidden = this.search.hasMistake;

		this.title.textContent = this.query ? t('results') : t('mail');
		this.count.textContent = !this.query && total !== null
		    ? number(total) : number(count) + (isAll ? '' : '+');
		this.count.title = t('messages');
		this.drawNothing();
		this.tools.draw();
	}

	drawNothing() {
		const isNothing = this.rows.isEmpty;

		if (!isNothing || this.search.hasMistake ||
		    !this.query && !hasLearned()) {
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
	}
}
