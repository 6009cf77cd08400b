/* fetch: HTTP requests to one running server. */
#include "fetch.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "libcurl.so.4"
#define CONNECT_MS 10000L

/* What is used of it. */
struct library {
	void *handle;
	CURLcode (*global_init)(long flags);
	CURL *(*init)(void);
	CURLcode (*set)(CURL *, CURLoption, ...);
	CURLcode (*perform)(CURL *);
	CURLcode (*get)(CURL *, CURLINFO, ...);
	void (*cleanup)(CURL *);
	const char *(*error_text)(CURLcode);
};

struct fetch {
	struct library library;
	CURL *curl;
	char *base;   /* what stands before a path */
	char *socket; /* of a unix socket, or NULL */
	char *url;    /* as given */
	char *ca;
	fetch_callback *body;
	void *context;
	char error[CURL_ERROR_SIZE];
};

static bool
find(const struct library *library, void *to, const char *name)
{
	void *symbol = dlsym(library->handle, name);

	/* POSIX lets a function be fetched so; ISO C knows no such cast. */
	memcpy(to, &symbol, sizeof(symbol));
	return symbol != NULL;
}

static enum err
load(struct library *library, struct failure *f)
{
	library->handle = dlopen(LIBRARY, RTLD_NOW);
	if (!library->handle ||
	    !find(library, &library->global_init, "curl_global_init") ||
	    !find(library, &library->init, "curl_easy_init") ||
	    !find(library, &library->set, "curl_easy_setopt") ||
	    !find(library, &library->perform, "curl_easy_perform") ||
	    !find(library, &library->get, "curl_easy_getinfo") ||
	    !find(library, &library->cleanup, "curl_easy_cleanup") ||
	    !find(library, &library->error_text, "curl_easy_strerror"))
		return failure_set(f, ERR_UNAVAILABLE,
		    "asking a server takes libcurl: %s", dlerror());
	if (library->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	return ERR_OK;
}

/* ---- the URL */

static bool
is_http(struct span url)
{
	return span_starts_nocase(url, SPAN("http://")) ||
	    span_starts_nocase(url, SPAN("https://"));
}

static enum err
read_url(struct fetch *fetch, const char *url, struct failure *f)
{
	struct span text = span_string(url);
	struct span scheme = SPAN("unix:");

	if (span_starts(text, scheme) && url[scheme.len] == '/') {
		fetch->socket = strdup(url + scheme.len);
		fetch->base = strdup("http://localhost");
	} else if (is_http(text)) {
		while (text.len > 0 && text.at[text.len - 1] == '/')
			text.len--;
		fetch->base = strndup(text.at, text.len);
	} else {
		return failure_set(f, ERR_USAGE,
		    "--url %s: neither http://HOST:PORT nor unix:/PATH", url);
	}
	fetch->url = strdup(url);
	if (!fetch->base || !fetch->url ||
	    (!fetch->socket && span_starts(text, scheme)))
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	return ERR_OK;
}

enum err
fetch_open(
    struct fetch **out, const struct fetch_options *options, struct failure *f)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));
	enum err err;

	*out = NULL;
	if (!fetch)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	err = read_url(fetch, options->url, f);
	if (!err && options->ca) {
		fetch->ca = strdup(options->ca);
		if (!fetch->ca)
			err = failure_set(
			    f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	}
	if (!err)
		err = load(&fetch->library, f);
	if (!err) {
		fetch->curl = fetch->library.init();
		if (!fetch->curl)
			err = failure_set(
			    f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	}
	if (err)
		fetch_close(fetch);
	else
		*out = fetch;
	return err;
}

/* The library stays loaded: it has given things to OpenSSL that it does not
   take back. */
void
fetch_close(struct fetch *fetch)
{
	if (!fetch)
		return;
	if (fetch->curl)
		fetch->library.cleanup(fetch->curl);
	free(fetch->base);
	free(fetch->socket);
	free(fetch->url);
	free(fetch->ca);
	free(fetch);
}

/* ---- one request */

static size_t
on_body(char *at, size_t size, size_t count, void *context)
{
	const struct fetch *fetch = context;
	struct span piece = span_make(at, size * count);

	return fetch->body(piece, fetch->context) ? piece.len : 0;
}

static void
prepare(struct fetch *fetch, const struct fetch_request *request,
    const char *url, const struct curl_slist *headers)
{
	const struct library *library = &fetch->library;
	CURL *curl = fetch->curl;

	fetch->body = request->body;
	fetch->context = request->context;
	fetch->error[0] = '\0';
	(void)library->set(curl, CURLOPT_URL, url);
	(void)library->set(
	    curl, CURLOPT_HTTPHEADER, headers->data ? headers : NULL);
	/* It makes a POST of it; the method above stands nevertheless. */
	(void)library->set(curl, CURLOPT_POSTFIELDS, request->send);
	(void)library->set(
	    curl, request->send ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
	(void)library->set(curl, CURLOPT_CUSTOMREQUEST, request->method);
	(void)library->set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)library->set(curl, CURLOPT_NOSIGNAL, 1L);
	(void)library->set(curl, CURLOPT_ERRORBUFFER, fetch->error);
	(void)library->set(
	    curl, CURLOPT_USERAGENT, "mailstop/" PACKAGE_VERSION);
	(void)library->set(curl, CURLOPT_ACCEPT_ENCODING, "");
	(void)library->set(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	(void)library->set(
	    curl, CURLOPT_TIMEOUT_MS, (long)(request->timeout_us / 1000));
	(void)library->set(curl, CURLOPT_WRITEFUNCTION, on_body);
	(void)library->set(curl, CURLOPT_WRITEDATA, fetch);
	/* A server on this machine is not reached through a proxy. */
	(void)library->set(curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
	if (fetch->socket)
		(void)library->set(
		    curl, CURLOPT_UNIX_SOCKET_PATH, fetch->socket);
	if (fetch->ca)
		(void)library->set(curl, CURLOPT_CAINFO, fetch->ca);
}

enum err
fetch_run(struct fetch *fetch, const struct fetch_request *request, int *status,
    struct failure *f)
{
	size_t size = strlen(fetch->base) + strlen(request->path) + 1;
	char *url = malloc(size);
	/* It is only read. */
	struct curl_slist headers = {(char *)request->accept, NULL};
	long code = 0;
	CURLcode result;

	if (!url)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	(void)snprintf(url, size, "%s%s", fetch->base, request->path);
	prepare(fetch, request, url, &headers);
	result = fetch->library.perform(fetch->curl);
	(void)fetch->library.set(fetch->curl, CURLOPT_HTTPHEADER, NULL);
	free(url);
	if (result == CURLE_WRITE_ERROR)
		return failure_set(
		    f, ERR_LIMIT, "%s: the answer is too large", fetch->url);
	if (result != CURLE_OK)
		return failure_set(f, ERR_UNAVAILABLE, "%s: %s", fetch->url,
		    fetch->error[0] ? fetch->error
				    : fetch->library.error_text(result));
	(void)fetch->library.get(fetch->curl, CURLINFO_RESPONSE_CODE, &code);
	*status = (int)code;
	return ERR_OK;
}
