/*
 * search: the box for a query, which completes its terms and shows where it is
 * wrong.
 */
import { ApiError } from './api.js';
import { fill, h, icon, iconButton, shown } from './dom.js';
import { t } from './texts.js';

/* Fields that take a value, and terms that are whole. */
const FIELDS = ['from:', 'to:', 'subject:', 'body:', 'rcpt:', 'mailfrom:',
	'cc:', 'bcc:', 'reply-to:', 'addressed:', 'attachment:', 'header:',
	'tag:', 'inbox:', 'finding:', 'state:', 'is:', 'has:', 'after:',
	'before:', 'larger:', 'smaller:', 'helo:', 'peer:', 'user:',
	'session:', 'message-id:', 'id:', 'seq>', 'OR'];
const VALUES = {
	'is:': ['unread', 'read', 'tagged'],
	'has:': ['attachment', 'inline', 'finding'],
	'state:': ['accepted', 'refused', 'aborted'],
	'after:': ['today', 'yesterday', '1h', '2d', '1w'],
	'before:': ['today', 'yesterday', '1h', '2d', '1w'],
	'larger:': ['10k', '100k', '1M', '10M'],
	'smaller:': ['10k', '100k', '1M'],
	'header:': ['List-Unsubscribe', 'Reply-To=', 'X-Mailer='],
	'finding:': (document.querySelector('meta[name=rules]')?.content ?? '')
	    .split(' ').filter(Boolean),
};
const COUNT_MAX = 10;

export const quote = (text) =>
	/^[\w.@+*-]+$/.test(text) ? text : `"${text.replaceAll('"', '')}"`;

/* The term that the cursor stands in. */
function termAt(text, cursor) {
	let start = 0, isQuoted = false;

	for (let i = 0; i < cursor; i++) {
		if (text[i] === '"')
			isQuoted = !isQuoted;
		else if (!isQuoted && /[\s()]/.test(text[i]))
			start = i + 1;
	}
	const sign = /^[-!]/.test(text.slice(start, cursor)) ? 1 : 0;

	return {start: start + sign, text: text.slice(start + sign, cursor)};
}

/* The API counts octets. */
function toCharacter(text, octet) {
	const bytes = new TextEncoder().encode(text).slice(0, octet);

	return new TextDecoder().decode(bytes).length;
}

export class Search {
	/* known: {tag: () => [...], inbox: () => [...]} */
	constructor({onQuery, known}) {
		this.onQuery = onQuery;
		this.known = known;
		this.choice = -1;
		this.input = h('input.search-input', {
			type: 'search', id: 'search', role: 'combobox',
			placeholder: t('search'), 'aria-label': t('search'),
			autocomplete: 'off', spellcheck: 'false',
			autocapitalize: 'off', enterkeyhint: 'search',
			'aria-expanded': 'false', 'aria-autocomplete': 'list',
			'aria-controls': 'search-list',
			'aria-describedby': 'search-mistake',
			oninput: () => this.onInput(),
			onkeydown: (event) => this.onKey(event),
			onblur: () => this.close(),
			onclick: () => this.complete(),
		});
		this.list = h('ul.search-list', {
			id: 'search-list', role: 'listbox',
			'aria-label': t('completions'), hidden: true,
			onmousedown: (event) => this.onPick(event),
		});
		this.mistake = h('div.search-mistake', {
			id: 'search-mistake', role: 'status', hidden: true,
		});
		this.element = h('form.search', {
			role: 'search', onsubmit: (event) => {
				event.preventDefault();
				this.submit();
			},
		}, icon('search'), this.input, this.list, this.mistake);
	}

	get value() {
		return this.input.value.trim();
	}

	get hasMistake() {
		return !this.mistake.hidden;
	}

	set value(text) {
		if (this.value !== text)
			this.input.value = text;
		this.forgive();
	}

	focus() {
		this.input.focus();
		this.input.select();
	}

	submit() {
		this.close();
		clearTimeout(this.timer);
		this.onQuery(this.value);
	}

