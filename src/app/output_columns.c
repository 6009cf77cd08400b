/* output_columns: the columns of what there is to print. */
#include "output.h"

const struct output_column output_messages[] = {
    {"SEQ", "seq", OUTPUT_VALUE, 5, OUTPUT_RIGHT},
    {"ID", "id", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_LEFT},
    {"RECEIVED", "received", OUTPUT_TIME, 10, OUTPUT_LEFT},
    {"STATE", "state", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_LEFT},
    {"FROM", "mail_from", OUTPUT_SENDER, 16, OUTPUT_LEFT},
    {"TO", "recipients", OUTPUT_ADDRESSES, 16, OUTPUT_LEFT},
    {"SIZE", "size", OUTPUT_VALUE, 7, OUTPUT_RIGHT},
    {"SUBJECT", "subject", OUTPUT_VALUE, 0, OUTPUT_LEFT},
    {NULL, NULL, OUTPUT_VALUE, 0, OUTPUT_LEFT},
};

const struct output_column output_sessions[] = {
    {"SEQ", "seq", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_RIGHT},
    {"ID", "id", OUTPUT_VALUE, 22, OUTPUT_LEFT},
    {"STARTED", "started", OUTPUT_TIME, 10, OUTPUT_LEFT},
    {"SECONDS", "seconds", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_RIGHT},
    {"LISTENER", "listener", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_LEFT},
    {"PEER", "peer", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_LEFT},
    {"USER", "user", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_LEFT},
    {"OK", "accepted", OUTPUT_VALUE, 4, OUTPUT_RIGHT},
    {"NO", "refused", OUTPUT_VALUE, 4, OUTPUT_RIGHT},
    {"ABORTED", "aborted", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_LEFT},
    {"END", "ending", OUTPUT_VALUE, 10, OUTPUT_LEFT},
    {"HELO", "helo", OUTPUT_VALUE, 0, OUTPUT_LEFT},
    {NULL, NULL, OUTPUT_VALUE, 0, OUTPUT_LEFT},
};

const struct output_column output_findings[] = {
    {"SESSION", "session", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_LEFT},
    {"MESSAGE", "message", OUTPUT_VALUE, 22, OUTPUT_LEFT},
    {"SEVERITY", "severity", OUTPUT_VALUE, 8, OUTPUT_LEFT},
    {"RULE", "rule", OUTPUT_VALUE, 20, OUTPUT_LEFT},
    {"AT", "offset", OUTPUT_PLACE, 6, OUTPUT_RIGHT},
    {"SECTION", "section", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_LEFT},
    {"BYTES", "bytes", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_LEFT},
    {"TITLE", "title", OUTPUT_VALUE, 0, OUTPUT_LEFT},
    {NULL, NULL, OUTPUT_VALUE, 0, OUTPUT_LEFT},
};

const struct output_column output_faults[] = {
    {"ID", "id", OUTPUT_VALUE, 16, OUTPUT_LEFT},
    {"SEEN", "seen", OUTPUT_VALUE, 7, OUTPUT_RIGHT},
    {"ACTED", "acted", OUTPUT_VALUE, 7, OUTPUT_RIGHT},
    {"RULE", "rule", OUTPUT_VALUE, 0, OUTPUT_LEFT},
    {NULL, NULL, OUTPUT_VALUE, 0, OUTPUT_LEFT},
};

const struct output_column output_links[] = {
    {"KIND", "kind", OUTPUT_VALUE, 11, OUTPUT_LEFT},
    {"SURE", "confidence", OUTPUT_VALUE, 4, OUTPUT_RIGHT},
    {"IN", "source", OUTPUT_VALUE, 7, OUTPUT_LEFT},
    {"PART", "part", OUTPUT_VALUE, OUTPUT_LINES_ONLY, OUTPUT_LEFT},
    {"TEXT", "text", OUTPUT_VALUE, 20, OUTPUT_LEFT},
    {"URL", "url", OUTPUT_VALUE, 0, OUTPUT_LEFT},
    {NULL, NULL, OUTPUT_VALUE, 0, OUTPUT_LEFT},
};

const struct output_column output_numbers[] = {
    {"NAME", "name", OUTPUT_VALUE, 16, OUTPUT_LEFT},
    {"VALUE", "value", OUTPUT_VALUE, 0, OUTPUT_LEFT},
    {NULL, NULL, OUTPUT_VALUE, 0, OUTPUT_LEFT},
};
