/* deeds: what is done with messages. */
import { markAllRead, markRead, removeMatching, setTags } from './api.js';
import { ask, askText } from './dialog.js';
import { live } from './live.js';
import { fail, notify } from './notice.js';
import { go } from './route.js';
import { t } from './texts.js';
import { Trash } from './trash.js';

/* Tags as somebody writes them. */
const namesOf = (text) => text.split(',').map((it) => it.replace(
    /[^\w.@ -]/g, ' ').replace(/ +/g, ' ').trim()).filter(Boolean);

export class Deeds {
	/* list: a MessageList; message: a MessageView; counts: Counts;
	   tags(): their names; onRemove(ids): they are about to go, and what
	   it gives is called when they have gone. */
	constructor({list, message, counts, tags, onRemove}) {
		Object.assign(this, {list, message, counts, tags, onRemove});
		this.rows = list.rows;
		this.trash = new Trash({
			hide: (ids) => this.hide(ids),
			restore: (ids, hidden) => this.restore(ids, hidden),
			done: (hidden) => counts.forget(hidden.items),
		});
		live.on('delete', ({id, seq}) => {
			if (!this.rows.hidden.delete(id))
				this.rows.remove(id, seq);
			counts.soon();
		});
		live.on('update', ({id, read, tags: names}) => names
		    ? this.showTags(id, names) : this.showRead(id, read));
	}

	/* In the list, or only beside it. */
	find(id) {
		return this.rows.find(id)?.item ??
		    (this.message.id === id ? this.message.message : null);
	}

	/* ---- read or not */

	showRead(id, isRead) {
		this.rows.update(id, {read: isRead});
		this.message.showRead(id, isRead);
		this.counts.soon();
	}

	async mark(ids, isRead) {
		for (const id of ids)
			this.showRead(id, isRead);
		try {
			await markRead(ids, isRead);
		} catch (error) {
			fail(error);
		}
		this.counts.soon();
	}

	toggleRead(ids) {
		if (ids.length)
			this.mark(ids, !ids.every((id) => this.find(id)?.read));
	}

	async markAll() {
		try {
			await markAllRead();
			await this.rows.refresh();
		} catch (error) {
			fail(error);
		}
		this.counts.soon();
	}

	/* ---- tags */

	showTags(id, tags) {
		this.rows.update(id, {tags});
		this.message.showTags(id, tags);
		this.counts.soon();
	}

	/* Of several, those that all of them have. */
	async editTags(ids) {
		const lists = ids.map((id) => this.find(id)?.tags ?? []);
		const common = (lists[0] ?? []).filter(
		    (it) => lists.every((tags) => tags.includes(it)));
		const text = ids.length && await askText(t('edit_tags'),
		    t('tags_of', ids.length), common.join(', '),
		    t('tags_hint', ids.length), this.tags());

		if (typeof text !== 'string')
			return;
		const wanted = namesOf(text), groups = new Map();

		ids.forEach((id, i) => {
			const tags = [...new Set([...lists[i].filter(
			    (it) => !common.includes(it)), ...wanted])];
			const key = tags.join();

			groups.set(key, {tags, ids: [
				...groups.get(key)?.ids ?? [], id]});
		});
		for (const group of groups.values())
			await this.putTags(group);
	}

	async putTags({ids, tags}) {
		try {
			await setTags(ids, tags);
		} catch (error) {
			fail(error);
			return;
		}
		for (const id of ids)
			this.showTags(id, tags);
	}

	/* ---- deleting */

	remove(ids) {
		if (!ids.length)
			return;
		const then = this.onRemove(ids);

		this.trash.put(ids);
		then();
	}

	hide(ids) {
		const items = ids.map((id) => this.find(id)).filter(Boolean);
		const hidden = {
			query: this.list.query, items, rows: this.rows.hide(ids),
		};

		this.counts.leave(items);
		return hidden;
	}

	/* The list may be another one by now. */
	restore(ids, {query, items, rows}) {
		this.counts.comeBack(items);
		if (query === this.list.query && this.rows.pages.length) {
			this.rows.restore(ids, rows);
			return;
		}
		ids.forEach((id) => this.rows.hidden.delete(id));
		this.rows.refresh();
	}

	async removeAll() {
		const {query} = this.list;
		const title = t(query ? 'remove_matching' : 'remove_all_mail');

		if (!await ask(title, query ? t('remove_matching_ask', query)
		    : t('remove_all_ask'), t('remove')))
			return;
		try {
			await this.trash.empty();
			const {deleted} = await removeMatching(query);
			notify(t('removed', deleted));
			go({query});
			await this.rows.reset();
		} catch (error) {
			fail(error);
		}
		this.counts.soon();
	}
}
