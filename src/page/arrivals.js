/* arrivals: how mail that comes meanwhile gets into the list. */
import { listMessages } from './api.js';
import { fill, h, icon } from './dom.js';
import { live } from './live.js';
import { t } from './texts.js';

const LIMIT = 200;

export class Arrivals {
	/* list: {rows, query, isShown}, where query is null before the first;
	   onTaken(): it has more than before. */
	constructor(list, onTaken) {
		const {rows} = list;

		Object.assign(this, {list, rows, onTaken});
		this.waiting = [];
		this.pill = h('button.pill', {
			type: 'button', hidden: true, onclick: () => {
				rows.top();
				this.hidePill();
			},
		});
		rows.element.addEventListener('scroll',
		    () => rows.isAtTop && this.hidePill());
		live.on('message', (message) => this.arrive(message));
		/* A message may have become refused with its session. */
		live.on('session', () =>
			/\bstate:/i.test(list.query) && this.catchUp());
	}

	/* A burst is taken at once, so that it costs one drawing. */
	arrive(message) {
		if (this.list.query === null)
			return;
		if (this.list.query) {
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
		const {isAtTop} = this.rows;
		const count = this.rows.insert(messages);

		if (count && !isAtTop)
			this.showPill(count);
		if (count)
			this.onTaken();
	}

	/* Which new ones match is for the server to say. */
	catchUp() {
		if (!this.list.isShown || this.catching || !this.rows.isStart)
			return;
		this.catching = setTimeout(async () => {
			const {query} = this.list, top = this.rows.at(0);

			this.catching = null;
			try {
				const found = await listMessages({
					query, after: top ? top.seq : 0,
					limit: LIMIT,
				});
				if (query === this.list.query)
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
}
