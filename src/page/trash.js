/*
 * trash: messages that were deleted and may still come back.
 *
 * The server forgets for good, so it is told late: when the notice that offers
 * them has gone, when the next ones are deleted, or when the page is left.
 */
import { removeMessages } from './api.js';
import { fail, offer, speak } from './notice.js';
import { t } from './texts.js';

export class Trash {
	/* hide(ids) takes them out of sight and gives what restore(ids, hidden)
	   wants; done(hidden): the server has been told. */
	constructor({hide, restore, done}) {
		Object.assign(this, {hide, restore, done});
		this.held = null;
		addEventListener('pagehide', () => this.empty());
	}

	put(ids) {
		this.empty();
		this.held = {ids, hidden: this.hide(ids)};
		this.close = offer(t('removed', ids.length), t('undo'),
		    () => this.undo(), () => this.empty());
	}

	/* What was held; nobody else gets it. */
	take() {
		const {held} = this;

		this.held = null;
		if (held)
			this.close();
		return held;
	}

	undo() {
		const held = this.take();

		if (!held)
			return;
		this.restore(held.ids, held.hidden);
		speak(t('undone', held.ids.length));
	}

	async empty() {
		const held = this.take();

		if (!held)
			return;
		try {
			await removeMessages(held.ids);
		} catch (error) {
			this.restore(held.ids, held.hidden);
			fail(error);
		}
		this.done(held.hidden);
	}
}