	/* Emptied by its cross, too. */
	onInput() {
		this.forgive();
		this.complete();
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.onQuery(this.value, 'typed'),
		    this.value ? 400 : 0);
	}

	/* ---- mistakes */

	forgive() {
		this.mistake.hidden = true;
		this.mistake.replaceChildren();
		this.input.removeAttribute('aria-invalid');
	}

	/* False when the error is not about the query. */
	blame(error) {
		const found = error instanceof ApiError && error.status === 400 &&
		    /^(.*?)(?: \(at character (\d+)\))?$/s.exec(error.message);

		if (!found)
			return false;
		const text = this.input.value;
		const at = found[2] === undefined ? text.length
		    : toCharacter(text.trim(), Number(found[2]) - 1) +
		    text.length - text.trimStart().length;

		this.input.setAttribute('aria-invalid', 'true');
		fill(this.mistake,
		    h('code', shown(text.slice(Math.max(0, at - 40), at)),
			h('mark', text.slice(at, at + 1) || '␣'),
			shown(text.slice(at + 1, at + 20))),
		    h('span', found[1].replace(/^query: /, '')),
		    iconButton('next', t('to_mistake'), () => {
			this.input.focus();
			this.input.setSelectionRange(at, at + 1);
		}));
		this.mistake.hidden = false;
		return true;
	}

	/* ---- completion */

	options(term) {
		const field = /^([\w-]+[:>])(.*)$/s.exec(term);

		if (!field)
			return FIELDS.filter((it) => term &&
			    it.toLowerCase().startsWith(term.toLowerCase()))
			    .map((it) => ({text: it, hint: t('field_' +
			    it.replace(/\W/g, ''))}));
		const name = field[1].toLowerCase();
		const values = this.known[name.slice(0, -1)]?.() ||
		    VALUES[name] || [];
		const start = field[2].replace(/^"/, '').toLowerCase();

		return values.filter((it) => it.toLowerCase().includes(start) &&
		    it.toLowerCase() !== start)
		    .map((it) => ({
			text: name + (it.endsWith('=') ? it : quote(it)),
		}));
	}

	complete() {
		this.term = termAt(
		    this.input.value, this.input.selectionStart ?? 0);
		this.shown = this.options(this.term.text).slice(0, COUNT_MAX);
		this.choice = -1;
		fill(this.list, this.shown.map((it, i) => h('li', {
			role: 'option', id: 'search-option-' + i,
			'aria-selected': 'false', 'data-index': i,
		}, h('span', it.text),
		it.hint && h('small', it.hint))));
		this.setOpen(this.shown.length > 0);
	}

	setOpen(isOpen) {
		this.list.hidden = !isOpen;
		this.input.setAttribute('aria-expanded', isOpen);
		this.input.removeAttribute('aria-activedescendant');
	}

	close() {
		this.setOpen(false);
		this.choice = -1;
	}

	choose(step) {
		const count = this.shown.length;

		this.choice = (this.choice + step + count + (this.choice < 0 &&
		    step < 0 ? 1 : 0)) % count;
		[...this.list.children].forEach((it, i) =>
			it.setAttribute('aria-selected', i === this.choice));
		this.input.setAttribute('aria-activedescendant',
		    'search-option-' + this.choice);
	}

	take(index) {
		const text = this.input.value, end = this.input.selectionStart;
		const chosen = this.shown[index].text;
		const isWhole = !/[:>=]$/.test(chosen);
		const head = text.slice(0, this.term.start) + chosen +
		    (isWhole ? ' ' : '');

		this.input.value = head + text.slice(end).trimStart();
		this.input.setSelectionRange(head.length, head.length);
		this.onInput();
	}

	onPick(event) {
		const index = event.target.closest('li')?.dataset.index;

		event.preventDefault();
		if (index !== undefined)
			this.take(Number(index));
	}

	onKey(event) {
		const isOpen = !this.list.hidden;

		if (event.key === 'ArrowDown' && !isOpen)
			this.complete();
		else if (event.key === 'ArrowDown')
			this.choose(1);
		else if (event.key === 'ArrowUp' && isOpen)
			this.choose(-1);
		else if (event.key === 'Tab' && isOpen && !event.shiftKey &&
		    (this.choice >= 0 || this.shown.length === 1))
			this.take(Math.max(0, this.choice));
		else if (event.key === 'Enter' && isOpen && this.choice >= 0)
			this.take(this.choice);
		else if (event.key === 'Escape' && isOpen)
			this.close();
		else if (event.key === 'Escape')
			this.input.blur();
		else
			return;
		event.preventDefault();
		event.stopPropagation();
	}
}
