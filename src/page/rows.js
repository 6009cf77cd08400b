/*
 * rows: a list that holds a million entries and shows the few in sight.
 *
 * Entries are read in pages by cursor, newest first, as somebody scrolls
 * towards them, from either end. Pages far from sight forget their entries and
 * keep their cursor, so that they can be read again: memory stays bounded. Rows
 * have one height, so that the place of each is known.
 *
 * It is a listbox: one stop for Tab, and the active row is told by
 * aria-activedescendant.
 */
import { FIRST } from './api.js';
import { h } from './dom.js';

const PAGE = FIRST.limit;
const PAGES_KEPT = 24;
const OVERSCAN = 8;
/* Browsers stop at about 33 million pixels. */
const HEIGHT_MAX = 30e6;
/* Rows that a list holds which can be read from both ends. */
const COUNT_MAX = 10000;

export class Rows {
	/*
	 * make(item, element) fills a row; load(place, signal) reads entries,
	 * each with `id` and `seq`, newest first, where `place` is {limit} and
	 * one of before or after (seq), and order "oldest" for those that are
	 * nearest to `after`, or the oldest of all; height() is that of a row
	 * in pixels. on: {open(item), active(item), change(), error(error)};
	 * `canJump`: that order may be asked for.
	 */
	constructor({label, make, load, height, on, isMultiple, canJump}) {
		Object.assign(this, {make, load, height, on, canJump});
		this.pages = [];
		/* Ids of what is on its way out. */
		this.hidden = new Set();
		this.rows = new Map();
		this.activeId = null;
		this.selected = new Set();
		this.space = h('div.rows-space', {role: 'presentation'});
		this.element = h('div.rows', {
			role: 'listbox', tabindex: 0, 'aria-label': label,
			'aria-multiselectable': isMultiple ? 'true' : null,
			onscroll: () => this.draw(),
			onkeydown: (event) => this.onKey(event),
			onclick: (event) => this.onClick(event),
		}, this.space);
		new ResizeObserver(() => this.redraw()).observe(this.element);
	}

	get count() {
		return this.pages.reduce((sum, page) => sum + page.count, 0);
	}

	/* There is nothing, and that is known. */
	get isEmpty() {
		return this.pages.length > 0 && this.isEnd && this.count === 0;
	}

	get isAtTop() {
		return this.isStart && this.element.scrollTop < 10;
	}

	get isFull() {
		return this.count * this.height() > HEIGHT_MAX;
	}

	/* ---- reading */

	reset() {
		this.selected.clear();
		return this.begin('newest');
	}

	/* What was there stays until the first of the new ones are. Whether
	   they are is the answer. */
	async begin(order) {
		this.abort?.abort();
		this.abort = new AbortController();
		this.isEnd = false;
		const items = await this.read({limit: PAGE, order});

		if (!items)
			return false;
		this.pages = [];
		this.isStart = order === 'newest' || items.length < PAGE;
		this.isEnd = order === 'oldest' || items.length < PAGE;
		this.wipe();
		this.put('push', order === 'newest' ? 0 : Infinity, items);
		this.size();
		this.element.scrollTop = order === 'newest' ? 0
		    : this.element.scrollHeight;
		return true;
	}

	/* To the newest, whatever is active. */
	async top() {
		if (this.isStart || await this.begin('newest'))
			this.element.scrollTop = 0;
	}

	/* To the newest or the oldest there are. */
	async jump(order) {
		const isThere = order === 'newest' ? this.isStart : this.isEnd;

		if (!isThere && this.canJump && !await this.begin(order))
			return;
		this.element.scrollTop = order === 'newest' ? 0
		    : this.element.scrollHeight;
		const item = this.at(order === 'newest' ? 0 : this.count - 1);
		if (item)
			this.setActive(item.id);
	}

	async more() {
		const last = this.pages.at(-1);

		if (!last || this.isLoading || this.isEnd || this.isFull)
			return;
		const items = await this.read({before: last.last, limit: PAGE});

		if (!items)
			return;
		this.isEnd = items.length < PAGE;
		this.put('push', last.last, items);
	}

	/* Those above, where the list was begun at its end. */
	async newer() {
		const [first] = this.pages;

		if (!first || this.isLoading || this.isStart || this.isFull)
			return;
		const items = await this.read({
			after: first.top, limit: PAGE, order: 'oldest',
		});

		if (!items)
			return;
		this.isStart = items.length < PAGE;
		const count = this.put('unshift', Infinity, items);
		this.size();
		this.element.scrollTop += count * this.height();
	}

