/* stage: the HTML of a message, in the width or the colours that one asks for. */
import { button, code, fill, h, icon, iconButton, shown, size } from './dom.js';
import { guard } from './guard.js';
import { hostOf, showHtml } from './html.js';
import { fail } from './notice.js';
import { flatten } from './parts.js';
import { t } from './texts.js';

const HTML_UNASKED = 2 * 1024 * 1024;
const SOURCE_SHOWN = 1024 * 1024;
const WIDTHS = [['desktop', 0], ['tablet', 768], ['phone', 375]];

function remoteBanner(remote, isRemote, load) {
	const hosts = [...new Set(remote.map((it) => hostOf(it)))];

	return remote.length > 0 && h('p.banner', {role: 'note'},
	    icon(isRemote ? 'link' : 'stop'), h('span', {
		title: shown(hosts.join(', ')),
	    }, t(isRemote ? 'remote_loaded' : 'remote_blocked', remote.length),
		' ', h('span.muted', shown(hosts.slice(0, 4).join(', ')),
		    hosts.length > 4 ? ', …' : '')),
	    !isRemote && button(t('load_remote'), load,
		{class: 'button', title: t('load_once')}));
}

/* A frame that is wider than there is room is made smaller as a whole. */
function fit(stage, frame, width) {
	const room = stage.clientWidth;
	const scale = width && room && width > room ? room / width : 1;

	stage.classList.toggle('framed', width > 0);
	frame.style.width = width ? width + 'px' : '100%';
	frame.style.height = scale < 1 ? 100 / scale + '%' : '100%';
	frame.style.transform = scale < 1 ? `scale(${scale})` : 'none';
	frame.style.transformOrigin = '0 0';
}

export function htmlTab(place, message, {signal, isAsked = false}) {
	const stage = h('div.stage'), banner = h('div.banners');
	const hint = h('p.frame-hint', {role: 'status', hidden: true},
	    icon('warn'), h('span', t('frame_keys')));
	let frames = null, width = 0, isDark = false;

	async function load(isRemote) {
		fill(stage, h('p.muted', t('loading')));
		const found = await showHtml(stage, message.html, message,
		    flatten(message.parts), {isRemote, signal});

		frames = [found.frame, found.inner];
		guard({
			host: found.frame, inner: found.inner, hint,
			home: place.closest('[role=tabpanel]'),
		});
		fill(banner, remoteBanner(found.remote, isRemote,
		    () => load(true).catch(fail)));
		apply();
	}

	function apply() {
		if (!frames)
			return;
		fit(stage, frames[0], width);
		for (const frame of frames)
			frame.style.colorScheme = isDark ? 'dark' : 'light';
	}

	const widths = h('div.segmented', {
		role: 'group', 'aria-label': t('width'),
	}, WIDTHS.map(([name, pixels]) => iconButton(name, t(name), (event) => {
		for (const it of widths.children)
			it.setAttribute('aria-pressed',
			    it === event.currentTarget);
		width = pixels;
		apply();
	}, {'aria-pressed': pixels === 0})));
	const dark = iconButton('moon', t('dark_reader'), () => {
		isDark = !isDark;
		dark.setAttribute('aria-pressed', isDark);
		apply();
	}, {'aria-pressed': 'false'});
	const source = iconButton('file', t('html_source'), () => {
		const isSource = source.getAttribute('aria-pressed') !== 'true';
		source.setAttribute('aria-pressed', isSource);
		if (isSource)
			fill(stage, code(message.html.slice(0, SOURCE_SHOWN)));
		else
			load(false).catch(fail);
		if (isSource)
			frames = null;
	}, {'aria-pressed': 'false'});

	fill(place, h('div.html-tools', widths, dark, source, banner),
	    stage, hint);
	new ResizeObserver(apply).observe(stage);
	if (message.html.length > HTML_UNASKED && !isAsked)
		fill(stage, h('div.nothing', h('p',
		    t('html_large', size(message.html.length))),
		button(t('show_it'), () => load(false).catch(fail))));
	else
		return load(false);
	return null;
}
