/* link_kind: what a link is for, as its address and its words tell. */
#include "link_private.h"

#include <string.h>

/* Words of the languages that mail is mostly written in, lower case. */
static const char *const leaving[] = {"unsubscribe", "stop receiving",
    "opt-out", "opt out", "optout", "opt_out", "email preferences",
    "email-preferences", "email settings", "notification settings",
    "manage preferences", "manage your preferences", "manage subscription",
    "manage your subscription", "subscription preferences",
    "communication preferences", "mailing preferences", "/preferences",
    "abmelden", "abbestell", "austragen", "d\xc3\xa9sabonner",
    "d\xc3\xa9sinscri", "desabonn", "desinscri", "darse de baja",
    "cancelar suscripci", "cancelar a inscri", "cancelar inscri", "disiscri",
    "annulla iscrizione", "afmelden", "uitschrijven", "afmeld", "avregistrera",
    "avsluta prenumeration", "wypisz", "odhl\xc3\xa1sit",
    ("\xd0\xbe\xd1\x82\xd0\xbf\xd0\xb8\xd1\x81\xd0\xb0\xd1\x82\xd1\x8c\xd1\x81"
     "\xd1\x8f"),
    "\xe9\x85\x8d\xe4\xbf\xa1\xe5\x81\x9c\xe6\xad\xa2",
    "\xe9\x80\x80\xe8\xae\xa2"};

static const char *const acting[] = {"confirm", "verify", "verification",
    "validate", "activate", "activation", "reset", "recover", "magic",
    "passwordless", "login", "log in", "log-in", "signin", "sign in", "sign-in",
    "sign_in", "signup", "sign up", "authenticat", "authoriz", "one-time",
    "onetime", "otp", "token=", "ticket=", "/invite", "accept invite",
    "invitation", "accept", "approve", "set password", "set your password",
    "set-password", "new password", "change password", "change your password",
    "change-password", "create password", "forgot", "unlock", "best\xc3\xa4tig",
    "zur\xc3\xbc"
    "cksetzen",
    "aktivier", "anmelde", "einloggen", "passwort", "einladung", "confirmer",
    "v\xc3\xa9rifi", "r\xc3\xa9initialis", "activer", "se connecter",
    "restablecer", "confirmar", "verificar", "activar", "iniciar sesi\xc3\xb3n",
    "contrase\xc3\xb1"
    "a",
    "redefinir", "conferma", "reimposta", "accedi", "attiva", "bevestig",
    "herstel", "inloggen", "potwierd\xc5\xba", "zresetuj",
    "bekr\xc3\xa4"
    "fta",
    "\xe7\xa2\xba\xe8\xaa\x8d", "\xe7\xa1\xae\xe8\xae\xa4",
    "\xe9\xaa\x8c\xe8\xaf\x81",
    "\xd0\xbf\xd0\xbe\xd0\xb4\xd1\x82\xd0\xb2\xd0\xb5\xd1\x80\xd0\xb4"};

/* Whoever reads these words before a link asked for nothing. */
static const char *const doubting[] = {"did not", "didn't", "didn\xe2\x80\x99t",
    "not you", "wasn't you", "don't recogni", "do not recogni", " nicht ",
    "vous n'avez pas", "si no ", "se non "};

/* What the addresses of counting pictures have. */
static const char *const counting[] = {"/open", "open.php", "/track", "pixel",
    "beacon", "/o.gif", "/wf/open", "1x1", "spacer.gif", "/trk", "/imp?"};

static bool
has_one(struct span text, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_contains_nocase(text, span_string(words[i])))
			return true;
	return false;
}

#define HAS_ONE(text, words)                                                   \
	has_one(text, words, sizeof(words) / sizeof((words)[0]))

/* An address is looked at so far; behind that it is only longer. */
static struct span
front(struct span url)
{
	return span_make(url.at, url.len < 2048 ? url.len : 2048);
}

/* Without scheme and host: "login.example" may be anything. In an address of
   an app's own scheme the host is a verb. */
static struct span
path_of(struct span url)
{
	struct span rest = front(url);
	struct span scheme = span_cut(&rest, ':');

	if (!span_starts(rest, SPAN("//")))
		return rest;
	span_skip(&rest, 2);
	if (span_starts_nocase(scheme, SPAN("http")))
		span_skip(&rest, span_find(rest, '/'));
	return rest;
}

enum link_kind
link_judge(struct span url, struct span text)
{
	if (span_starts_nocase(url, SPAN("tel:")) ||
	    span_starts_nocase(url, SPAN("sms:")))
		return LINK_TEL;
	if (HAS_ONE(path_of(url), leaving) || HAS_ONE(text, leaving))
		return LINK_UNSUBSCRIBE;
	if (span_starts_nocase(url, SPAN("mailto:")))
		return LINK_MAILTO;
	if (HAS_ONE(path_of(url), acting) ||
	    (HAS_ONE(text, acting) && !HAS_ONE(text, doubting)))
		return LINK_ACTION;
	return LINK_PLAIN;
}

unsigned
link_confidence(const struct link *link)
{
	struct span path = path_of(link->url);

	switch (link->kind) {
	case LINK_ACTION:
		if (HAS_ONE(path, acting) && HAS_ONE(link->text, acting))
			return 95;
		return HAS_ONE(link->text, acting) ? 80 : 70;
	case LINK_UNSUBSCRIBE:
		if (HAS_ONE(path, leaving) && HAS_ONE(link->text, leaving))
			return 98;
		return 85;
	case LINK_TRACKER:
		return 80;
	case LINK_PLAIN:
		/* Nothing says what it is for. */
		return 50;
	default:
		return 100;
	}
}

enum link_kind
link_judge_image(const struct html_link *link)
{
	if (link->kind == HTML_LINK_IMAGE &&
	    (link->is_hidden ||
		(link->text.len == 0 && HAS_ONE(path_of(link->url), counting))))
		return LINK_TRACKER;
	return LINK_IMAGE;
}