	/* Gives how many are seen of them. */
	put(how, before, items) {
		const seen = this.without(items), top = items[0]?.seq ?? 0;

		if (items.length || !this.pages.length)
			this.pages[how]({
				before: before === Infinity ? top + 1 : before,
				items: seen, count: seen.length, top,
				last: items.at(-1)?.seq ?? 0,
			});
		if (this.canJump && this.count > COUNT_MAX)
			this.drop(how === 'push' ? 'shift' : 'pop');
		this.redraw();
		this.on.change?.();
		return seen.length;
	}

	/* The page at the other end; what is in sight stays there. */
	drop(how) {
		const page = this.pages[how]();

		if (how === 'pop') {
			this.isEnd = false;
			return;
		}
		this.isStart = false;
		this.element.scrollTop -= page.count * this.height();
	}

	without(items) {
		return this.hidden.size
		    ? items.filter((it) => !this.hidden.has(it.id)) : items;
	}

	/* Null when it was given up, or failed. */
	async read(place) {
		const signal = this.abort.signal;

		this.isLoading = true;
		try {
			return await this.load(place, signal);
		} catch (error) {
			if (!signal.aborted) {
				this.isEnd = true;
				this.on.error?.(error);
			}
			return null;
		} finally {
			if (!signal.aborted)
				this.isLoading = false;
		}
	}

	/* A page that was forgotten. */
	async recall(page) {
		if (page.isAsked || this.isLoading)
			return;
		page.isAsked = true;
		try {
			const items = await this.load({
				before: page.before,
				limit: (page.count || 1) + this.hidden.size,
			}, this.abort.signal);
			page.items = this.without(items).filter(
			    (it) => it.seq >= page.last);
			page.count = page.items.length;
		} catch (error) {
			if (!this.abort.signal.aborted)
				this.on.error?.(error);
		}
		page.isAsked = false;
		this.redraw();
	}

	forget(from, to) {
		const held = this.pages.filter((page) => page.items);

		if (held.length <= PAGES_KEPT)
			return;
		let index = 0;
		for (const page of this.pages) {
			const isFar = index + page.count < from - PAGE * 8 ||
			    index > to + PAGE * 8;

			index += page.count;
			if (isFar && page !== this.pages[0] &&
			    page !== this.pages.at(-1))
				page.items = null;
		}
	}

	/* Reads what is held again, after a gap. */
	async refresh() {
		for (const page of this.pages)
			if (page !== this.pages[0] && page !== this.pages.at(-1))
				page.items = null;
		const held = this.pages[0];
		const limit = held && Math.max(held.count, PAGE);
		const found = held && await this.read({before: held.before, limit});

		if (!found)
			return;
		const items = this.without(found);
		if (this.pages.length === 1) {
			held.items = items;
			held.last = found.at(-1)?.seq ?? held.before;
			this.isEnd = found.length < limit;
		} else {
			held.items = items.filter((it) => it.seq >= held.last);
		}
		held.count = held.items.length;
		held.top = Math.max(held.top, items[0]?.seq ?? 0);
		this.wipe();
		this.redraw();
		this.on.change?.();
	}

	/* Rows are made anew, as what they show may have changed. */
	wipe() {
		this.rows.clear();
		this.space.replaceChildren();
	}

	/* ---- changes */

	/* New ones, newest first; those that are known are left out. Gives how
	   many there are, also where the list begins below them. */
	insert(items) {
		const page = this.pages[0];
		const fresh = page ? this.without(items).filter(
		    (item) => !page.items.some((it) => it.seq === item.seq)) : [];

		if (page && !this.isStart)
			return fresh.length;
		if (!fresh.length)
			return 0;
		page.items.push(...fresh);
		page.items.sort((a, b) => b.seq - a.seq);
		page.count = page.items.length;
		page.top = page.items[0].seq;
		page.last = Math.min(page.last || Infinity, fresh.at(-1).seq);
		this.split(page);
		/* What somebody looks at stays where it is. */
		if (this.element.scrollTop > this.height() / 2) {
			this.size();
			this.element.scrollTop += fresh.length * this.height();
		}
		this.redraw();
		this.on.change?.();
		return fresh.length;
	}

