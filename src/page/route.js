/*
 * route: which view is shown, as the part of the address behind the '#'.
 *
 *	#/ID/TAB?q=QUERY      mail
 *	#/sessions/ID         and #/faults, #/settings, #/help, #/link/URL
 *
 * Mailpit's addresses, /view/ID and /search?q=QUERY, become these.
 */
import { root } from './api.js';

const VIEWS = ['sessions', 'faults', 'settings', 'help', 'link'];
const target = new EventTarget();

function decode(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

export function readRoute(hash = location.hash) {
	const [path, search] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
	const [first, ...rest] = path.split('/').map(decode);
	const parameters = new URLSearchParams(search || '');

	if (VIEWS.includes(first))
		return {view: first, id: rest.join('/'), query: '', tab: ''};
	return {
		view: 'mail', id: first || '', tab: rest[0] || '',
		query: parameters.get('q') || '',
		at: parameters.get('at') || '',
	};
}

export function write({view = 'mail', id = '', tab = '', query = '', at}) {
	const path = (view === 'mail' ? [id, tab] : [view, id])
	    .map(encodeURIComponent).join('/').replace(/\/+$/, '');
	const search = new URLSearchParams();

	if (query)
		search.set('q', query);
	if (at !== undefined && at !== '')
		search.set('at', at);
	return '#/' + path + (search.size ? '?' + search : '');
}

export const onRoute = (listener) =>
	target.addEventListener('change', listener);

/* `how`: a step in the browser's history, or in place of the last. */
export function go(route, how = 'push') {
	const hash = write(route);

	if (hash === location.hash)
		return;
	history[how + 'State'](null, '', hash);
	target.dispatchEvent(new Event('change'));
}

export function startRoute() {
	const path = decode(location.pathname).slice(
	    decode(root.pathname).length);
	const search = new URLSearchParams(location.search);
	const id = /^view\/([^/.]+)$/.exec(path);

	if (path || location.search)
		history.replaceState(null, '', root.pathname +
		    (location.hash || write({
			id: id ? id[1] : '',
			query: search.get('q') || search.get('query') || '',
		})));
	addEventListener('popstate',
	    () => target.dispatchEvent(new Event('change')));
}
