/* message: the one message that is read, with what is told above its sides. */
import { ApiError, getMessage, isReadOnly, rawUrl } from './api.js';
import { bdi, fill, fullTime, h, icon, iconButton, shown, size, timeOf,
	visible } from './dom.js';
import { addressLines } from './envelope.js';
import { attachmentStrip, flatten } from './parts.js';
import { go } from './route.js';
import { Sides } from './sides.js';
import { t } from './texts.js';

function stateBanner(message) {
	return message.state !== 'accepted' && h('p.banner.bad', {role: 'note'},
	    icon('warn'), h('strong', t('state_' + message.state)), ' ',
	    h('span', visible(message.reason)));
}

export class MessageView {
	/* on: {close(), step(-1 or 1), remove(ids), mark(ids, isRead),
	   tags(ids), query(text)} */
	constructor(on) {
		this.on = on;
		this.element = h('article.message', {'aria-label': t('message')});
		this.id = null;
	}

	close() {
		this.abort?.abort();
		this.sides?.close();
		this.sides = this.id = this.message = null;
		this.element.replaceChildren();
	}

	async show(id, tab, at, query) {
		this.query = query;
		if (this.id === id && this.message) {
			this.message.query = query;
			this.sides.select(tab, at);
			return;
		}
		this.abort?.abort();
		this.abort = new AbortController();
		this.sides?.close();
		this.sides = this.message = null;
		this.id = id;
		const {signal} = this.abort;
		const slow = setTimeout(() => !signal.aborted && fill(
		    this.element, h('p.nothing', t('loading'))), 150);

		try {
			const message = await getMessage(id, signal);
			clearTimeout(slow);
			this.message = {...message, query};
			this.draw(tab, at);
		} catch (error) {
			clearTimeout(slow);
			if (!signal.aborted)
				this.drawError(error);
			return;
		}
		if (!this.message.read && this.message.state === 'accepted' &&
		    !await isReadOnly() && this.id === id)
			this.on.mark([id], true);
	}

	/* Of any message: what is said of it here, where it is this one. */
	showRead(id, isRead) {
		if (this.id !== id || !this.message || this.message.read === isRead)
			return;
		this.message.read = isRead;
		this.readButton.replaceWith(this.makeReadButton());
	}

	showTags(id, tags) {
		if (this.id !== id || !this.message)
			return;
		this.message.tags = tags;
		this.element.querySelector('.chips').replaceWith(this.chips());
	}

	drawError(error) {
		const isKnown = error instanceof ApiError &&
		    [404, 410].includes(error.status);

		fill(this.element, h('div.message-tools', iconButton('back',
		    t('back'), () => this.on.close())), h('p.nothing',
		isKnown ? t(error.status === 410 ? 'gone' : 'unknown')
		    : error.message));
	}

	makeReadButton() {
		const {read} = this.message;

		this.readButton = iconButton(read ? 'mail' : 'open',
		    t(read ? 'mark_unread' : 'mark_read'),
		    () => this.on.mark([this.id], !this.message.read),
		    {class: 'icon-button changes'});
		return this.readButton;
	}

	tools() {
		const {id, seq} = this.message;

		return h('div.message-tools', {
			role: 'toolbar', 'aria-label': t('message_tools'),
		}, iconButton('back', t('back'), () => this.on.close(),
		    {class: 'icon-button back'}),
		iconButton('up', t('newer'), () => this.on.step(-1)),
		h('span.turn',
		    iconButton('up', t('older'), () => this.on.step(1))),
		h('span.spring'),
		this.makeReadButton(),
		iconButton('tag', t('edit_tags'), () => this.on.tags([id]),
		    {class: 'icon-button changes'}),
		h('a.icon-button', {
			href: rawUrl(id).href, download: `message-${seq}.eml`,
			title: t('download'), 'aria-label': t('download'),
		}, icon('down')),
		iconButton('trash', t('remove'), () => this.on.remove([id]),
		    {class: 'icon-button changes'}));
	}

	chips() {
		const {inbox, tags} = this.message;
		const chip = (name, text, query) => h('button.tag', {
			type: 'button', onclick: () => this.on.query(query),
			title: t('search_for', query),
		}, icon(name), bdi(shown(text, 60)));

		return h('div.chips',
		    timeOf(this.message.received),
		    h('span.muted', fullTime(this.message.received)),
		    h('span.muted', size(this.message.size)),
		    inbox && inbox !== 'default' &&
			chip('inbox', inbox, `inbox:"${inbox}"`),
		    tags.map((it) => chip('tag', it, `tag:"${it}"`)));
	}

	head() {
		const {subject} = this.message;
		const title = h('h1', {dir: 'auto', tabindex: -1},
		    subject ? visible(subject.slice(0, 1000))
			: h('span.muted', t('no_subject')));

		return h('header.message-head', title,
		    addressLines(this.message), this.chips(),
		    stateBanner(this.message),
		    attachmentStrip(this.message, flatten(this.message.parts),
			(part) => this.goTab('parts', part)));
	}

	draw(tab, at) {
		this.sides = new Sides(this.message, (it) => this.goTab(it));
		fill(this.element, this.tools(), this.head(), this.sides.list,
		    this.sides.panel);
		this.sides.select(tab, at);
	}

	goTab(tab, at) {
		go({query: this.query, id: this.id, tab, at}, 'replace');
		if (this.sides.chosen !== tab)
			this.sides.select(tab, at);
	}

	stepTab(step) {
		this.sides?.step(step);
	}

	goTabNumber(number) {
		this.sides?.goNumber(number);
	}
}