	split(page) {
		if (page.count <= PAGE * 2)
			return;
		const older = page.items.splice(PAGE);

		page.count = PAGE;
		page.last = page.items.at(-1).seq;
		this.pages.splice(1, 0, {
			before: page.last, items: older, count: older.length,
			top: older[0].seq, last: older.at(-1).seq,
		});
	}

	/* Takes them away for now; gives what restore() brings back. */
	hide(ids) {
		const items = ids.map((id) => this.find(id)?.item)
		    .filter(Boolean);

		for (const id of ids) {
			this.hidden.add(id);
			this.remove(id);
		}
		return items;
	}

	restore(ids, items) {
		ids.forEach((id) => this.hidden.delete(id));
		for (const item of items) {
			const page = this.pages.find((it) => item.seq >= it.last) ??
			    this.pages.at(-1);

			page.count++;
			page.items?.push(item);
			page.items?.sort((a, b) => b.seq - a.seq);
			page.last = Math.min(page.last || Infinity, item.seq);
		}
		this.redraw();
		this.on.change?.();
	}

	find(id) {
		for (const page of this.pages) {
			const index = page.items
			    ? page.items.findIndex((it) => it.id === id) : -1;
			if (index >= 0)
				return {page, index, item: page.items[index]};
		}
		return null;
	}

	update(id, change) {
		const found = this.find(id);

		if (!found)
			return;
		Object.assign(found.item, change);
		this.rows.get(id)?.remove();
		this.rows.delete(id);
		this.redraw();
	}

	/* `seq` tells of one whose page was forgotten. */
	remove(id, seq = 0) {
		const found = this.find(id);

		if (!found) {
			const page = this.pages.find((it) => !it.items &&
			    seq >= it.last && seq < it.before);
			if (page && page.count > 0)
				page.count--;
			this.redraw();
			return;
		}
		if (this.activeId === id) {
			const next = this.at(this.indexOf(id) + 1) ||
			    this.at(this.indexOf(id) - 1);
			this.activeId = next ? next.id : null;
		}
		found.page.items.splice(found.index, 1);
		found.page.count--;
		this.selected.delete(id);
		this.redraw();
		this.on.change?.();
		if (this.count < PAGE)
			this.more();
	}

	/* ---- places */

	at(index) {
		for (const page of this.pages) {
			if (index < 0)
				return null;
			if (index < page.count)
				return page.items ? page.items[index] : null;
			index -= page.count;
		}
		return null;
	}

	indexOf(id) {
		let start = 0;

		for (const page of this.pages) {
			const index = page.items
			    ? page.items.findIndex((it) => it.id === id) : -1;
			if (index >= 0)
				return start + index;
			start += page.count;
		}
		return -1;
	}

	get active() {
		return this.activeId ? this.find(this.activeId)?.item : null;
	}

	neighbour(id, step) {
		const index = this.indexOf(id);

		return index < 0 ? null : this.at(index + step);
	}

	setActive(id) {
		if (this.activeId === id)
			return;
		this.activeId = id;
		this.redraw();
		this.reveal(id);
		this.on.active?.(this.active);
	}

	reveal(id) {
		const index = this.indexOf(id), height = this.height();
		const top = index * height, view = this.element;

		if (index < 0)
			return;
		this.size();
		if (top < view.scrollTop)
			view.scrollTop = top;
		else if (top + height > view.scrollTop + view.clientHeight)
			view.scrollTop = top + height - view.clientHeight;
	}

	move(step) {
		if (Math.abs(step) === Infinity) {
			this.jump(step < 0 ? 'newest' : 'oldest');
			return;
		}
		const index = this.activeId ? this.indexOf(this.activeId) : -1;
		const from = index < 0 && step < 0 ? 0 : index;
		const to = Math.max(0, Math.min(this.count - 1, from + step));
		const item = this.at(to);

		if (item)
			this.setActive(item.id);
		if (to >= this.count - PAGE / 4)
			this.more();
	}

	toggle(id) {
		this.anchor = id;
		if (!this.selected.delete(id))
			this.selected.add(id);
		this.redraw();
		this.on.change?.();
	}

	/* All that is loaded, or none. */
	toggleAll() {
		const all = this.pages.flatMap((page) => page.items || []);
		const isAll = this.selected.size >= all.length;

		this.selected = new Set(isAll ? [] : all.map((it) => it.id));
		this.redraw();
		this.on.change?.();
	}

	selectNone() {
		this.selected.clear();
		this.redraw();
		this.on.change?.();
	}

