/* counts: how many messages there are, without those that are on their way out. */
import { getInfo, listInboxes } from './api.js';

/* At most so often, but soon after a rest. */
const EVERY_MS = 700;
const SOON_MS = 60;

export class Counts {
	constructor(onChange) {
		this.onChange = onChange;
		this.info = null;
		this.known = [];
		this.away = [];
	}

	/* Null while nobody knows. */
	get messages() {
		return this.info && this.info.Messages - this.away.length;
	}

	get unread() {
		return this.info && this.info.Unread - this.absent(() => true);
	}

	get inboxes() {
		return this.known.map((it) => ({
			name: it.name, messages: it.messages - this.away.filter(
			    (gone) => gone.inbox === it.name).length,
			unread: it.unread -
			    this.absent((gone) => gone.inbox === it.name),
		}));
	}

	get tags() {
		return Object.entries(this.info?.Tags ?? {}).map(([name, many]) => ({
			name, count: many - this.away.filter(
			    (gone) => gone.tags.includes(name)).length,
		}));
	}

	absent(isOne) {
		return this.away.filter((it) => !it.read && isOne(it)).length;
	}

	async read() {
		clearTimeout(this.timer);
		this.timer = null;
		this.readAt = performance.now();
		try {
			[this.info, this.known] = await Promise.all(
			    [getInfo(), listInboxes()]);
		} catch {
			return;
		}
		this.onChange();
	}

	soon() {
		this.timer ??= setTimeout(() => this.read(), Math.max(SOON_MS,
		    (this.readAt ?? 0) + EVERY_MS - performance.now()));
	}

	/* ---- messages that may come back; only accepted ones are counted */

	leave(items) {
		this.away.push(...items.filter((it) => it.state === 'accepted'));
		this.onChange();
	}

	comeBack(items) {
		this.away = this.away.filter((it) => !items.includes(it));
		this.onChange();
	}

	/* The server has forgotten them. */
	async forget(items) {
		await this.read();
		this.comeBack(items);
	}
}
