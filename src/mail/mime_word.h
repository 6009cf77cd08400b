/*
 * mime_word: encoded words of which GMime would read the first only.
 *
 * Many mailers cut a long text into encoded words (RFC 2047) and pad the base64
 * of each, as they should. GMime 3.2 decodes words that follow each other as
 * one, and that one ends for it where the first padding is: the rest of the
 * text is lost. Pure.
 */
#ifndef MIME_WORD_H
#define MIME_WORD_H

/*
 * The same text in words that all are read: those in base64 become
 * quoted-printable, which has no padding. NULL when it may be read as it is, or
 * there is no memory; free() it.
 */
char *mime_word_mend(const char *raw);

#endif