	toggleRange(id) {
		const from = this.indexOf(this.anchor ?? this.activeId ?? id);
		const to = this.indexOf(id);

		for (let i = Math.min(from, to); i <= Math.max(from, to); i++)
			if (this.at(i))
				this.selected.add(this.at(i).id);
		this.redraw();
		this.on.change?.();
	}

	/* ---- hands */

	onKey(event) {
		const page = Math.floor(
		    this.element.clientHeight / this.height()) - 1;
		const steps = {
			ArrowDown: 1, ArrowUp: -1, PageDown: page,
			PageUp: -page, Home: -Infinity, End: Infinity,
		};

		if (event.ctrlKey || event.metaKey || event.altKey)
			return;
		if (event.key in steps) {
			event.preventDefault();
			this.move(steps[event.key]);
		} else if (event.key === 'Enter' && this.active) {
			event.preventDefault();
			this.on.open(this.active);
		} else if (event.key === ' ' && this.on.select) {
			event.preventDefault();
			if (this.activeId)
				this.toggle(this.activeId);
		}
	}

	onClick(event) {
		const id = event.target.closest('.row')?.dataset.id;

		if (!id)
			return;
		if (this.on.select && event.shiftKey)
			this.toggleRange(id);
		else if (this.on.select && (event.ctrlKey || event.metaKey ||
		    event.target.closest('.row-check')))
			this.toggle(id);
		else
			this.on.open(this.find(id).item);
		if (!event.target.closest('.row-check'))
			this.setActive(id);
	}

	/* ---- drawing */

	size() {
		this.space.style.height =
		    Math.max(1, this.count) * this.height() + 'px';
	}

	redraw() {
		this.isStale = true;
		this.draw();
	}

	draw() {
		if (this.isDue)
			return;
		this.isDue = true;
		requestAnimationFrame(() => {
			this.isDue = false;
			this.drawNow();
		});
	}

	drawNow() {
		const height = this.height(), view = this.element;
		const count = this.count;
		const from = Math.max(
		    0, Math.floor(view.scrollTop / height) - OVERSCAN);
		const to = Math.min(count, OVERSCAN + Math.ceil(
		    (view.scrollTop + view.clientHeight) / height));
		const wanted = new Map();

		this.size();
		for (let i = from; i < to; i++)
			this.want(i, wanted);
		for (const [id, row] of this.rows)
			if (!wanted.has(id)) {
				row.remove();
				this.rows.delete(id);
			}
		for (const [id, {index}] of wanted)
			if (this.rows.has(id))
				this.rows.get(id).dataset.index = index;
		for (const [id, place] of wanted)
			this.place(id, place, height, count);
		if (this.activeId && this.rows.has(this.activeId))
			view.setAttribute('aria-activedescendant',
			    this.rows.get(this.activeId).id);
		else
			view.removeAttribute('aria-activedescendant');
		this.isStale = false;
		this.forget(from, to);
		if (count && to > count - PAGE / 2)
			this.more();
		if (count && from < PAGE / 2)
			this.newer();
	}

	want(index, wanted) {
		let start = 0;

		for (const page of this.pages) {
			if (index >= start + page.count) {
				start += page.count;
				continue;
			}
			if (!page.items)
				this.recall(page);
			else if (page.items[index - start])
				wanted.set(page.items[index - start].id,
				    {index, item: page.items[index - start]});
			return;
		}
	}

	place(id, {index, item}, height, count) {
		let row = this.rows.get(id);
		const isActive = id === this.activeId;

		if (!row) {
			row = h('div.row', {
				role: 'option', id: 'row-' + id, 'data-id': id,
			});
			this.make(item, row);
			this.rows.set(id, row);
			this.insertAt(row, index);
			this.isStale = true;
		}
		row.dataset.index = index;
		row.style.transform = `translateY(${index * height}px)`;
		row.setAttribute('aria-posinset', index + 1);
		row.setAttribute('aria-setsize', this.isEnd ? count : -1);
		row.classList.toggle('active', isActive);
		row.setAttribute('aria-selected',
		    this.on.select ? this.selected.has(id) : isActive);
	}

	/* In the order that is seen, for those who read it aloud. */
	insertAt(row, index) {
		let next = this.space.lastElementChild, after = null;

		while (next && Number(next.dataset.index) > index) {
			after = next;
			next = next.previousElementSibling;
		}
		this.space.insertBefore(row, after);
	}
}
