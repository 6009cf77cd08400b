/* tools: the buttons above a list. */
import { fill, h, iconButton } from './dom.js';
import { t } from './texts.js';

/* So many are seen without going anywhere. */
const FEW = 30;
const CHANGING = {class: 'icon-button changes'};

/* The other end of a list. */
function end(rows) {
	const order = rows.isEnd && !rows.isAtTop ? 'newest' : 'oldest';

	return h('span', {class: order === 'newest' ? 'turn' : ''},
	    iconButton('last', t('to_' + order), () => rows.jump(order)));
}

/* Only that. */
export function fillEnds(element, rows) {
	const state = [rows.count > FEW, rows.isEnd, rows.isAtTop].join();

	if (element.dataset.state === state)
		return;
	element.dataset.state = state;
	fill(element, rows.count > FEW && end(rows));
}

export class Tools {
	/* `deeds` is given later, before somebody can press one. */
	constructor(list) {
		this.list = list;
		list.rows.element.addEventListener('scroll', () => this.draw());
		this.element = h('div.list-tools', {
			role: 'toolbar', 'aria-label': t('list_tools'),
		});
	}

	forAll() {
		const {rows, query} = this.list, {deeds} = this;

		return [
			iconButton('check', t('select_all'),
			    () => rows.toggleAll()),
			!query && iconButton('open', t('all_read'),
			    () => deeds.markAll(), CHANGING),
			rows.count > FEW && end(rows),
			iconButton('trash', query ? t('remove_matching')
			    : t('remove_all_mail'), () => deeds.removeAll(),
			CHANGING),
		];
	}

	forSome(ids) {
		const {deeds} = this;

		return [
			h('span.muted', {role: 'status'}, t('selected', ids.length)),
			iconButton('open', t('mark_read'),
			    () => deeds.mark(ids, true), CHANGING),
			iconButton('mail', t('mark_unread'),
			    () => deeds.mark(ids, false), CHANGING),
			iconButton('tag', t('edit_tags'),
			    () => deeds.editTags(ids), CHANGING),
			iconButton('trash', t('remove'),
			    () => deeds.remove(ids), CHANGING),
			iconButton('close', t('select_none'),
			    () => this.list.rows.selectNone()),
		];
	}

	/* Anew only where something is different, as one may have the focus. */
	draw() {
		const {rows, query} = this.list, ids = [...rows.selected];
		const state = ids.length ? 'some ' + ids.join()
		    : rows.count ? [Boolean(query), rows.count > FEW, rows.isEnd,
			rows.isAtTop].join(' ') : '';

		if (this.state === state)
			return;
		this.state = state;
		fill(this.element, ids.length ? this.forSome(ids)
		    : rows.count > 0 ? this.forAll() : null);
	}
}
