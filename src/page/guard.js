/*
 * guard: brings the keyboard back out of a frame of HTML mail.
 *
 * Nobody hears the keys that are pressed in such a frame: it has no script, and
 * an origin of its own. Who clicks into it has lost all shortcuts, and sees
 * nothing of that. So it is said while it is so, and the keyboard comes back
 * with the pointer. What is selected in the frame stays so, and can be copied:
 * Ctrl or Cmd lends the keyboard to the frame once more. Who came by Tab leaves
 * by Tab.
 */

/* {host, inner, home, hint}: see guard(). */
let guarded = null;
let isByTab = false;
let isLent = false;

const isInside = () => guarded?.host === document.activeElement;

function draw() {
	if (guarded)
		guarded.hint.hidden = !isInside();
}

/* The frame is told of as the active element after the window has lost the
   keyboard to it. */
addEventListener('blur', () => setTimeout(draw));
addEventListener('focus', draw);
document.addEventListener('focusin', draw);

document.addEventListener('keydown', (event) => {
	isByTab = event.key === 'Tab';
	if (isLent && (event.key === 'Control' || event.key === 'Meta') &&
	    guarded?.home === document.activeElement)
		guarded.inner.focus({preventScroll: true});
	else
		isLent = false;
});

/* It is heard only outside of frames. */
document.addEventListener('pointermove', () => {
	if (isInside() && !isByTab) {
		guarded.home.focus({preventScroll: true});
		isLent = true;
	} else if (!isInside()) {
		isByTab = false;
	}
});
document.addEventListener('pointerdown', () => isLent = false);

/* host: the frame in our document; inner: the one inside of it that has the
   mail; home: who gets the keyboard back; hint: is shown meanwhile. */
export function guard(frames) {
	guarded = frames;
	draw();
}
