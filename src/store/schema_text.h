/*
 * schema_text: the migrations, as SQL; number n leads from version n to n + 1.
 */
#ifndef SCHEMA_TEXT_H
#define SCHEMA_TEXT_H

extern const char *const schema_text[];
extern const int schema_text_count;

#endif
